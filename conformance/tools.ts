import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isHere } from '../test/is-here.ts';

/** Folder in which `.ci/conformance` installs: `NAME/bin/python`, jars, other programs. */
const FOLDER = process.env.CONFORMANCE_TOOLS ?? '';

/** The path of an installed tool, such as `toolPath('boto', 'bin', 'python')`. */
export const toolPath = (...parts: string[]): string => join(FOLDER, ...parts);

/**
 * Whether `.ci/conformance` has installed a tool.
 * @throws Error in CI when it has not
 */
export const isThere = (name: string): boolean =>
  isHere(name, (process.env.CONFORMANCE_HAS ?? '').split(' ').includes(name), 'see .ci/conformance, which installs it');

/** The title of a suite, which says when it is skipped. */
export const titled = (title: string, name: string): string =>
  isThere(name) ? title : `${title} (SKIPPED: no ${name} here)`;

/**
 * Runs a Python script of this folder; `lines` are its stdin, one JSON value each.
 * @throws Error with its message on stderr
 */
export function python(venv: string, script: string, lines: Iterable<unknown>): unknown {
  const input = [...lines].map((line) => JSON.stringify(line)).join('\n');
  const file = join(import.meta.dirname, script);
  const { status, stdout, stderr } = spawnSync(toolPath(venv, 'bin', 'python'), [file], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * The output of a command.
 * @throws Error when it fails
 */
export const output = (command: string, ...argv: string[]): string => execFileSync(command, argv, { encoding: 'utf8' });
