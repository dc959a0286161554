import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

/** A parsed page of the documentation. */
export interface Page {
  /** Path from the repository's root. */
  readonly file: string;
  readonly text: string;
  readonly blocks: ReadonlyArray<{ readonly language: string; readonly text: string }>;
  /** Inline code outside of blocks. */
  readonly code: readonly string[];
}

export function readPage(file: string): Page {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
  const prose = text.replaceAll(/^```.*?^```$/gms, '');
  return { file, text, blocks, code: codeIn(prose) };
}

/** The texts between single backticks. */
export const codeIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** All pages that people read. */
export const PAGES: readonly Page[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/*.md', { cwd: ROOT }).sort(),
].map(readPage);

/**
 * The rows of the table with these headings.
 * @throws Error when the page has none
 */
export function tableOf({ file, text }: Page, ...headings: string[]): string[][] {
  const head = `| ${headings.join(' | ')} |\n`;
  const start = text.indexOf(head);
  if (start === -1) throw new Error(`${file} has no table ${head}`);
  const lines = text.slice(start + head.length).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(1, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
