import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { enter } from '../../cli/entry.ts';
import { print } from '../../cli/output.ts';
import { UsageError } from '../../cli/usage-error.ts';
import type { Defect } from './defect.ts';
import { DEFECTS } from './defects.ts';
import { breaksDay } from './simulated.ts';

const USAGE = `Usage: npm run mutations [-- WORDS]

Plants defects in a copy of the functions, one at a time, and says which test catches each.

  WORDS        only the defects whose file or description has these words
  -h, --help   this

Exit codes: 0 all are caught; 1 one is missed; 2 no defect has these words.`;

const root = join(import.meta.dirname, '..', '..');
/** What the functions' own tests import, and what a simulated day is played with. */
const COPIED = [
  'cli',
  'docs',
  'events',
  'functions',
  'infra',
  'kubernetes',
  'sandbox',
  'simulation',
  'test',
  'cdk.json',
  'package.json',
  'tsconfig.json',
];

await enter(process.argv.slice(2), USAGE, async (argv) => {
  const wanted = argv.join(' ');
  const defects = DEFECTS.filter(({ what, file }) => `${file} ${what}`.includes(wanted));
  if (defects.length === 0) throw new UsageError(`"${wanted}": no defect has these words\n\n${USAGE}`);
  const copy = mkdtempSync(join(tmpdir(), 'eks-host-remediator-mutations-'));
  try {
    for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    if ((await plantAll(copy, defects)) > 0) process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

/**
 * Plants one defect after the other, and runs the tests that should see it. Returns how many none has seen.
 * @param copy the directory with a copy of the functions
 */
async function plantAll(copy: string, defects: readonly Defect[]): Promise<number> {
  const vitest = await createVitest('test', {
    root: copy,
    config: false,
    watch: false,
    reporters: [{}],
    include: ['functions/**/*.test.ts'],
    isolate: false,
    maxWorkers: 1,
  });
  const catches = async (tests: readonly string[]): Promise<string | undefined> => {
    if (tests.length === 0) return undefined;
    const specifications = await vitest.globTestSpecifications(tests.map((test) => join(copy, 'functions', test)));
    if (specifications.length < tests.length) throw new Error(`Some of these tests do not exist: ${tests.join(', ')}`);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
    if (unhandledErrors.length > 0) return String(Object(unhandledErrors[0]).message);
    // The list still has the modules of earlier runs.
    const ran = new Set(specifications.map(({ moduleId }) => moduleId));
    return testModules.find((module) => ran.has(module.moduleId) && !module.ok())?.relativeModuleId;
  };
  const seeds = new Set(defects.flatMap(({ seed }) => seed ?? []));
  for (const seed of seeds) {
    if (breaksDay(copy, seed)) throw new Error(`Without any defect the day of seed ${seed} breaks something.`);
  }
  const all = [...new Set(defects.flatMap(({ tests }) => tests))];
  const failing = await catches(all);
  if (failing !== undefined) throw new Error(`Without any defect ${failing} fails.`);
  let missed = 0;
  for (const defect of defects) {
    const caughtBy = await withDefect(
      copy,
      defect,
      (path) => vitest.invalidateFile(path),
      async () => (await catches(defect.tests)) ?? dayThatBreaks(copy, defect),
    );
    if (caughtBy === undefined) missed += 1;
    const outcome = caughtBy === undefined ? 'MISSED' : 'caught';
    print(
      `${outcome}  ${[`${defect.file}: ${defect.what}`, ...(caughtBy === undefined ? [] : [caughtBy])].join(': ')}`,
    );
  }
  await vitest.close();
  print(`${defects.length - missed} of ${defects.length} defects caught.`);
  return missed;
}

/** The simulated day that sees a defect, in words; undefined: no such day is known. */
function dayThatBreaks(copy: string, { seed }: Defect): string | undefined {
  return seed !== undefined && breaksDay(copy, seed) ? `the simulated day of seed ${seed}` : undefined;
}

/**
 * Runs something while the copy has the defect.
 * @param onChange called whenever the file has changed
 * @throws Error where the code of the defect is not there, or more than once
 */
async function withDefect<Result>(
  copy: string,
  { file, right, wrong }: Defect,
  onChange: (path: string) => void,
  run: () => Promise<Result>,
): Promise<Result> {
  const path = join(copy, 'functions', file);
  const source = readFileSync(path, 'utf8');
  if (source.split(right).length !== 2) throw new Error(`${file} must have this code once: ${right}`);
  const write = (text: string): void => {
    writeFileSync(path, text);
    onChange(path);
  };
  write(source.replace(right, () => wrong));
  try {
    return await run();
  } finally {
    write(source);
  }
}
