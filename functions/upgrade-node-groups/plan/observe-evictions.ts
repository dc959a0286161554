import pMap from 'p-map';
import { isKubernetesAccessError } from '../../shared/kubernetes/access-error.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { nodesOfGroup } from '../model/pod-holds.ts';
import type { Preflight } from '../model/preflight.ts';
import { evictionErrorsOf, heldPodsInWords } from '../moment/held-pods.ts';
import { evictionsFrom, type Tried, toBeTried } from '../moment/preflight-pods.ts';
import type { PodsReader, PodsReading } from '../observe/observe-pods.ts';
import { asksFor } from './plan-looking.ts';

/** How many evictions are tried at the same time. */
const TRIED_AT_ONCE = 8;

/**
 * Reads what keeps pods from being evicted, by subject. A cluster that cannot be read is a warning, and keeps no node
 * group from being upgraded.
 *
 * @param mayTry whether evictions may be tried for a node group (`upgrades.preflightEvictions`)
 */
export async function observeEvictions(
  read: PodsReader,
  observations: readonly Observation[],
  mayTry: (observation: Observation) => boolean,
): Promise<Map<string, Preflight>> {
  const look = async (observation: Observation): Promise<[string, Preflight]> => {
    const { key } = observation;
    const { seen, tryEviction } = await read(key.cluster);
    if (seen.kind === 'unreadable') return [subjectOf(key), unread(seen.why)];
    const own = new Set(nodesOfGroup(seen.nodes, key.nodegroup).map(({ name }) => name));
    if (tryEviction === undefined || !mayTry(observation))
      return [subjectOf(key), evictionsFrom(own, seen.pods, seen.budgets)];
    const tried = await tryEvictions(tryEviction, toBeTried(own, seen.pods, seen.budgets));
    return [subjectOf(key), evictionsFrom(own, seen.pods, seen.budgets, tried)];
  };
  return new Map(await pMap(observations, look, { concurrency: READ_CONCURRENCY }));
}

/** Asks the API server. A hold that the API server does not answer for stays as it was read. */
async function tryEvictions(
  tryEviction: NonNullable<PodsReading['tryEviction']>,
  { chosen, untried }: ReturnType<typeof toBeTried>,
): Promise<Tried> {
  const failures: string[] = [];
  const answers = await pMap(
    chosen,
    async ({ what, pod }): Promise<Array<[string, 'blocked' | 'evicted']>> => {
      try {
        const answer = await tryEviction(pod);
        return answer === 'gone' ? [] : [[what, answer]];
      } catch (error) {
        if (!isKubernetesAccessError(error)) throw error;
        failures.push(error.problem === 'forbidden' ? NO_RIGHT : error.message);
        return [];
      }
    },
    { concurrency: TRIED_AT_ONCE },
  );
  const [failed] = failures;
  return { answers: new Map(answers.flat()), untried, ...(failed !== undefined && { failed }) };
}

const NO_RIGHT = 'the cluster does not allow it: npm run -s rbac -- --evictions | kubectl apply -f -';

const unread = (why: string): Preflight => ({ blockers: [], warnings: [`its pods could not be read (${why})`] });

/**
 * Adds what holds pods to each observation where EKS has given up an update for pods that did not leave. Only clusters
 * whose policy lets pods be read are asked.
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
      const { seen } = await read(observation.key.cluster);
      return { ...observation, heldPods: heldPodsInWords(observation, errors, seen) };
    },
    { concurrency: READ_CONCURRENCY },
  );
