import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { type FunctionAlone, ServedAccount } from './function-alone.ts';
import { LAUNCHES_AFTER_MS, launchOf, measuredFleet, UNLIMITED } from './measured-fleet.ts';

export interface LaunchFigures {
  /** Workers of the cluster. */
  readonly workers: number;
  /** From the event to the first call that closes the worker, ms, in a process that has yet to load the bundle. */
  readonly coldMs: number;
  /** The same in a process that has closed another worker before. */
  readonly warmMs: number;
  /** AWS calls until then, when warm. */
  readonly callsUntilClosing: number;
  /** AWS calls of the whole look, when warm. */
  readonly calls: number;
  /** CPU of the function alone for the whole look, the load of the bundle included, ms of a whole core. */
  readonly coldCpuMs: number;
  readonly warmCpuMs: number;
  readonly peakRssBytes: number;
}

/** Exposed launches in clusters of these sizes, with an account that answers at once. */
export async function measureLaunches(stack: SynthesizedStack, sizes: readonly number[]): Promise<LaunchFigures[]> {
  const figures: LaunchFigures[] = [];
  for (const workers of sizes) {
    const fleet = measuredFleet({ clusters: 1, workersPerCluster: workers, exposed: 3 });
    const served = await ServedAccount.open(stack, fleet, UNLIMITED);
    // The workers are there, and the account's own poller has yet to ask for the events of their launch.
    await served.account.play(LAUNCHES_AFTER_MS + 100);
    const { instances, networks } = served.account.fleet;
    const [first, second, third] = instances.list().filter(({ id }) => networks.isReachable(id));
    if (first === undefined || second === undefined || third === undefined) throw new Error('nothing was launched');
    // The first look makes the security groups of quarantines.
    const before = served.start('quarantine-workers');
    await closingOf(before, first.id);
    before.end();
    const function_ = served.start('quarantine-workers');
    const cold = await closingOf(function_, second.id);
    const warm = await closingOf(function_, third.id);
    function_.end();
    served.close();
    figures.push({
      workers,
      coldMs: cold.closedAfterMs,
      warmMs: warm.closedAfterMs,
      callsUntilClosing: warm.callsUntilClosing,
      calls: warm.calls,
      coldCpuMs: cold.cpuMs,
      warmCpuMs: warm.cpuMs,
      peakRssBytes: Math.max(cold.peakRssBytes, warm.peakRssBytes),
    });
  }
  return figures;
}

/** @throws Error where the function fails or does not close the worker */
async function closingOf(function_: FunctionAlone, instanceId: string) {
  const { calls, startedAt, cpuMs, peakRssBytes, error } = await function_.invoke([launchOf(instanceId)]);
  if (error !== undefined) throw new Error(`quarantine-workers: ${error}`);
  const first = calls.findIndex(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
  const closing = calls[first];
  if (closing === undefined) throw new Error(`${instanceId} is not closed`);
  return {
    closedAfterMs: closing.at - startedAt,
    callsUntilClosing: first,
    calls: calls.length,
    cpuMs,
    peakRssBytes,
  };
}
