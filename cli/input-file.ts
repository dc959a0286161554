import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './usage-error.ts';

/** Explanations of failed reads for people who named the file. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
};

/** Why a file cannot be read, as part of a sentence. */
export const whyUnreadable = (error: unknown): string =>
  WHY[Object(error).code] ?? `it cannot be read (${Object(error).message ?? error})`;

/**
 * The content of a file that was named as an argument; `-` is standard input.
 * @throws UsageError where it cannot be read
 */
export async function contentOf(file: string): Promise<string> {
  try {
    const content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
    // Editors on Windows write a byte order mark, which is no part of the content.
    return content.replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(`${file}: ${whyUnreadable(error)}; name a file, or - for standard input`);
  }
}
