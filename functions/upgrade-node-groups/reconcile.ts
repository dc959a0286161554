import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type BlastBudget, readBudget, writeBudget } from '../shared/ledger/blast-budget.ts';
import { readNeeds } from '../shared/ledger/finding-ledger.ts';
import { readWaitlist, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { type ActDeps, carryOutOrTell } from './act.ts';
import { readBatch, type Scope } from './batch.ts';
import { type Circumstances, iso } from './decision.ts';
import { publishGauges } from './gauges.ts';
import type { Observation } from './observation.ts';
import { findUpdating, type ObserveClients, observeNodeGroups } from './observe.ts';
import { observeUnmanaged } from './observe-unmanaged.ts';
import { isHastened } from './pace.ts';
import { type Decided, type Plan, plan, withForeign, withSlot } from './plan.ts';
import type { Policy } from './policy.ts';
import type { upgradeNodeGroups } from './remediation.ts';
import type { Contender } from './turn.ts';
import { callNext, contendersOf, type Waitlist } from './waitlist.ts';

export interface ReconcileDeps extends QueueDeps<typeof upgradeNodeGroups>, ActDeps, ObserveClients {
  readonly autoScaling: AutoScalingClient;
}

/** How many decisions are carried out side by side. */
const ACT_CONCURRENCY = 8;

/**
 * One reconcile: all messages of a batch together. Observe, decide, act, record; then call those who wait for what was freed.
 *
 * @throws when AWS could not be read or written: the batch comes again, and the steps done are not done twice
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { caller } = deps;
  // What is asked for, and by which policy.
  const { scope, malformed, later } = readBatch(messages);
  const policy = await deps.readPolicy();

  // How the node groups stand, and who holds a slot.
  const budget = await readBudget(deps.ledger, 'upgrades');
  const now = deps.clock.now();
  addExpired(scope, budget, now);
  const readCluster = createClusterReader(deps.eks, 'tell');
  const observing = [observeNodeGroups(deps, readCluster, scope, now), observeUnmanaged(deps, readCluster, scope)];
  const observations = (await Promise.all(observing)).flat();

  // What is to become of each, in turn, against the blast budget; the slots are taken before anything is done.
  const circumstances: Circumstances = { policy, now, account: deps.account, slots: budget.slots };
  const { planned, contenders } = await planFairly(deps, observations, circumstances);
  const reserved = await saveSlots(deps, budget, planned.slots, `${caller} reserve`);
  // Each is carried out: it acts, plans its wake-up, is recorded and remembered. Refused starts give their slots back.
  const carriedOut = await pMap(planned.decided, (decided) => carryOutOrTell(deps, decided, circumstances), {
    concurrency: ACT_CONCURRENCY,
    // One subject's trouble must not keep the others from being carried out; it is thrown when all are through.
    stopOnError: false,
  });
  const settled = await saveSlots(deps, reserved, slotsAfter(reserved.slots, carriedOut, now), `${caller} settle`);

  publishGauges(deps.recorder, carriedOut, settled.slots, now);

  // Where there is room, those are called whose turn it is.
  if (!isInvalid(policy) && (planned.hasYielded || hasRoomForOthers(budget, settled, scope))) {
    const observed = new Set(observations.map(({ key }) => subjectOf(key)));
    const waitlist = (contenders ?? (await readContenders(deps, policy, now))).filter(
      ({ subject }) => !observed.has(subject),
    );
    const options = { account: deps.account, region: deps.region, now, caller };
    const called = callNext(waitlist, settled.slots, policy.upgrades.concurrency, options);
    await sendRequests(
      deps.queue,
      called.map((request) => ({ request })),
    );
  }
  // Whoever an operator was answered about is reconciled again. Further requests about the same subjects come last.
  await reconcileAgain(deps, carriedOut, now);
  for (const message of malformed) await putAside(deps, message);
  if (later.length > 0) await reconcile({ ...deps, caller: `${caller} later` }, later);
}

/**
 * Plans; where something would start, plans again with what only matters then: whose turn is before that of the subjects at
 * hand, and what somebody else has begun to update in the same clusters since the last sweep.
 */
async function planFairly(
  deps: ReconcileDeps,
  observations: readonly Observation[],
  circumstances: Circumstances,
): Promise<{ readonly planned: Plan; readonly contenders?: readonly Contender[] }> {
  const { policy, now } = circumstances;
  const planned = plan(observations, circumstances);
  const starting = planned.decided.filter(({ decision }) => decision.start !== undefined);
  if (starting.length === 0 || isInvalid(policy)) return { planned };
  const contenders = await readContenders(deps, policy, now);
  const known = new Set([...observations.map(({ key }) => subjectOf(key)), ...Object.keys(circumstances.slots)]);
  const clusters = [...new Set(starting.map(({ observation }) => observation.key.cluster))];
  const updating = await pMap(clusters, (cluster) => findUpdating(deps.eks, cluster, known), {
    concurrency: READ_CONCURRENCY,
  });
  const slots = updating.flat().reduce((held, key) => withForeign(held, key, now), circumstances.slots);
  return { planned: plan(observations, { ...circumstances, slots }, contenders), contenders };
}

/** Who of the waitlist could start now. */
async function readContenders({ ledger }: ReconcileDeps, policy: Policy, now: number): Promise<Contender[]> {
  const waitlist = await readWaitlist(ledger);
  return contendersOf(waitlist, await findUrgent(ledger, waitlist, policy, now), policy, now);
}

/** What an operator was granted, or refused, is followed by a reconcile that goes by it, and tells how the subject stands. */
async function reconcileAgain({ queue, account, region }: ReconcileDeps, decided: readonly Decided[], now: number) {
  const origin = { account, region, time: iso(now) };
  const requests = decided.flatMap(({ observation: { key }, decision: { answers } }) => {
    if (answers === undefined) return [];
    const detail = { trigger: 'operator', clusterName: key.cluster, nodegroupName: key.nodegroup } as const;
    return [{ request: makeReconcileRequest(origin, `${answers} answered`, detail) }];
  });
  await sendRequests(queue, requests);
}

/** Whoever holds an expired slot is looked at: it is given up only if nothing is under way there. */
function addExpired(scope: Scope, { slots }: BlastBudget, now: number): void {
  for (const [subject, { expiresAt }] of Object.entries(slots)) {
    const [cluster, nodegroup] = subject.split('/');
    if (expiresAt > now || cluster === undefined || nodegroup === undefined || scope.nodeGroups.has(subject)) continue;
    const trigger = { id: `slot-expired ${subject}`, type: 'Slot Expired', time: now };
    scope.nodeGroups.set(subject, { key: { cluster, nodegroup }, trigger });
  }
}

const slotsAfter = (slots: BlastBudget['slots'], carriedOut: readonly Decided[], now: number): BlastBudget['slots'] =>
  carriedOut.reduce((held, { observation, decision }) => withSlot(held, observation, decision, now), slots);

async function saveSlots(
  { ledger }: ReconcileDeps,
  budget: BlastBudget,
  slots: BlastBudget['slots'],
  writer: string,
): Promise<BlastBudget> {
  return slots === budget.slots ? budget : writeBudget(ledger, budget, slots, writer);
}

/** Who of the waitlist has findings that hasten its upgrade. */
async function findUrgent(
  ledger: ActDeps['ledger'],
  waitlist: Waitlist,
  policy: Policy,
  now: number,
): Promise<Set<string>> {
  const needs = await readNeeds(ledger, [...waitlist.keys()]);
  return new Set([...needs].filter(([, need]) => isHastened(need, policy, now)).map(([subject]) => subject));
}

/** A slot was given back, or somebody who was called did not take it. */
function hasRoomForOthers(before: BlastBudget, after: BlastBudget, { nodeGroups }: Scope): boolean {
  const freed = Object.keys(before.slots).some((subject) => !(subject in after.slots));
  const called = [...nodeGroups].filter(([, { trigger }]) => trigger.type.includes('slot-free'));
  return freed || called.some(([subject]) => !(subject in after.slots));
}
