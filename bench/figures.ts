import { availableParallelism } from 'node:os';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { type ActFigures, measureActs } from './acts.ts';
import { BUDGETS } from './budgets.ts';
import { type BurstFigures, measureBursts } from './burst.ts';
import { type ImportFigures, measureImports } from './imports.ts';
import { type LaunchFigures, measureLaunches } from './launches.ts';
import { measureSweeps, type SweepFigures } from './sweeps.ts';

/** What `npm run bench -- --json` prints, and docs/performance.md shows. */
export interface Figures {
  readonly made: { readonly on: string; readonly node: string; readonly architecture: string; readonly cores: number };
  readonly imports: ImportFigures;
  readonly launches: readonly LaunchFigures[];
  readonly bursts: readonly BurstFigures[];
  readonly sweeps: readonly SweepFigures[];
  readonly acts: readonly ActFigures[];
}

export interface Extent {
  /** How often each bundle is loaded. */
  readonly runs: number;
  /** Workers of the cluster that an exposed one is launched into. */
  readonly launches: readonly number[];
  /** Exposed workers that are launched at once, and how many invocations of the function run at a time. */
  readonly burst: { readonly launches: number; readonly concurrencies: readonly number[] };
  /** Workers of the fleets that are swept. */
  readonly sweeps: readonly number[];
}

/** Measures the functions of a synthesized template, which holds whole bundles. */
export async function measureFigures(template: string, { runs, launches, burst, sweeps }: Extent): Promise<Figures> {
  const stack = readSynthesizedStack(template);
  return {
    made: {
      on: new Date().toISOString().slice(0, 10),
      node: process.version,
      architecture: process.arch,
      cores: availableParallelism(),
    },
    imports: await measureImports(stack, runs),
    launches: await measureLaunches(stack, launches),
    bursts: await measureBursts(stack, burst.launches, burst.concurrencies),
    sweeps: await measureSweeps(stack, sweeps),
    acts: await measureActs(stack),
  };
}

/** A sentence for each figure that is above its budget. */
export function breachesOf({ imports, launches, bursts, sweeps }: Figures): string[] {
  const breach = (what: string, value: number, budget: number): string[] =>
    value <= budget ? [] : [`${what}: ${Math.round(value * 100) / 100} is above ${budget}`];
  return [
    ...imports.functions.flatMap(({ name, bytes, ratio }) => [
      ...breach(`bytes of the bundle of ${name}`, bytes, BUDGETS.bundleBytes),
      ...breach(`ratio of the import of ${name}`, ratio, BUDGETS.importRatio),
    ]),
    ...launches.flatMap(({ workers, coldCpuMs, peakRssBytes }) => [
      ...breach(`CPU ms of a launch among ${workers} workers`, coldCpuMs, BUDGETS.launch.cpuMs),
      ...breach(`bytes of memory of a launch among ${workers} workers`, peakRssBytes, BUDGETS.launch.peakRssBytes),
    ]),
    ...bursts
      .filter(({ concurrency }) => concurrency === BUDGETS.burst.concurrency)
      .flatMap(({ launches: count, p99Ms }) =>
        breach(`ms until 99 % of ${count} exposed workers are closed`, p99Ms, BUDGETS.burst.p99Ms),
      ),
    ...sweeps.flatMap(({ name, workers, cpuMs, sdkCpuMs, peakRssBytes, shareOfTimeout }) => [
      ...breach(
        `CPU ms of the sweep of ${workers} workers by ${name}`,
        cpuMs,
        BUDGETS.sweep.cpuMsBase + BUDGETS.sweep.cpuMsPerWorker * workers,
      ),
      ...breach(
        `CPU ms beside the SDK's own of the sweep of ${workers} workers by ${name}`,
        cpuMs - sdkCpuMs,
        BUDGETS.sweep.cpuMsBase + BUDGETS.sweep.ownCpuMsPerWorker * workers,
      ),
      ...breach(`bytes of memory of the sweep of ${workers} by ${name}`, peakRssBytes, BUDGETS.sweep.peakRssBytes),
      ...breach(`share of its timeout, ${workers} swept by ${name}`, shareOfTimeout, BUDGETS.sweep.shareOfTimeout),
    ]),
  ];
}
