import { ownEvent } from '../events/envelope.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { ServedAccount, type Used } from './function-alone.ts';
import { ADDRESSES_PER_WORKER, clusterName, measuredFleet } from './measured-fleet.ts';

/** The most workers of one measured cluster: larger fleets have more clusters. */
const WORKERS_PER_CLUSTER = 10_000;
/** Lambda gives a function of 1,769 MB one vCPU, and a smaller one proportionally less (Lambda developer guide). */
export const MEGABYTES_PER_CORE = 1_769;

const FUNCTIONS: readonly Remediation[] = REMEDIATIONS;

export interface SweepFigures {
  readonly name: string;
  readonly workers: number;
  readonly clusters: number;
  /** CPU of the function alone, for all its invocations, ms of a whole core. */
  readonly cpuMs: number;
  /** Addresses of each worker, on two interfaces. */
  readonly addresses: number;
  /** CPU of a process that only makes the reads of the sweep with the SDK, ms of a whole core. */
  readonly sdkCpuMs: number;
  readonly calls: number;
  /** Calls that read up to 100 items of the ledger each. */
  readonly ledgerReads: number;
  readonly peakRssBytes: number;
  /** Computing of the longest invocation at Lambda's share of a core for its memory, as a share of its timeout. */
  readonly shareOfTimeout: number;
}

/**
 * Measures the sweep of each function that is asked for clusters, over fleets of these sizes. The ledger knows each
 * fleet from an earlier sweep.
 */
export async function measureSweeps(stack: SynthesizedStack, sizes: readonly number[]): Promise<SweepFigures[]> {
  const figures: SweepFigures[] = [];
  for (const workers of sizes) {
    const clusters = Math.ceil(workers / WORKERS_PER_CLUSTER);
    const fleet = measuredFleet({ clusters, workersPerCluster: workers / clusters });
    const served = await ServedAccount.open(stack, fleet, {});
    for (const { name, sweep } of FUNCTIONS) {
      if (sweep?.of !== 'clusters') continue;
      const first = await sweepOnce(served, name, sweep.detailType, clusters, 'first');
      const again = await sweepOnce(served, name, sweep.detailType, clusters, 'again');
      const { memorySizeMb, timeoutMs } = served.definitionOf(name);
      const longest = Math.max(...[...first, ...again].map(({ cpuMs }) => cpuMs));
      const calls = again.flatMap((one) => one.calls);
      figures.push({
        name,
        workers,
        clusters,
        addresses: ADDRESSES_PER_WORKER,
        sdkCpuMs: await served.repeatReads(name, calls),
        cpuMs: again.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
        calls: calls.length,
        ledgerReads: calls.filter(({ operation }) => operation === 'BatchGetItem').length,
        peakRssBytes: Math.max(...[...first, ...again].map(({ peakRssBytes }) => peakRssBytes)),
        shareOfTimeout: longest / (memorySizeMb / MEGABYTES_PER_CORE) / timeoutMs,
      });
    }
    served.close();
  }
  return figures;
}

/** One invocation a cluster, in one process. */
async function sweepOnce(
  served: ServedAccount,
  name: string,
  detailType: string,
  clusters: number,
  id: string,
): Promise<Used[]> {
  const { accountId: account, region } = served.account.world;
  const function_ = served.start(name);
  const used: Used[] = [];
  for (let index = 0; index < clusters; index++) {
    const cluster = clusterName(index);
    const origin = { account, region, time: new Date().toISOString() };
    const request = ownEvent(detailType, origin, `${id} ${cluster}`, { trigger: 'sweep', clusterName: cluster });
    const one = await function_.invoke([request]);
    if (one.error !== undefined) throw new Error(`${name}: ${one.error}`);
    used.push(one);
  }
  function_.end();
  return used;
}
