import { isDeepStrictEqual } from 'node:util';
import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import * as quarantineReconcileRequest from '../../events/quarantine-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { unreadTrouble } from '../shared/fleet/identify-each.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack, lookAgain, untilShown, type WorkerAgain } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Wake } from '../shared/intake/wake.ts';
import { isNodeBy } from '../shared/kubernetes/joined-node.ts';
import { mapsRoleBy } from '../shared/kubernetes/mapped-role.ts';
import { type BlastBudget, BudgetConflict, readBudget, writeBudget } from '../shared/ledger/blast-budget.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { type ActDeps, carryOut } from './act/act.ts';
import { closeGroups } from './act/close-groups.ts';
import { isAskedFor } from './act/remembered.ts';
import { tellOpen } from './act/tell-open.ts';
import { readBatch } from './batch.ts';
import type { Circumstances } from './model/decision.ts';
import { holdsSlot, readQuarantineWaitlist, readStanding } from './model/quarantine-ledger.ts';
import { type ObserveClients, observe, type Sight } from './observe/observe.ts';
import { holdersToAsk } from './plan/holders-to-ask.ts';
import { type Decided, type Plan, plan, withSlot } from './plan/plan.ts';
import type { quarantineWorkers } from './remediation.ts';
import { closeShellIngress } from './shell-ingress/close.ts';
import { quarantineGroupFinder } from './steps/quarantine-groups.ts';
import { targetReader } from './steps/targets.ts';

export interface ReconcileDeps
  extends QueueDeps<typeof quarantineWorkers>,
    Omit<ActDeps, 'openCluster' | 'targetsOf' | 'groupFinder'>,
    Omit<ObserveClients, 'groupFinder'> {
  readonly openCluster: (readCluster: ReturnType<typeof createClusterReader>) => ActDeps['openCluster'];
  readonly wake: Wake;
}

/** How many workers are acted upon concurrently. */
const ACT_CONCURRENCY = 8;
/**
 * How many times a reconcile decides anew because another one took from the budget at the same time: one invocation wins
 * each time, so that as many invocations as this may run at a time.
 */
const BUDGET_TRIES = 32;
/** The longest time until a waiting worker is reconciled again, ms. */
const LATEST_LOOK = 15 * 60_000;
/** How soon further requests about the same subject come back, seconds. */
const DEFERRED_SECONDS = 5;
/** How many workers one reconcile request names. */
const WORKERS_PER_REQUEST = 100;
/** How long before its end a quarantine counts as expiring, ms. */
const EXPIRING = 86_400_000;

/**
 * Reconciles all subjects that the messages of a batch name: observes, decides, acts and records. It then asks for the
 * next reconcile of workers that wait, and of workers that a freed slot can serve.
 *
 * @throws AggregateError when something about some workers could not be read or done; all others are finished by then
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Read the requests and the policy. Messages of any other kind are put aside.
  const { scope, malformed } = readBatch(messages);
  // Observe workers, groups, and the holders of slots.
  const reading = readStanding(deps.ledger, [...scope.instances.keys(), ...scope.requests.keys()]);
  // The caller that awaits the read later gets its error.
  reading.catch(() => undefined);
  const policy = await deps.readPolicy();
  const readCluster = createClusterReader(deps.eks);
  const openCluster = deps.openCluster(readCluster);
  const groupFinder = quarantineGroupFinder(deps.ec2, deps.stackName);
  const clients = { ...deps, isNode: isNodeBy(openCluster), mapsRole: mapsRoleBy(openCluster), groupFinder };
  const here = { policy, account: deps.account };
  const sight = await observe(clients, readCluster, scope, reading, { ...here, now: deps.clock.now() });
  const { budget } = await reading;
  const circumstances = {
    ...here,
    now: deps.clock.now(),
    stackName: deps.stackName,
    caller: deps.caller,
    publicGroups: new Set<string>(),
  };
  // Decide about each subject in turn, within the blast budget. Slots are taken before anything is done.
  const planned = await reserve(deps, budget, sight, circumstances);

  deps.recorder.count('InQuarantine', Object.keys(planned.slots).length);
  // Act: the networks of all workers come first, and the failure of one worker does not stop the others.
  const acting = { ...deps, openCluster, groupFinder, targetsOf: targetReader(deps.loadBalancing) };
  const unreadable = unreadTrouble(sight, sight.observations);
  const troubles: unknown[] = unreadable === undefined ? [] : [unreadable];
  const note = (error: unknown): undefined => void troubles.push(error);
  const observed = new Set(sight.observations.map(({ instanceId }) => instanceId));
  const undecided = new Set([...sight.repeated, ...sight.unread.keys()].filter((id) => !observed.has(id)));
  const onTrouble = (decided: Decided) => (error: unknown) => {
    troubles.push(error);
    undecided.add(decided.observation.instanceId);
    // The messages about it come again by themselves: a request beside them, at each delivery, would multiply them.
    const { lookAt: _, ...decision } = decided.decision;
    return { ...decided, decision: { ...decision, silent: true as const } };
  };
  const closed = await pMap(
    planned.decided,
    async (decided) => ({
      decided,
      acted: await carryOut(acting, decided, { ...circumstances, slots: planned.slots }).catch(onTrouble(decided)),
    }),
    { concurrency: ACT_CONCURRENCY },
  );
  const settled = await pMap(
    closed,
    ({ decided, acted }) => (typeof acted === 'function' ? acted().catch(onTrouble(decided)) : acted),
    { concurrency: ACT_CONCURRENCY },
  );
  const groups = await closeGroups(deps, readCluster, planned, circumstances, note);
  // Give back the slots of ended quarantines, call workers that wait for one, and reconcile unfinished workers again. What
  // cannot be given back or requested keeps nothing below from being told, put aside or closed.
  await giveBack(deps, settled, budget.slots, circumstances.now).catch(note);
  const seen = new Set([...observed, ...undecided]);
  const hidden = untilShown(scope.instances, seen, circumstances.now);
  const holders = holdersToAsk(settled, budget.slots, circumstances.now);
  await requestReconciles(deps, settled, [...hidden, ...holders], circumstances, note);
  await comeBack(deps.queue, scope.deferred, DEFERRED_SECONDS).catch(note);
  // Count the exposures that stay open, and record them once a group.
  countWorkers(deps, settled, circumstances.now);
  const mode = isInvalid(policy) ? {} : { mode: policy.quarantine.mode };
  const looked = { settled, groups, clusters: scope.clusters, undecided, now: circumstances.now, ...mode };
  await tellOpen(deps, looked, note).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  // Shell ingress comes last, because nothing above may wait for it.
  await closeShellIngress({ ...deps, ...clients }, readCluster, scope, circumstances, note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be looked at or done.');
}

/** Decides, and takes the slots that the decisions need in one conditional write. */
async function reserve(
  { ledger, caller }: ReconcileDeps,
  read: BlastBudget,
  sight: Sight,
  circumstances: Omit<Circumstances, 'slots'>,
): Promise<Plan> {
  let budget = read;
  for (let attempt = 1; ; attempt += 1) {
    const planned = plan(sight, { ...circumstances, slots: budget.slots });
    // A slot that a decision frees is given back only after the decision is carried out.
    const wanted = { ...budget.slots, ...planned.slots };
    if (isDeepStrictEqual(wanted, budget.slots)) return planned;
    try {
      await writeBudget(ledger, budget, wanted, `${caller} reserve ${attempt}`);
      return planned;
    } catch (error) {
      if (!(error instanceof BudgetConflict) || attempt === BUDGET_TRIES) throw error;
      budget = await readBudget(ledger, 'quarantines');
    }
  }
}

/**
 * Gives back the slots of ended quarantines, including those whose reconcile died before it got here, and calls the
 * workers that wait for one.
 */
async function giveBack(
  deps: ReconcileDeps,
  settled: readonly Decided[],
  held: BlastBudget['slots'],
  now: number,
): Promise<void> {
  const { ledger, caller } = deps;
  let freed = false;
  for (let attempt = 1; attempt <= BUDGET_TRIES; attempt += 1) {
    const budget = await readBudgetIfFreed(deps, settled, held);
    if (budget === undefined) return;
    const slots = settled.reduce((taken, decided) => withSlot(taken, decided, now), budget.slots);
    freed = Object.keys(slots).length < Object.keys(budget.slots).length;
    if (!freed) break;
    try {
      await writeBudget(ledger, budget, slots, `${caller} give-back ${attempt}`);
      break;
    } catch (error) {
      if (!(error instanceof BudgetConflict) || attempt === BUDGET_TRIES) throw error;
    }
  }
  if (freed) await callNext(deps, now);
}

/** Reads the current budget where a worker of the reconcile may have a slot to give back. */
const readBudgetIfFreed = async ({ ledger }: ReconcileDeps, settled: readonly Decided[], held: BlastBudget['slots']) =>
  settled.some(
    ({ observation: { instanceId, state }, decision }) =>
      (state.quarantine !== undefined || instanceId in held) && !holdsSlot(decision.quarantine),
  )
    ? readBudget(ledger, 'quarantines')
    : undefined;

/** Asks for the next waiting workers to be reconciled. Their reconcile decides which of them gets a slot. */
async function callNext({ ledger, queue, account, region, caller }: ReconcileDeps, now: number): Promise<void> {
  const instanceIds = (await readQuarantineWaitlist(ledger)).slice(0, WORKERS_PER_REQUEST);
  if (instanceIds.length === 0) return;
  const origin = { account, region, time: new Date(now).toISOString() };
  const detail = { trigger: 'slot-free' as const, instanceIds };
  const request = quarantineReconcileRequest.makeQuarantineReconcileRequest(origin, `slot-free ${caller}`, detail);
  await sendRequests(queue, [{ request }]);
}

/** Asks for the next reconcile of workers that wait, that an operator was answered about, or whose quarantine ends. */
async function requestReconciles(
  deps: ReconcileDeps,
  settled: readonly Decided[],
  others: readonly WorkerAgain[],
  { now }: Pick<Circumstances, 'now'>,
  note: (error: unknown) => undefined,
): Promise<void> {
  const again: WorkerAgain[] = [...others];
  for (const { observation, decision } of settled) {
    const { instanceId, request, state } = observation;
    const { lookAt, quarantine, silent, answers, judgedAnew } = decision;
    if (answers !== undefined) again.push({ instanceId, at: now + 1_000, answers });
    if (judgedAnew === true) again.push({ instanceId, at: now + 1_000 });
    const isAsked = silent !== true && isAskedFor(state, decision, now);
    if (lookAt !== undefined && !isAsked) {
      const at = now + Math.min(LATEST_LOOK, Math.max(1_000, lookAt - now));
      // A request that could not be handled now comes back unchanged.
      if (silent === true && request !== undefined)
        await comeBack(deps.queue, [request], Math.ceil((at - now) / 1000)).catch(note);
      else again.push({ instanceId, at });
    }
    const ends = silent === true ? undefined : quarantine?.expiresAt;
    if (ends !== undefined && ends !== state.quarantine?.expiresAt) again.push({ instanceId, at: ends });
  }
  await lookAgain(deps, quarantineReconcileRequest.detailType, again, now).catch(note);
}

/**
 * Counts quarantines that end within a day, and ended quarantines without an operator's decision. A worker to which all is
 * given back but its place in service, or the mark that keeps Karpenter off, has such a decision.
 */
function countWorkers({ recorder }: ReconcileDeps, settled: readonly Decided[], now: number): void {
  for (const { decision } of settled) {
    const { quarantine } = decision;
    if (!holdsSlot(quarantine) || decision.silent === true) continue;
    const left = quarantine.expiresAt - now;
    if (left <= 0) recorder.count('QuarantineExpired');
    else if (left <= EXPIRING) recorder.count('QuarantineExpiring');
  }
}
