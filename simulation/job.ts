import { readSynthesizedStack, type SynthesizedStack } from '../sandbox/stack/template.ts';
import { type Outcome, playScenario } from './play.ts';
import { scenarioOf } from './scenario/draw.ts';
import { shrink, without } from './scenario/leave-out.ts';
import type { Scenario } from './scenario/scenario.ts';
import { type Templates, templateFor } from './templates.ts';

/** A seed that a job is asked to play. */
export interface Task {
  readonly seed: number;
  readonly without: readonly string[];
  readonly shrinks: boolean;
  /** The templates of light bundles. */
  readonly light: Templates;
  /** Those of whole bundles, for a seed that goes over the wire; absent: the seed does not. */
  readonly whole?: Templates;
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
  const play = (scenario: Scenario): Promise<Outcome> =>
    playScenario(scenario, {
      synthesized: stackOf(templateFor(scenario, whole ?? light)),
      inProcess: whole === undefined,
    });
  const outcome = await play(without(drawn, parts));
  const { user, system } = process.cpuUsage(before);
  const [first] = outcome.breaches;
  const needless =
    first === undefined || !shrinks
      ? []
      : await shrink(drawn, parts, async (smaller) =>
          (await play(smaller)).breaches.some(({ invariant }) => invariant === first.invariant),
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
