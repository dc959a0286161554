import pMap from 'p-map';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { type OpenOptions, openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { placeOfWave } from '../shared/rollouts/wave-place.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { circumstancesOf } from './circumstances.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import type { Decided } from './plan.ts';
import { NOTHING_SEEN, type Preflight } from './preflight.ts';
import { candidateOf } from './wave-entry.ts';
import { type Unwell, workloadGate } from './workload-gate.ts';

/** Reads what does not go well in a cluster, each cluster once. */
export type UnwellReader = (cluster: string) => Promise<Unwell>;

/**
 * In how many clusters of earlier waves nodes and pods are read before one upgrade: the clusters that took the release
 * last.
 */
const CLUSTERS_BEFORE = 20;

/** Makes a reader for one reconcile. The reader reads each cluster once. */
export function createUnwellReader(options: OpenOptions, readCluster: ClusterReader): UnwellReader {
  const open = openClusterBy(options)(readCluster);
  const known = new Map<string, Promise<Unwell>>();
  const readNow = async (cluster: string): Promise<Unwell> => {
    const kubernetes = await open(cluster);
    if ('refused' in kubernetes)
      return { kind: 'unreadable', error: kubernetes.refused, code: 'ClusterUnread', isThrottled: false };
    try {
      const [nodes, pods] = await Promise.all([kubernetes.listUnreadyNodes(), kubernetes.listPendingPods()]);
      return { kind: 'found', nodes, pods };
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      const { problem, message } = error;
      return { kind: 'unreadable', error: message, code: problem, isThrottled: problem === 'throttled' };
    }
  };
  return (cluster) => {
    const reading = known.get(cluster) ?? readNow(cluster);
    known.set(cluster, reading);
    return reading;
  };
}

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
      const names = [...new Set([cluster, ...clustersBefore(observation, decision, anywhere)])];
      const seen = await pMap(names, async (name): Promise<[string, Unwell]> => [name, await read(name)], {
        concurrency: READ_CONCURRENCY,
      });
      const workloads = workloadGate(new Map(seen), start.firstSeenAt, anywhere.now);
      return [subjectOf(observation.key), { ...NOTHING_SEEN, workloads }];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(looks);
}

/**
 * The clusters in which earlier waves have taken the release for the Kubernetes version to move to, the last one first.
 */
function clustersBefore(
  observation: Observation,
  { start, releaseVersion = '' }: Decision,
  anywhere: Circumstances,
): string[] {
  const { view } = observation;
  const { policy, rollouts } = circumstancesOf(observation, anywhere);
  if (view.kind !== 'node-group' || rollouts === undefined || isInvalid(policy)) return [];
  const { version = view.version } = start ?? {};
  const candidate = candidateOf({ ...view, version }, releaseVersion);
  const takers = rollouts.takersBefore(placeOfWave(policy), candidate);
  const latest = takers.toSorted((a, b) => (b.progress?.runs.since ?? 0) - (a.progress?.runs.since ?? 0));
  return [...new Set(latest.map(({ key }) => key.cluster))].slice(0, CLUSTERS_BEFORE);
}
