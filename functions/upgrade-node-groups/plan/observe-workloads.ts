import pMap from 'p-map';
import { readWorkloadGate, type UnwellReader } from '../../shared/gates/read-unwell.ts';
import { type Since, sinceFirstSeen } from '../../shared/gates/workload-gate.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { clustersBefore } from '../../shared/rollouts/clusters-before.ts';
import { placeOfWave } from '../../shared/rollouts/wave-place.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { NOTHING_SEEN, type Preflight } from '../model/preflight.ts';
import { candidateOf } from '../release/wave-entry.ts';
import type { Decided } from './plan.ts';

/**
 * Reads whether nodes and pods let upgrades start, by subject: those of the own cluster, and of the clusters in which
 * earlier waves have taken the release.
 *
 * @param starting subjects whose policy asks for the look (`upgrades.gates.nodesAndPods`)
 */
export async function observeWorkloads(
  read: UnwellReader,
  starting: readonly Decided[],
  anywhere: Circumstances,
): Promise<Map<string, Preflight>> {
  const looks = await pMap(
    starting,
    async ({ observation, decision }): Promise<[string, Preflight]> => {
      const { cluster } = observation.key;
      const { start } = decision;
      if (start === undefined) return [subjectOf(observation.key), NOTHING_SEEN];
      const clusters = [cluster, ...earlierClusters(observation, decision, anywhere)];
      const workloads = await readWorkloadGate(read, clusters, sinceOf(start.firstSeenAt, decision), anywhere.now);
      return [subjectOf(observation.key), { ...NOTHING_SEEN, workloads }];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(looks);
}

/** What may have made nodes and pods unwell: the release that comes, or the replacement of nodes with theirs. */
const sinceOf = (at: number, { replaces }: Decision): Since =>
  replaces === undefined ? sinceFirstSeen(at) : { at, event: 'the replacement was ordered' };

/**
 * The clusters in which earlier waves have taken the release for the Kubernetes version to move to, the last one first.
 */
function earlierClusters(
  observation: Observation,
  { start, releaseVersion = '' }: Decision,
  anywhere: Circumstances,
): string[] {
  const { view } = observation;
  const { policy, rollouts } = circumstancesOf(observation, anywhere);
  if (view.kind !== 'node-group' || rollouts === undefined || isInvalid(policy)) return [];
  const { version = view.version } = start ?? {};
  return clustersBefore(rollouts, placeOfWave(policy), candidateOf({ ...view, version }, releaseVersion));
}
