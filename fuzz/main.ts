import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enter } from '../cli/entry.ts';
import { contentOf } from '../cli/input-file.ts';
import { print } from '../cli/output.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { withLightStack } from '../sandbox/in-process/light-stack.ts';
import { Random } from '../sandbox/time/random.ts';
import { readCorpus, writeCorpus } from './corpus.ts';
import { type Failure, hunt } from './hunt.ts';
import { judge } from './judge.ts';
import { readSettings, type Settings, USAGE } from './settings.ts';
import type { Target } from './target.ts';
import { handlerTargets } from './targets/handlers.ts';
import { Stage } from './targets/stage.ts';
import { TEXT_TARGETS } from './targets/texts.ts';

const HANDLERS: readonly string[] = REMEDIATIONS.map(({ name }) => name);
/** Characters of an input that are printed. */
const SHOWN = 400;
const NAMES = [...TEXT_TARGETS.map(({ name }) => name), ...HANDLERS];

await enter(process.argv.slice(2), USAGE, async (argv) => {
  const settings = readSettings(argv, NAMES);
  const { target } = settings;
  if (target !== undefined && !HANDLERS.includes(target)) return fuzz(TEXT_TARGETS, settings);
  await withLightStack((template) => fuzz([...TEXT_TARGETS, ...handlerTargets(new Stage(template))], settings));
});

async function fuzz(all: readonly Target[], settings: Settings): Promise<void> {
  const targets = all.filter(({ name }) => settings.target === undefined || name === settings.target);
  const failures: Failure[] = [];
  for (const target of targets)
    failures.push(
      ...(settings.input === undefined
        ? await huntIn(target, settings, (1_000 * settings.seconds) / targets.length)
        : await tryOne(target, await contentOf(settings.input))),
    );
  if (failures.length > 0) process.exitCode = 1;
  const folder = failures.length > 0 ? mkdtempSync(join(tmpdir(), 'eks-host-remediator-fuzz-')) : '';
  for (const [index, failure] of failures.entries())
    print(told(failure, join(folder, `${failure.target}-${index}.txt`)));
}

async function huntIn(target: Target, { seed, keep }: Settings, ms: number): Promise<readonly Failure[]> {
  const until = performance.now() + ms;
  const random = new Random(seed).fork(target.name);
  const { tried, failures, corpus, found } = await hunt(target, {
    corpus: readCorpus(target.name),
    random,
    more: () => performance.now() < until,
  });
  print(`${target.name}: ${tried} inputs, ${found} with a new outcome, ${failures.length} kinds of failures`);
  if (keep) writeCorpus(target.name, corpus);
  return failures;
}

async function tryOne(target: Target, input: string): Promise<readonly Failure[]> {
  const { features, failure } = await judge(target, input);
  print([`${target.name} says:`, ...features.map((feature) => `  ${feature}`)].join('\n'));
  return failure === undefined ? [] : [{ target: target.name, what: failure, input }];
}

/** Writes the input into a file, and says how to try it again. */
function told({ target, what, input }: Failure, file: string): string {
  writeFileSync(file, input);
  const shown = JSON.stringify(input);
  return [
    `${target} fails: ${what}`,
    `  input: ${shown.length > SHOWN ? `${shown.slice(0, SHOWN)}… (${input.length} characters)` : shown}`,
    `  again: npm run fuzz -- --target ${target} --input ${file}`,
  ].join('\n');
}
