import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makeUpgradeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { calendarsAt, gatesAnywhere, isAnyNamed } from '../shared/gates/named-gates.ts';
import { createGatesReader } from '../shared/gates/observe-gates.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type BlastBudget, readBudget, writeBudget } from '../shared/ledger/blast-budget.ts';
import { keyOf, subjectOf } from '../shared/ledger/node-group-key.ts';
import { readWaitlist } from '../shared/ledger/node-group-ledger.ts';
import { endOrder } from '../shared/ledger/replacement-orders.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { type AllGroups, failuresOf, managedRollouts, readAllGroups } from '../shared/rollouts/all-groups.ts';
import { lookAtUnseen } from '../shared/rollouts/look-at-unseen.ts';
import { unsureAboutNew } from '../shared/rollouts/new-images.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type ActDeps, carryOut } from './act/act.ts';
import { askAboutUnmanaged, type UnmanagedDeps } from './act/ask-about-unmanaged.ts';
import { tellOfUnread } from './act/tell-unread.ts';
import { type OpenedCalendars, readBatch, type Scope } from './batch.ts';
import { publishGauges } from './gauges.ts';
import type { Circumstances } from './model/decision.ts';
import type { Observation } from './model/observation.ts';
import { isCarriedOut } from './model/replacement.ts';
import { callNext, contendersOf, type Line } from './moment/waitlist.ts';
import { type ObserveClients, observeNodeGroups } from './observe/observe.ts';
import { createPodsReader } from './observe/observe-pods.ts';
import { observeUnmanaged } from './observe/observe-unmanaged.ts';
import { withHeldPods } from './plan/observe-evictions.ts';
import { type Decided, failuresAfter, withSlot } from './plan/plan.ts';
import { planAlone } from './plan/plan-alone.ts';
import { readFleet, readLine, readReplacements } from './plan/waitlist-reading.ts';
import type { Policy } from './policy.ts';
import type { upgradeNodeGroups } from './remediation.ts';

export interface ReconcileDeps
  extends QueueDeps<typeof upgradeNodeGroups>,
    Omit<ActDeps, 'onTrouble'>,
    ObserveClients,
    UnmanagedDeps {
  readonly autoScaling: AutoScalingClient;
  readonly cloudWatch: CloudWatchClient;
}

/** How many decisions are carried out concurrently. */
const ACT_CONCURRENCY = 8;

/**
 * One reconcile of all messages of a batch: observe, decide, act and record, then request reconciles of those who wait
 * for freed slots.
 *
 * @throws when AWS could not be read or written: SQS delivers the batch again, and completed steps are not repeated
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { caller } = deps;
  // Read the requests and the policy.
  const { scope, malformed, later } = readBatch(messages);
  const policy = await deps.readPolicy();

  // Observe the node groups, and who holds a slot.
  const budget = await readBudget(deps.ledger, 'upgrades');
  const now = deps.clock.now();
  addExpired(scope, budget, now);
  if (scope.calendarsOpened !== undefined) await addGated(deps, scope, policy, scope.calendarsOpened);
  const readCluster = createClusterReader(deps.eks, 'tell');
  const [managed, unmanaged] = await Promise.all([
    observeNodeGroups(deps, readCluster, scope, now, policy),
    observeUnmanaged(deps, readCluster, scope),
  ]);
  const read = [...managed, ...unmanaged.observations];

  // Decide about each, in order of turn, within the blast budget. Slots are taken before anything is done.
  const fleet = await readFleet(deps, read, policy);
  const rollouts = fleet && !isInvalid(policy) ? managedRollouts(fleet, policy) : undefined;
  const circumstances: Circumstances = {
    policy,
    now,
    account: deps.account,
    slots: budget.slots,
    ...(rollouts !== undefined && { rollouts }),
    ...(fleet !== undefined && { fleetFailures: failuresOf(fleet, policy) }),
    ...(await readReplacements(deps, read, policy, now)),
  };
  const readPods = createPodsReader(deps, readCluster);
  const readGates = createGatesReader(deps, policy);
  const observations = await withHeldPods(readPods, read, circumstances);
  const {
    planned,
    line,
    fleetFailures,
    fleet: remembered,
  } = await planAlone({ ...deps, readCluster, readPods, readGates }, observations, circumstances, fleet);
  const known = { ...circumstances, ...(fleetFailures !== undefined && { fleetFailures }) };
  const reserved = await saveSlots(deps, budget, planned.slots, `${caller} reserve`);
  // What cannot be requested of one function or group keeps no other from being asked, and nothing from being concluded.
  const troubles: unknown[] = [];
  const note = (error: unknown): undefined => void troubles.push(error);
  // Carry out each decision: act, schedule its wake-up, record and save. Refused starts release their slots.
  const carriedOut = await pMap(planned.decided, (decided) => carryOut({ ...deps, onTrouble: note }, decided, known), {
    concurrency: ACT_CONCURRENCY,
    // One subject's error must not keep the others from being carried out. It is rethrown after all of them.
    stopOnError: false,
  });
  const settled = await saveSlots(deps, reserved, slotsAfter(reserved.slots, carriedOut, now), `${caller} settle`);

  await endOrders(deps, carriedOut, now);
  publishGauges(deps.recorder, carriedOut, settled.slots, now);

  // Where slots are free, request a reconcile of those whose turn it is.
  const isRefused = Object.keys(reserved.slots).some((subject) => !(subject in settled.slots));
  if (!isInvalid(policy) && (planned.hasYielded || isRefused || hasRoomForOthers(budget, settled, scope))) {
    const course = { observations, carriedOut, known, slots: settled.slots, rollouts: planned.rollouts };
    // A start that EKS has refused changes who waits for whom, also among those that were just decided.
    await callWaiting(deps, policy, isRefused ? course : { ...course, fleet: remembered, line }, isRefused).catch(note);
  }
  // Reconcile subjects whose operators were answered. Further requests about the same subjects come last.
  await reconcileAgain(deps, carriedOut, now).catch(note);
  const unseen = carriedOut.flatMap(({ observation: { key }, decision: { lookAt = [] } }) => [
    ...lookAt,
    ...unsureAboutNew(key, planned.rollouts, now),
  ]);
  await lookAtUnseen(deps, { ...deps, upgradeQueue: deps.queue }, unseen, now).catch(note);
  await askAboutUnmanaged(deps, scope, unmanaged.observations).catch(note);
  await tellOfUnread(deps, unmanaged, [...scope.clusters.values()][0], now).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (later.length > 0) await reconcile({ ...deps, caller: `${caller} later` }, later).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be requested.');
}

/** Ends the orders that are carried out, so that no later wave waits for their groups. */
async function endOrders({ ledger }: ReconcileDeps, carriedOut: readonly Decided[], now: number): Promise<void> {
  for (const { observation, decision } of carriedOut) {
    const { order, key } = observation;
    if (order === undefined || decision.memory.upgrade !== undefined || !isCarriedOut(observation)) continue;
    await endOrder(ledger, subjectOf(key), order, now);
  }
}

/** What a reconcile has done, and what it knows of those who wait. */
interface Course {
  readonly observations: readonly Observation[];
  readonly carriedOut: readonly Decided[];
  readonly known: Circumstances;
  readonly slots: BlastBudget['slots'];
  readonly rollouts: Circumstances['rollouts'];
  readonly fleet?: AllGroups | undefined;
  readonly line?: Line | undefined;
}

/**
 * Requests a reconcile of those whose turn it is.
 *
 * @param isAnew whether all is read again, and also those who were just decided may be called
 */
async function callWaiting(
  { ledger, queue, account, region, caller }: ReconcileDeps,
  policy: Policy,
  { observations, carriedOut, known, slots, ...before }: Course,
  isAnew: boolean,
): Promise<void> {
  const { now } = known;
  const observed = new Set(isAnew ? [] : observations.map(({ key }) => subjectOf(key)));
  const fleet = before.fleet ?? (await readAllGroups(ledger));
  const line = before.line ?? (await readLine({ ledger }, policy, now, fleet.managed));
  const rollouts = isAnew ? managedRollouts(fleet, policy) : before.rollouts;
  // What EKS has refused since has failed, too.
  const failures = carriedOut.reduce(
    (held, each) => failuresAfter(held, each, known),
    known.fleetFailures ?? failuresOf(fleet, policy),
  );
  // Whoever waited for a wave that has just finished is in the line now.
  const waitlist = contendersOf(line, policy, now, rollouts, failures).filter(({ subject }) => !observed.has(subject));
  const called = callNext(waitlist, slots, policy.upgrades.concurrency, { account, region, now, caller });
  await sendRequests(
    queue,
    called.map((request) => ({ request })),
  );
}

/**
 * Requests a reconcile after each answer to an operator. It acts on the answer, and records the state of the subject.
 */
async function reconcileAgain({ queue, account, region }: ReconcileDeps, decided: readonly Decided[], now: number) {
  const origin = { account, region, time: iso(now) };
  const requests = decided.flatMap(({ observation: { key }, decision: { answers } }) => {
    if (answers === undefined) return [];
    const detail = { trigger: 'operator', clusterName: key.cluster, nodegroupName: key.nodegroup } as const;
    return [{ request: makeUpgradeReconcileRequest(origin, `${answers} answered`, detail) }];
  });
  await sendRequests(queue, requests);
}

/**
 * Adds the holders of expired slots to the reconcile. A slot is released only if nothing is under way at its holder.
 */
function addExpired(scope: Scope, { slots }: BlastBudget, now: number): void {
  for (const [subject, { expiresAt }] of Object.entries(slots)) {
    if (expiresAt > now || scope.nodeGroups.has(subject)) continue;
    const trigger = { id: `slot-expired ${subject}`, type: 'Slot Expired', time: now };
    scope.nodeGroups.set(subject, { key: keyOf(subject), trigger });
  }
}

/**
 * Adds to the reconcile whoever waits for one of the change calendars that have opened. The calendars are read again;
 * the event only said when. Calendars that the policy does not name cost no call.
 */
async function addGated(
  { ledger }: ReconcileDeps,
  scope: Scope,
  policy: Policy | InvalidPolicy,
  { trigger, arns }: OpenedCalendars,
): Promise<void> {
  if (!isAnyNamed(arns, gatesAnywhere(policy).calendars)) return;
  for (const [subject, { reason }] of await readWaitlist(ledger)) {
    const key = keyOf(subject);
    if (reason !== 'calendar-gate-closed' || !isAnyNamed(arns, calendarsAt(policy, key))) continue;
    if (!scope.nodeGroups.has(subject)) scope.nodeGroups.set(subject, { key, trigger });
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

/** Whether a slot was released, or a subject that was called did not take one. */
function hasRoomForOthers(before: BlastBudget, after: BlastBudget, { nodeGroups }: Scope): boolean {
  const freed = Object.keys(before.slots).some((subject) => !(subject in after.slots));
  const called = [...nodeGroups].filter(([, { trigger }]) => trigger.type.includes('slot-free'));
  return freed || called.some(([subject]) => !(subject in after.slots));
}
