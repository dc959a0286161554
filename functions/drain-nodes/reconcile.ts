import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makeDrainReconcileRequest } from '../../events/drain-reconcile-request.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { iso } from '../shared/runtime/clock.ts';
import { carryOutDrain } from './act-drain.ts';
import { carryOutHook } from './act-hook.ts';
import { answer } from './answer.ts';
import { readBatch } from './batch.ts';
import { decideDrain } from './decide-drain.ts';
import { decideHook } from './decide-hook.ts';
import type { DrainDecision, HookDecision } from './decision.ts';
import { isAtHook, isRetained } from './lifecycle-state.ts';
import type { DrainObservation, GroupObservation, Member } from './observation.ts';
import { type ObserveClients, observe, policyHere } from './observe.ts';
import type { drainNodes } from './remediation.ts';
import { tellOfEvents } from './tell-events.ts';

export interface ReconcileDeps extends QueueDeps<typeof drainNodes>, ObserveClients {
  readonly wake: Wake;
}

/**
 * When a group is looked at again after another reconcile was first, or where Auto Scaling shows less than an event
 * told, ms.
 */
const AGAIN = 60_000;

/**
 * One reconcile of all messages of a batch: the drains first, since their nodes wait, then the hooks. Wake-ups come
 * before both: a function that dies while it acts, each time that the batch is delivered, looks again all the same.
 *
 * @throws AggregateError when something failed for some subjects, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const { hooks, drains, openCluster, events, troubles: unread } = await observe(deps, scope, policy, now);
  const troubles: unknown[] = [...unread];
  const note = (error: unknown) => void troubles.push(error);
  /** Its messages come again by themselves: a wake-up beside them, at each delivery, would multiply them. */
  const failed = (error: unknown): null => {
    note(error);
    return null;
  };
  const circumstancesOf = (each: Parameters<typeof policyHere>[1]) => ({
    policy: policyHere(policy, each),
    now,
    account: deps.account,
  });
  const decidedDrains = decideInTurn(drains, circumstancesOf);
  const decidedHooks = hooks.filter(isSeen).map((observation): [GroupObservation, HookDecision] => {
    const { request } = observation;
    const circumstances = circumstancesOf(observation);
    return [
      observation,
      request === undefined ? decideHook(observation, circumstances) : answer(observation, request, circumstances),
    ];
  });
  const unseen = hooks.filter(({ group }) => group.members.some((member) => isYetToWait(member, scope.ending)));
  await wakeFor(
    deps,
    [
      ...[...decidedDrains, ...decidedHooks].map(([{ key }, { wakeAt }]) => ({ key, wakeAt })),
      ...unseen.map(({ key }) => ({ key, wakeAt: now + AGAIN })),
    ],
    now,
  ).catch(note);
  const again: Array<Waking> = [];
  /** Another reconcile was first where nothing was settled; or the cluster did not answer as usual. */
  const comeBackTo = ({ key }: { readonly key: NodeGroupKey }) => again.push({ key, wakeAt: now + AGAIN });
  const acting = { ...deps, openCluster };
  await pMap(
    decidedDrains,
    async ([observation, decision]) => {
      const settled = await carryOutDrain(acting, observation, decision, circumstancesOf(observation)).catch(failed);
      // The wake-up that is scheduled already fits what was decided, not the doubt that came while it was done.
      const isNewDoubt = settled !== decision && settled?.reason === 'drain-in-doubt';
      if (settled === undefined || isNewDoubt) comeBackTo(observation);
    },
    { concurrency: READ_CONCURRENCY },
  );
  for (const [observation, decision] of decidedHooks) {
    const settled = await carryOutHook(deps, observation, decision, circumstancesOf(observation)).catch(failed);
    if (settled === undefined) comeBackTo(observation);
    if (settled?.answers !== undefined) await askAfter(deps, observation.key, settled.answers, now).catch(note);
  }
  if (events !== undefined) await tellOfEvents(deps, events, now).catch(note);
  await wakeFor(deps, again, now).catch(note);
  await comeBack(deps.queue, scope.deferred, 0).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

const isSeen = ({ isUnseen }: GroupObservation): boolean => isUnseen !== true;

/** Whether an event told that an instance waits, and Auto Scaling does not show it yet. */
const isYetToWait = ({ id, lifecycleState }: Member, ending: ReadonlySet<string>): boolean =>
  ending.has(id) && !isAtHook(lifecycleState) && !isRetained(lifecycleState);

/**
 * Decides one after the other: each node that is kept counts as retained for those after it, and each that ends does
 * not.
 */
function decideInTurn(
  drains: readonly DrainObservation[],
  circumstancesOf: (observation: DrainObservation) => Parameters<typeof decideDrain>[1],
): Array<[DrainObservation, DrainDecision]> {
  const kept = new Map<string, number>();
  const moving = new Set<string>();
  return drains.map((each) => {
    const subject = subjectOf(each.key);
    const more = kept.get(subject) ?? 0;
    const group = {
      ...each.group,
      retained: each.group.retained + more,
      isMoving: each.group.isMoving || moving.has(subject),
    };
    const decision = decideDrain({ ...each, group }, circumstancesOf(each));
    if (decision.act === 'keep') kept.set(subject, more + 1);
    if (decision.act === 'end' && each.state.ahead === true) moving.add(subject);
    else if (decision.act === 'end') kept.set(subject, more - 1);
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

interface Waking {
  readonly key: NodeGroupKey;
  /** Epoch milliseconds; undefined: nothing more is to come. */
  readonly wakeAt: number | undefined;
}

/**
 * Schedules one wake-up for each group, the earliest. One that cannot be scheduled stops no other.
 *
 * @throws AggregateError of what could not be scheduled
 */
async function wakeFor(
  { account, region, wake }: ReconcileDeps,
  wanted: readonly Waking[],
  now: number,
): Promise<void> {
  const due = wanted.flatMap(({ key, wakeAt }) => (wakeAt === undefined ? [] : { subject: subjectOf(key), wakeAt }));
  const schedule = async ([of, all]: [string, typeof due]) => {
    const subject = `drain ${of}`;
    const at = wakeTime(Math.min(...all.map(({ wakeAt }) => wakeAt)), now);
    const origin = { account, region, time: iso(at) };
    const { cluster: clusterName, nodegroup: nodegroupName } = keyOf(of);
    const detail = { trigger: 'wake-up' as const, clusterName, nodegroupName };
    await wake(subject, at, makeDrainReconcileRequest(origin, `wake-up ${subject} ${iso(at)}`, detail));
  };
  const groups = Map.groupBy(due, ({ subject }) => subject);
  await pMap(groups, schedule, { concurrency: READ_CONCURRENCY, stopOnError: false });
}
