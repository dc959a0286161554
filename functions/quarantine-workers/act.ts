import { isDeepStrictEqual } from 'node:util';
import { type Ledger, writesOf } from '../shared/ledger/ledger.ts';
import { asStored, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { meansQuarantine } from '../shared/records/status.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { isUnknownYet } from './aws-refusal.ts';
import { capture } from './capture.ts';
import { type Circumstances, type Decision, iso, say } from './decision.ts';
import { circumstancesOf } from './guards.ts';
import { isolate } from './isolate.ts';
import type { Observation, WorkerView } from './observation.ts';
import type { Decided } from './plan.ts';
import type { Policy } from './policy.ts';
import {
  joinWaitlist,
  leaveWaitlist,
  type Quarantine,
  type QuarantineState,
  saveQuarantine,
} from './quarantine-ledger.ts';
import type { Reason } from './reasons.ts';
import { release } from './release.ts';
import type { Recorder } from './remediation.ts';
import { quarantineGroups } from './steps/quarantine-groups.ts';
import { noteInto, type StepClients, type StepSubject } from './steps/step.ts';
import { type TerminateDeps, terminate } from './terminate.ts';

export interface ActDeps extends StepClients, TerminateDeps {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly stackName: string;
  /** Names this reconcile, uniquely: the Lambda request id. */
  readonly caller: string;
  /** The policy's defaults, for what an operator may have done while the policy is invalid. */
  readonly defaultPolicy: Policy['quarantine'];
}

/** How long a reconcile has a worker for itself, ms: a little longer than the function may run. */
const LEASE = 65_000;
/** How soon a worker is reconciled again that another reconcile was quicker to save, ms. */
const BUSY_FOR = 5_000;

/**
 * Carries out one decision. Where nothing is to be changed it is remembered, then recorded. Where something is, the reconcile
 * first takes the worker for itself (a conditional write), so that steps about one worker never run side by side.
 *
 * @returns what was decided in the end
 */
export async function carryOut(deps: ActDeps, decided: Decided, circumstances: Circumstances): Promise<Decided> {
  const { observation, decision } = decided;
  if (decision.silent === true) return decided;
  const settled =
    decision.act === undefined || observation.view === undefined
      ? await remember(deps, decided, circumstances)
      : await act(deps, observation, observation.view, decision, circumstances);
  return { observation, decision: settled ?? busy(circumstances) };
}

const busy = ({ now }: Circumstances): Decision => ({
  ...say('waiting', 'quarantine-in-progress', ''),
  silent: true,
  lookAt: now + BUSY_FOR,
});

/** Undefined: another reconcile was first. */
async function remember(
  { ledger, recorder, caller }: ActDeps,
  { observation, decision }: Decided,
  circumstances: Circumstances,
): Promise<Decision | undefined> {
  const { instanceId, state } = observation;
  const next = nextState(observation, decision, circumstances);
  const isNew = next.outcomes !== state.outcomes;
  if (isNew && decision.reason === 'quarantine-budget') await joinWaitlist(ledger, instanceId, next.since ?? 0);
  const save = (wanted: QuarantineState) => saveQuarantine(ledger, instanceId, wanted, circumstances.now, caller);
  const outcome = outcomeOf(observation, decision, next, circumstances, []);
  if ((await recordOnce({ save, record: recorder.record }, state, next, outcome)) === undefined) return undefined;
  const waits = decision.reason === 'quarantine-budget';
  if (state.reason === 'quarantine-budget' && !waits) await leaveWaitlist(ledger, instanceId);
  return decision;
}

/** Undefined: another reconcile was first. */
async function act(
  deps: ActDeps,
  observation: Observation,
  view: WorkerView,
  decision: Decision,
  circumstances: Circumstances,
): Promise<Decision | undefined> {
  const { ledger, recorder, caller } = deps;
  const { instanceId, state } = observation;
  const { now, policy } = circumstancesOf(observation, circumstances);
  const begun = decision.quarantine;
  if (begun === undefined) throw new Error('Only a worker in quarantine can be acted upon.');
  const calls: AwsCall[] = [];
  const acting = policyOf(deps, policy);
  const captured =
    state.quarantine === undefined && begun.found === undefined ? await capture(deps, instanceId, view, begun) : begun;
  const needsGroups = decision.act?.kind === 'isolate' && captured.kind === 'isolate';
  const quarantine = needsGroups ? await withGroups(deps, view, captured, acting, noteInto(calls)) : captured;
  if (quarantine === undefined) return { ...busy(circumstances), lookAt: now + UNTIL_KNOWN };
  const started = { ...decision, quarantine };
  const next = decision.quiet === true ? { ...state, quarantine } : nextState(observation, started, circumstances);
  const outcome = outcomeOf(observation, started, next, circumstances, []);
  const writer = writesOf(caller);
  const save = (wanted: QuarantineState) => saveQuarantine(ledger, instanceId, wanted, now, writer());
  const taken = { ...withoutUnrecorded(next), lease: { holder: caller, until: deps.clock.now() + LEASE } };
  let saved = await recordOnce({ save, record: recorder.record }, state, taken, outcome);
  if (saved === undefined) return undefined;
  if (state.reason === 'quarantine-budget') await leaveWaitlist(ledger, instanceId);

  const subject: StepSubject = {
    clients: deps,
    instanceId,
    view,
    ...(observation.owner !== undefined && { owner: observation.owner }),
    quarantine,
    policy: acting,
    now: deps.clock.now(),
    save: async (change) => {
      const before: QuarantineState = saved ?? next;
      const changed: Quarantine = { ...(before.quarantine ?? quarantine), ...change };
      if (isDeepStrictEqual(changed, before.quarantine)) return changed;
      saved = await save({ ...before, quarantine: changed });
      if (saved === undefined) throw new Error(`${instanceId} was taken over by another reconcile.`);
      return changed;
    },
    note: noteInto(calls),
  };
  const settled = await ACTS[decision.act?.kind ?? 'isolate'](subject, deps);
  const { lease: _lease, ...held } = saved;
  const after = { ...observation, state: held };
  const last =
    settled.quiet === true
      ? { ...held, quarantine: settled.quarantine, lookAt: settled.lookAt }
      : nextState(after, settled, circumstances);
  const ended = outcomeOf(after, settled, last, circumstances, calls);
  await recordOnce({ save, record: recorder.record }, saved, asStored<QuarantineState>(last), ended);
  return settled;
}

type Carry = (subject: StepSubject, deps: ActDeps) => Promise<Decision>;

const ACTS: Readonly<Record<NonNullable<Decision['act']>['kind'], Carry>> = {
  isolate,
  release,
  terminate,
};

const policyOf = ({ defaultPolicy }: ActDeps, policy: Circumstances['policy']): Policy['quarantine'] =>
  isInvalid(policy) ? defaultPolicy : policy.quarantine;

/** How soon it is tried again with groups that EC2 does not know yet, ms. */
const UNTIL_KNOWN = 5_000;

/**
 * The quarantine with the security groups of its VPC, which are made before the worker is touched; undefined where EC2 does
 * not know them everywhere yet.
 */
async function withGroups(
  { ec2, stackName }: ActDeps,
  view: WorkerView,
  quarantine: Quarantine,
  policy: Policy['quarantine'],
  note: StepSubject['note'],
): Promise<Quarantine | undefined> {
  const made = await quarantineGroups(ec2, stackName, { view, policy, note }).catch((error: unknown) => {
    if (isUnknownYet(error)) return undefined;
    throw error;
  });
  if (made === undefined) return undefined;
  const { untracking, closed, shortfall } = made;
  const notes = shortfall === undefined ? {} : { 'systems-manager': shortfall };
  return { ...quarantine, groups: { untracking, closed }, notes: { ...quarantine.notes, ...notes } };
}

/** When a reconcile is due: one that was asked for already serves as well, so that reconciles never multiply. */
const dueReconcile = ({ lookAt }: QuarantineState, decision: Decision, now: number): number | undefined =>
  lookAt !== undefined && lookAt > now ? lookAt : decision.lookAt;

/** What is remembered of the worker once the decision holds. */
function nextState({ state, trigger }: Observation, decision: Decision, { now }: Circumstances): QuarantineState {
  const { reason, variant, quarantine, accepted } = decision;
  const fingerprint = `${reason} ${variant}`.trim();
  const isNew = fingerprint !== state.fingerprint;
  // A quarantine is one incident from the first event to its end.
  const goesOn = state.quarantine !== undefined;
  return asStored<QuarantineState>({
    fingerprint,
    outcomes: state.outcomes + (isNew ? 1 : 0),
    correlationId: goesOn || !isNew ? (state.correlationId ?? trigger.id) : trigger.id,
    reason,
    since: state.reason === reason ? (state.since ?? now) : now,
    quarantine,
    accepted: accepted === undefined ? state.accepted : [...accepted],
    proposal: decision.proposal,
    answered: decision.answers ?? state.answered,
    granted: quarantine === undefined ? (state.quarantine?.request?.id ?? state.granted) : state.granted,
    lookAt: dueReconcile(state, decision, now),
    revision: state.revision,
  });
}

function outcomeOf(
  observation: Observation,
  { decision, reason, message, quarantine = observation.state.quarantine, ...decided }: Decision,
  next: QuarantineState,
  circumstances: Circumstances,
  calls: readonly AwsCall[],
): Outcome<Reason> {
  const { instanceId, view, trigger } = observation;
  const { policy } = circumstancesOf(observation, circumstances);
  const cluster = view?.cluster ?? quarantine?.cluster;
  const nodegroup = view?.nodegroup ?? quarantine?.nodegroup;
  // While it lasts, each record says until when: whoever reads the last one alone knows it.
  const ends =
    quarantine !== undefined && meansQuarantine(reason) ? { expiresAt: iso(quarantine.expiresAt) } : undefined;
  const details = { ...ends, ...decided.details, ...overridesIn(policy) };
  return {
    subject: workerSubject(instanceId, { cluster, nodegroup }),
    decision,
    reason,
    message,
    ...(!isInvalid(policy) && { mode: policy.quarantine.mode }),
    trigger,
    fingerprint: `${next.outcomes} ${next.fingerprint}`,
    correlationId: next.correlationId ?? trigger.id,
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
}

const withoutUnrecorded = ({ unrecorded: _, ...state }: QuarantineState): QuarantineState => state;
