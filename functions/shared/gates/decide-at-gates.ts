import type { GatesRead } from './at-gate.ts';
import type { GatesReader } from './observe-gates.ts';
import { readWorkloadGate, type UnwellReader } from './read-unwell.ts';
import type { Since } from './workload-gate.ts';

/** What reads the gates in one reconcile. */
export interface GateReaders {
  readonly readGates: GatesReader;
  readonly readUnwell: UnwellReader;
}

/**
 * Decides, and reads the gates first where the decision depends on them: alarms and calendars, then nodes and pods.
 *
 * @param clustersOf the clusters whose nodes and pods matter for a decision, by name
 */
export async function decideAtGates<
  Decision extends { readonly dependsOnGates?: true; readonly dependsOnWorkloads?: Since },
>(
  decide: (read: GatesRead) => Decision,
  { readGates, readUnwell }: GateReaders,
  clustersOf: (decision: Decision) => readonly string[],
  now: number,
): Promise<Decision> {
  const first = decide({});
  const read = first.dependsOnGates ? { gates: await readGates() } : {};
  const decision = first.dependsOnGates ? decide(read) : first;
  const { dependsOnWorkloads: since } = decision;
  if (since === undefined) return decision;
  return decide({ ...read, workloads: await readWorkloadGate(readUnwell, clustersOf(decision), since, now) });
}
