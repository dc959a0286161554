import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { madeOnce } from './made-once.ts';

/** Counts how often it makes something. */
function maker() {
  const directories: string[] = [];
  const make = async (directory: string): Promise<string> => {
    directories.push(directory);
    const path = join(directory, 'made');
    writeFileSync(path, `number ${directories.length}`);
    return path;
  };
  return { directories, make };
}

const given = (): string => {
  const run = mkdtempSync(join(tmpdir(), 'made-once-'));
  onTestFinished(() => rmSync(run, { recursive: true }));
  return join(run, 'stacks');
};

it('what one part of a run made serves the next ones, by its name', async () => {
  const run = given();
  const { directories, make } = maker();
  const first = await madeOnce('whole', make, run);
  first.remove();
  const second = await madeOnce('whole', make, run);
  expect(second.path).toBe(first.path);
  expect(readFileSync(second.path, 'utf8')).toBe('number 1');
  expect((await madeOnce('light', make, run)).path).not.toBe(first.path);
  expect(directories).toHaveLength(2);
});

it('what failed half way is made anew', async () => {
  const run = given();
  const { make } = maker();
  const failing = madeOnce('whole', () => Promise.reject(new Error('no space left')), run);
  await expect(failing).rejects.toThrow('no space left');
  expect(readFileSync((await madeOnce('whole', make, run)).path, 'utf8')).toBe('number 1');
});

it('outside of a run each makes its own and deletes it', async () => {
  const { make } = maker();
  const made = [await madeOnce('whole', make, ''), await madeOnce('whole', make, '')];
  expect(new Set(made.map(({ path }) => path)).size).toBe(2);
  for (const { path, remove } of made) {
    remove();
    expect(existsSync(path)).toBe(false);
  }
});
