import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { startRun } from '../sandbox/play.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { ServedAccount } from './function-alone.ts';
import { LAUNCHES_AFTER_MS, launchOf, measuredFleet, UNLIMITED } from './measured-fleet.ts';
import { MEGABYTES_PER_CORE } from './sweeps.ts';

const FUNCTION = 'quarantine-workers';
/** A managed node group of the measured fleet has room for 450 workers, so that a burst goes to several clusters. */
const CLUSTERS = 5;
/** How many launches are measured in one invocation of the function alone: as many as it takes of its queue at most. */
const ALONE = 200;
/** How far the account is played between two looks at who is reachable, ms. */
const STEP = 50;
/** When a burst that does not end is given up, ms. */
const LONGEST = 300_000;

export interface BurstFigures {
  /** Exposed workers that are launched at once. */
  readonly launches: number;
  /** How many invocations of the function Lambda runs at a time. */
  readonly concurrency: number;
  /** AWS calls a worker, of the whole burst. */
  readonly callsPerWorker: number;
  /** Computing of one worker in a large batch, at Lambda's share of a core for the function's memory, ms. */
  readonly computingMs: number;
  /** From the launch until the Internet no longer reaches half of the workers, computing included, virtual ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Bursts of exposed launches at these concurrencies. The sandbox plays them in virtual time, in which each call takes
 * 10 to 60 ms and computing takes none. The computing is added as if it never ran while a call waits for its answer:
 * before the worker that is closed as the n-th, the function computes for n workers, shared by its invocations.
 */
export async function measureBursts(
  stack: SynthesizedStack,
  launches: number,
  concurrencies: readonly number[],
): Promise<BurstFigures[]> {
  const computingMs = await computingOfWorker(stack);
  const figures: BurstFigures[] = [];
  for (const concurrency of concurrencies) {
    const { closedAfterMs, calls } = await playBurst(withConcurrency(stack, concurrency), launches);
    const after = closedAfterMs.map((ms, index) => ms + ((index + 1) * computingMs) / concurrency);
    const at = (share: number): number => after[Math.ceil(share * after.length) - 1] ?? Number.NaN;
    const callsPerWorker = calls / launches;
    figures.push({ launches, concurrency, callsPerWorker, computingMs, p50Ms: at(0.5), p99Ms: at(0.99) });
  }
  return figures;
}

/** Computing of the function alone for one of many launches in a batch, when warm, at Lambda's share of a core, ms. */
async function computingOfWorker(stack: SynthesizedStack): Promise<number> {
  const fleet = measuredFleet({ clusters: CLUSTERS, workersPerCluster: 10, exposed: ALONE + 1 });
  const served = await ServedAccount.open(stack, fleet, UNLIMITED);
  await served.account.play(LAUNCHES_AFTER_MS + 100);
  const { instances, networks } = served.account.fleet;
  const [first, ...others] = instances.list().filter(({ id }) => networks.isReachable(id));
  const { memorySizeMb } = served.definitionOf(FUNCTION);
  const function_ = served.start(FUNCTION);
  await function_.invoke(first === undefined ? [] : [launchOf(first.id)]);
  const { cpuMs, error } = await function_.invoke(others.map(({ id }) => launchOf(id)));
  function_.end();
  served.close();
  if (error !== undefined) throw new Error(`${FUNCTION}: ${error}`);
  return cpuMs / others.length / (memorySizeMb / MEGABYTES_PER_CORE);
}

/** How long each of the launched workers stays reachable, virtual ms in ascending order, and the calls of all. */
async function playBurst(synthesized: SynthesizedStack, launches: number) {
  const sized = measuredFleet({ clusters: CLUSTERS, workersPerCluster: 10, exposed: launches });
  // The ten invocations at a time of a new account would be the limit that is measured.
  const fleet = { ...sized, concurrentExecutions: 1_000 };
  const { account, calls } = await startRun({
    fleet: parseFleet(JSON.stringify(fleet), 'bench'),
    synthesized,
    policy: JSON.stringify(UNLIMITED),
  });
  await account.play(LAUNCHES_AFTER_MS);
  const before = calls.length;
  const { instances, networks } = account.fleet;
  const from = account.time.now;
  let open = instances.list().filter(({ id }) => networks.isReachable(id));
  if (open.length !== launches) throw new Error(`${open.length} of ${launches} workers are exposed`);
  const closedAfterMs: number[] = [];
  while (open.length > 0) {
    await account.play(STEP);
    const after = account.time.now - from;
    if (after > LONGEST) throw new Error(`${open.length} of ${launches} workers are never closed`);
    const still = open.filter(({ id }) => networks.isReachable(id));
    closedAfterMs.push(...Array.from({ length: open.length - still.length }, () => after));
    open = still;
  }
  return { closedAfterMs, calls: calls.slice(before).filter((call) => call.function === FUNCTION).length };
}

/** The stack with another concurrency of the function's queue. */
function withConcurrency(stack: SynthesizedStack, MaximumConcurrency: number): SynthesizedStack {
  const template = structuredClone(stack.template);
  const mappings = Object.entries(template.Resources).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::EventSourceMapping' && id.startsWith('QuarantineWorkers'),
  );
  for (const [, { Properties }] of mappings) Object.assign(Properties ?? {}, { ScalingConfig: { MaximumConcurrency } });
  if (mappings.length !== 1) throw new Error(`The stack has ${mappings.length} queues of ${FUNCTION}.`);
  return { ...stack, template };
}
