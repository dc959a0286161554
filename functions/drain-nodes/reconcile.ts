import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makeDrainReconcileRequest } from '../../events/drain-reconcile-request.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { carryOutDrain } from './act-drain.ts';
import { carryOutHook } from './act-hook.ts';
import { answer } from './answer.ts';
import { readBatch } from './batch.ts';
import { decideDrain, isAtHook } from './decide-drain.ts';
import { decideHook, isRetained } from './decide-hook.ts';
import type { DrainDecision } from './decision.ts';
import type { DrainObservation, Member } from './observation.ts';
import { type ObserveClients, observe, policyHere } from './observe.ts';
import type { drainNodes } from './remediation.ts';

export interface ReconcileDeps extends QueueDeps<typeof drainNodes>, ObserveClients {
  readonly wake: Wake;
}

/** When a group is looked at again after another reconcile was first, or where Auto Scaling shows less than an event told, ms. */
const AGAIN = 60_000;

/**
 * One reconcile of all messages of a batch: the drains first, since their nodes wait, then the hooks.
 *
 * @throws AggregateError when something failed for some subjects, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const { hooks, drains, openCluster } = await observe(deps, scope, policy, now);
  const troubles: unknown[] = [];
  /** When each group is looked at again, by `subjectOf`. */
  const again = new Map<string, number>();
  const lookAgain = (key: NodeGroupKey, at: number | undefined) => {
    const known = again.get(subjectOf(key));
    if (at !== undefined) again.set(subjectOf(key), Math.min(at, known ?? at));
  };
  const circumstancesOf = (each: Parameters<typeof policyHere>[1]) => ({
    policy: policyHere(policy, each),
    now,
    account: deps.account,
  });
  const acting = { ...deps, openCluster };
  await pMap(
    decideInTurn(drains, circumstancesOf),
    async ([observation, decision]) => {
      const settled = await carryOutDrain(acting, observation, decision, circumstancesOf(observation)).catch(
        (error: unknown) => void troubles.push(error),
      );
      lookAgain(observation.key, settled === undefined ? now + AGAIN : settled.wakeAt);
    },
    { concurrency: READ_CONCURRENCY },
  );
  for (const observation of hooks) {
    const { key, request, group } = observation;
    if (group.members.some((member) => isYetToWait(member, scope.ending))) lookAgain(key, now + AGAIN);
    const circumstances = circumstancesOf(observation);
    const decision =
      request === undefined ? decideHook(observation, circumstances) : answer(observation, request, circumstances);
    const settled = await carryOutHook(deps, observation, decision, circumstances).catch(
      (error: unknown) => void troubles.push(error),
    );
    lookAgain(key, settled === undefined ? now + AGAIN : settled.wakeAt);
    if (settled?.answers !== undefined) await askAfter(deps, key, settled.answers, now);
  }
  for (const [subject, at] of again) await wakeFor(deps, keyOf(subject), at, now);
  await comeBack(deps.queue, scope.deferred, 0);
  for (const message of malformed) await putAside(deps, message).catch((error: unknown) => troubles.push(error));
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

/** Whether an event told that an instance waits, and Auto Scaling does not show it yet. */
const isYetToWait = ({ id, lifecycleState }: Member, ending: ReadonlySet<string>): boolean =>
  ending.has(id) && !isAtHook(lifecycleState) && !isRetained(lifecycleState);

/** Decides one after the other: each node that is kept counts as retained for those after it, and each that ends does not. */
function decideInTurn(
  drains: readonly DrainObservation[],
  circumstancesOf: (observation: DrainObservation) => Parameters<typeof decideDrain>[1],
): Array<[DrainObservation, DrainDecision]> {
  const kept = new Map<string, number>();
  return drains.map((each) => {
    const subject = subjectOf(each.key);
    const more = kept.get(subject) ?? 0;
    const group = { ...each.group, retained: each.group.retained + more };
    const decision = decideDrain({ ...each, group }, circumstancesOf(each));
    if (decision.act === 'keep') kept.set(subject, more + 1);
    if (decision.act === 'end') kept.set(subject, more - 1);
    return [each, decision];
  });
}

/** Has a group looked at at once, after an answer. */
async function askAfter(
  { account, region, queue }: ReconcileDeps,
  { cluster: clusterName, nodegroup: nodegroupName }: NodeGroupKey,
  answers: string,
  now: number,
): Promise<void> {
  const origin = { account, region, time: iso(now) };
  const detail = { trigger: 'operator' as const, clusterName, nodegroupName };
  await sendRequests(queue, [{ request: makeDrainReconcileRequest(origin, `${answers} answered`, detail) }]);
}

async function wakeFor(
  { account, region, wake }: ReconcileDeps,
  key: NodeGroupKey,
  wanted: number,
  now: number,
): Promise<void> {
  const subject = `drain ${subjectOf(key)}`;
  const at = wakeTime(wanted, now);
  const origin = { account, region, time: iso(at) };
  const detail = { trigger: 'wake-up' as const, clusterName: key.cluster, nodegroupName: key.nodegroup };
  await wake(subject, at, makeDrainReconcileRequest(origin, `wake-up ${subject} ${iso(at)}`, detail));
}
