import { readSynthesizedStack, type SynthesizedStack } from '../sandbox/stack/template.ts';
import { scenarioOf } from './draw.ts';
import { shrink, without } from './parts.ts';
import { type Outcome, playScenario } from './play.ts';

/** A seed that a job is asked to play. */
export interface Task {
  readonly seed: number;
  readonly without: readonly string[];
  readonly shrinks: boolean;
  /** Path of the template that was synthesized from light bundles. */
  readonly light: string;
  /** Path of the template from whole bundles, for a seed that goes over the wire; absent: the seed does not. */
  readonly whole?: string;
}

export interface Report extends Outcome {
  readonly seed: number;
  /** CPU time of the day, user and system, ms. */
  readonly cpuMs: number;
  /** Parts that a failed seed fails without, too. */
  readonly needless: readonly string[];
  readonly wire: boolean;
}

const stacks = new Map<string, SynthesizedStack>();

function stackOf(path: string): SynthesizedStack {
  const known = stacks.get(path) ?? readSynthesizedStack(path);
  stacks.set(path, known);
  return known;
}

/** Plays one seed. Looks for the parts that a failure needs. */
async function playSeed({ seed, without: parts, shrinks, light, whole }: Task): Promise<Report> {
  const before = process.cpuUsage();
  const drawn = scenarioOf(seed);
  const settings = { synthesized: stackOf(whole ?? light), inProcess: whole === undefined };
  const outcome = await playScenario(without(drawn, parts), settings);
  const { user, system } = process.cpuUsage(before);
  const [first] = outcome.breaches;
  const needless =
    first === undefined || !shrinks
      ? []
      : await shrink(drawn, parts, async (smaller) =>
          (await playScenario(smaller, settings)).breaches.some(({ invariant }) => invariant === first.invariant),
        );
  return {
    ...outcome,
    seed,
    needless,
    cpuMs: (user + system) / 1000,
    wire: whole !== undefined,
  };
}

process.on('message', (task: Task) => {
  playSeed(task).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`seed ${task.seed}: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
