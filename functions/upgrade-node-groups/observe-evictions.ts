import pMap from 'p-map';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Circumstances } from './decision.ts';
import { evictionErrorsOf, heldPodsInWords } from './held-pods.ts';
import type { Observation } from './observation.ts';
import type { PodsReader } from './observe-pods.ts';
import { asksFor } from './plan-looking.ts';
import type { Preflight } from './preflight.ts';
import { evictionsFrom, nodesOfGroup } from './preflight-pods.ts';

/**
 * What keeps pods from being evicted, by subject. A cluster that cannot be read is a warning, and keeps nobody from being
 * upgraded.
 */
export async function observeEvictions(
  read: PodsReader,
  observations: readonly Observation[],
): Promise<Map<string, Preflight>> {
  const look = async ({ key }: Observation): Promise<[string, Preflight]> => {
    const seen = await read(key.cluster);
    if (seen.kind === 'unreadable') return [subjectOf(key), unread(seen.why)];
    const own = nodesOfGroup(seen.nodes, key.nodegroup).map(({ name }) => name);
    return [subjectOf(key), evictionsFrom(new Set(own), seen.pods, seen.budgets)];
  };
  return new Map(await pMap(observations, look, { concurrency: READ_CONCURRENCY }));
}

const unread = (why: string): Preflight => ({ blockers: [], warnings: [`its pods could not be read (${why})`] });

/**
 * The observations, with what holds pods wherever EKS has given up an update for pods that did not leave. Only clusters whose
 * policy lets pods be read are asked.
 */
export const withHeldPods = (
  read: PodsReader,
  observations: readonly Observation[],
  circumstances: Circumstances,
): Promise<Observation[]> =>
  pMap(
    observations,
    async (observation) => {
      const errors = evictionErrorsOf(observation);
      if (errors.length === 0 || !asksFor('pods', observation, circumstances)) return observation;
      return { ...observation, heldPods: heldPodsInWords(observation, errors, await read(observation.key.cluster)) };
    },
    { concurrency: READ_CONCURRENCY },
  );
