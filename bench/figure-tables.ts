import { costOfAct } from './acts.ts';
import type { Figures } from './figures.ts';
import { type SweepingMonth, sweepingMonth } from './sweeping-month.ts';

/** A table: headings, then rows. */
export interface Table {
  readonly title: string;
  readonly rows: ReadonlyArray<readonly string[]>;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const mebibytes = (bytes: number): string => whole(bytes / 2 ** 20);
const seconds = (ms: number): string => (ms / 1_000).toFixed(2);

/** The figures as tables, for terminals and for docs/performance.md. */
export function figureTables({
  imports,
  launches,
  bursts,
  sweeps,
  acts,
}: Figures): Readonly<Record<keyof FigureRooms, Table>> {
  return {
    imports: {
      title: 'Bundles',
      rows: [
        ['function', 'bytes', 'bytes loaded for Kubernetes', 'import, CPU ms', '× bare Node'],
        ...imports.functions.map(({ name, bytes, laterBytes, ms, ratio }) => [
          name,
          whole(bytes),
          laterBytes === 0 ? '' : whole(laterBytes),
          ms.toFixed(0),
          ratio.toFixed(1),
        ]),
        ['nothing', '', '', imports.bareMs.toFixed(0), '1.0'],
      ],
    },
    launches: {
      title: 'An exposed launch',
      rows: [
        [
          'workers of the cluster',
          'cold, ms',
          'warm, ms',
          'calls until closed',
          'calls in all',
          'CPU cold, ms',
          'CPU warm, ms',
          'peak MiB',
        ],
        ...launches.map((each) => [
          whole(each.workers),
          whole(each.coldMs),
          whole(each.warmMs),
          whole(each.callsUntilClosing),
          whole(each.calls),
          whole(each.coldCpuMs),
          whole(each.warmCpuMs),
          mebibytes(each.peakRssBytes),
        ]),
      ],
    },
    bursts: {
      title: 'A burst of exposed launches',
      rows: [
        [
          'launches at once',
          'concurrency',
          'half closed after, virtual s',
          '99 % closed after, virtual s',
          'computing a worker, ms',
          'calls a worker',
        ],
        ...bursts.map((each) => [
          whole(each.launches),
          whole(each.concurrency),
          (each.p50Ms / 1_000).toFixed(1),
          (each.p99Ms / 1_000).toFixed(1),
          whole(each.computingMs),
          whole(each.callsPerWorker),
        ]),
      ],
    },
    sweeps: {
      title: 'A sweep',
      rows: [
        [
          'function',
          'workers',
          'clusters',
          'CPU, s',
          "the SDK's own, s",
          'beside it, s',
          'calls',
          'peak MiB',
          'longest invocation, % of its timeout',
          'hourly sweeps, $ a month',
        ],
        ...sweeps.map((each) => [
          each.name,
          whole(each.workers),
          whole(each.clusters),
          seconds(each.cpuMs),
          seconds(each.sdkCpuMs),
          seconds(Math.max(0, each.cpuMs - each.sdkCpuMs)),
          whole(each.calls),
          mebibytes(each.peakRssBytes),
          whole(each.shareOfTimeout * 100),
          dollarsOf(sweepingMonth(each)).toFixed(2),
        ]),
      ],
    },
    acts: {
      title: 'An act',
      rows: [
        ['act', 'calls', 'invocations', 'units read', 'units written', 'log bytes', '$ a thousand'],
        ...acts.map((each) => [
          each.act,
          whole(each.calls),
          whole(each.invocations),
          whole(each.readUnits),
          whole(each.writeUnits),
          whole(each.logBytes),
          (1_000 * costOfAct(each, computingOf(launches))).toFixed(2),
        ]),
      ],
    },
  };
}

/** CPU that a call takes on average, ms of a whole core: of the look at an exposed launch, which is mostly calls. */
const computingOf = ([first]: Figures['launches']): number => (first === undefined ? 0 : first.warmCpuMs / first.calls);

const dollarsOf = ({ lambda, ledger }: SweepingMonth): number => lambda + ledger;

type FigureRooms = Omit<Figures, 'made'>;
