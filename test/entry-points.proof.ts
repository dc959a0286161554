import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './markdown.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** The file that a script of package.json runs last, which gets the arguments. */
const fileOf = (script: string): string => scripts[script]?.split('&& node ').at(-1) ?? '';

const run = (file: string, ...argv: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [file, ...argv], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const TAKE_NO_HELP = ['prestart', 'check', 'format', 'synth', 'test', 'conformance', 'proofs', 'prepack'];

it.each(Object.keys(scripts).filter((script) => !TAKE_NO_HELP.includes(script)))(
  'npm run %s explains itself with --help, and does nothing else',
  async (script) => {
    const { code, stdout, stderr } = await run(fileOf(script), '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: /);
    expect(stdout).toContain('--help');
  },
  20_000,
);

it.each([
  ['start', ['8080'], /give one port/],
  ['replay', ['twice'], /^"twice": no argument is taken\n\nUsage: npm run replay/],
  ['bench', ['many'], /^RUNS: "many" is no whole number from 1/],
  ['simulate', ['--sedes', '3'], /^Unknown option '--sedes'.*\n\nUsage: npm run simulate/s],
  ['fuzz', ['--target', 'nothing'], /^--target: "nothing" is none of policy, fleet/],
  ['mutations', ['no such words'], /^"no such words": no defect has these words\n\nUsage: npm run mutations/],
  ['rbac', ['shop'], /^"shop": no argument is taken\n\nUsage: npm run -s rbac/],
  ['docs', ['all'], /^"all": no argument is taken\n\nUsage: npm run docs/],
  ['package', ['all'], /^"all": no argument is taken\n\nUsage: npm run package/],
  ['screenshots', ['dark'], /^"dark": no argument is taken\n\nUsage: npm run -s screenshots/],
])(
  'npm run %s refuses %j with what would be right',
  async (script, argv, message) => {
    const { code, stdout, stderr } = await run(fileOf(script), ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  },
  20_000,
);
