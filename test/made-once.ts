import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Made {
  /** The path that `make` returned. */
  readonly path: string;
  /** Deletes what was made, unless others of the same run use it, too. */
  readonly remove: () => void;
}

/**
 * Makes something in a directory of its own. Where `STACKS_OF_RUN` names a directory, what an earlier part of the same
 * CI run made there serves again: nothing changes a source in between. Whoever set the variable deletes it.
 *
 * @param name of what is made
 * @param make fills the directory that it gets, and returns a path in it
 * @param run the directory of the CI run
 */
export async function madeOnce(
  name: string,
  make: (directory: string) => Promise<string>,
  run: string | undefined = process.env.STACKS_OF_RUN,
): Promise<Made> {
  if (run === undefined || run === '') {
    const directory = mkdtempSync(join(tmpdir(), `eks-host-remediator-${name}-`));
    return { path: await make(directory), remove: () => rmSync(directory, { recursive: true }) };
  }
  const kept = join(run, name);
  const known = textOf(kept);
  if (known !== undefined) return { path: known, remove: () => {} };
  mkdirSync(run, { recursive: true });
  const directory = mkdtempSync(`${kept}-`);
  const path = await make(directory);
  // Nobody reads a path of something half made.
  const written = join(directory, 'path');
  writeFileSync(written, path);
  renameSync(written, kept);
  return { path, remove: () => {} };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
