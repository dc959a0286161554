import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'corpus');

/** A target's inputs are the lines of one file, each a JSON string, because an input may be no JSON itself. */
const fileOf = (target: string): string => join(FOLDER, `${target}.jsonl`);

/** The inputs that earlier runs have kept for a target. */
export function readCorpus(target: string): string[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => String(JSON.parse(line)));
}

/** Replaces the inputs that are kept for a target. */
export function writeCorpus(target: string, inputs: readonly string[]): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(target), inputs.map((input) => `${JSON.stringify(input)}\n`).join(''));
}
