import { isDeepStrictEqual } from 'node:util';
import { writesOf } from '../../shared/ledger/ledger.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import type { Mode } from '../../shared/policy/mode.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { circumstancesOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import {
  joinWaitlist,
  leaveWaitlist,
  type Quarantine,
  type QuarantineState,
  saveQuarantine,
} from '../model/quarantine-ledger.ts';
import type { Decided } from '../plan/plan.ts';
import { type Policy, quarantine } from '../policy.ts';
import type { Recorder } from '../remediation.ts';
import type { GroupFinder } from '../steps/group-finder.ts';
import { noteInto, type StepClients, type StepSubject } from '../steps/step.ts';
import { withGroups } from '../steps/with-groups.ts';
import { capture } from './capture.ts';
import { isolate } from './isolate.ts';
import { release } from './release.ts';
import { dueReconcile, nextState, outcomeOf, withoutLease, withoutUnrecorded } from './remembered.ts';
import { type TerminateDeps, terminate } from './terminate.ts';

export interface ActDeps extends StepClients, TerminateDeps, OutcomeDeps<Recorder> {
  readonly groupFinder: GroupFinder;
  readonly clock: Clock;
  readonly stackName: string;
  /** The mode that the policy has by default. Its defaults apply to an operator's request while it is invalid. */
  readonly defaultMode: Mode;
}

/** How long a reconcile has a worker for itself, ms. A lease is a little longer than the function may run. */
const LEASE = 65_000;
/** How soon a worker is reconciled again after another reconcile has saved it first, ms. */
const BUSY_FOR = 5_000;

/**
 * Carries out one decision. A decision that changes nothing is saved and recorded. For any other the reconcile first
 * takes the worker for itself by a conditional write, so that steps about one worker never run side by side.
 *
 * @returns the outcome; or, once the worker's network is closed, a function that does the rest. The networks of all
 * workers are closed before the rest of any worker is done.
 */
export async function carryOut(
  deps: ActDeps,
  decided: Decided,
  circumstances: Circumstances,
): Promise<Decided | (() => Promise<Decided>)> {
  const { observation, decision } = decided;
  if (decision.silent === true) return decided;
  const asDecided = (settled: Decision | undefined) => ({ observation, decision: settled ?? busy(circumstances) });
  if (decision.act === undefined || observation.view === undefined) {
    return asDecided(await remember(deps, decided, circumstances));
  }
  const acted = await act(deps, observation, observation.view, decision, circumstances);
  return typeof acted === 'function' ? async () => asDecided(await acted()) : asDecided(acted);
}

const busy = ({ now }: Circumstances): Decision => ({
  ...say('waiting', 'quarantine-in-progress', ''),
  silent: true,
  lookAt: now + BUSY_FOR,
});

/** @returns undefined when another reconcile was first */
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
  // Anybody may ask about any id, so the ledger keeps nothing of a worker that has never been there.
  if (observation.request !== undefined && observation.view === undefined && state.revision === 0) {
    recorder.record(outcome);
    return decision;
  }
  if ((await recordOnce({ save, record: recorder.record }, state, next, outcome)) === undefined) return undefined;
  const waits = decision.reason === 'quarantine-budget';
  if (state.reason === 'quarantine-budget' && !waits) await leaveWaitlist(ledger, instanceId);
  return decision;
}

/** @returns undefined when another reconcile was first */
async function act(
  deps: ActDeps,
  observation: Observation,
  view: WorkerView,
  decision: Decision,
  circumstances: Circumstances,
): Promise<Decision | undefined | (() => Promise<Decision>)> {
  const { ledger, recorder, caller } = deps;
  const { instanceId, state } = observation;
  const { now, policy } = circumstancesOf(observation, circumstances);
  const begun = decision.quarantine;
  if (begun === undefined) throw new Error('Only a worker in quarantine can be acted upon.');
  const calls: AwsCall[] = [];
  const acting = policyOf(deps, policy);
  const captured = state.quarantine === undefined && begun.found === undefined ? capture(view, begun) : begun;
  const needsGroups = decision.act?.kind === 'isolate' && captured.kind === 'isolate';
  const quarantine = needsGroups
    ? await withGroups(
        deps,
        { view, policy: acting, note: noteInto(calls), redelivered: observation.trigger.redelivered },
        captured,
      )
    : captured;
  if (quarantine === undefined) return { ...busy(circumstances), lookAt: now + UNTIL_KNOWN };
  const started = { ...decision, quarantine };
  const next = decision.quiet === true ? { ...state, quarantine } : nextState(observation, started, circumstances);
  const outcome = outcomeOf(observation, started, next, circumstances, []);
  const writer = writesOf(caller);
  const save = (wanted: QuarantineState) => saveQuarantine(ledger, instanceId, wanted, now, writer());
  const taken = { ...withoutUnrecorded(next), lease: { holder: caller, until: deps.clock.now() + LEASE } };
  const first = await recordOnce({ save, record: recorder.record, isFollowed: true }, state, taken, outcome);
  if (first === undefined) return undefined;
  let saved = first;
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
      const changed: Quarantine = { ...(saved.quarantine ?? quarantine), ...change };
      if (isDeepStrictEqual(changed, saved.quarantine)) return changed;
      const written = await save({ ...saved, quarantine: changed });
      if (written === undefined) throw new Error(`${instanceId} was taken over by another reconcile.`);
      saved = written;
      return changed;
    },
    note: noteInto(calls),
  };
  const settle = async (settled: Decision): Promise<Decision> => {
    const held = withoutLease(saved);
    const after = { ...observation, state: held };
    const last =
      settled.quiet === true
        ? { ...held, quarantine: settled.quarantine, lookAt: dueReconcile(state, settled, now) }
        : nextState(after, settled, circumstances);
    const ended = outcomeOf(after, settled, last, circumstances, calls);
    const next = asStored<QuarantineState>(last);
    // The lease ends with the last write, so that no other reconcile finds an outcome that is being recorded right now.
    const taking = { ...next, ...(saved.lease !== undefined && { lease: saved.lease }) };
    const isNew = next.outcomes !== saved.outcomes;
    const told = isNew
      ? await recordOnce({ save, record: recorder.record, isFollowed: true }, saved, taking, ended)
      : taking;
    if (told !== undefined) await save(withoutLease(told));
    return settled;
  };
  const acted = await ACTS[decision.act?.kind ?? 'isolate'](subject, deps);
  return typeof acted === 'function' ? async () => settle(await acted()) : settle(acted);
}

/** @returns the outcome, or what does the rest once the networks of all workers are closed */
type Carry = (subject: StepSubject, deps: ActDeps) => Promise<Decision | (() => Promise<Decision>)>;

const ACTS: Readonly<Record<NonNullable<Decision['act']>['kind'], Carry>> = {
  isolate,
  release,
  terminate,
};

const policyOf = ({ defaultMode }: ActDeps, policy: Circumstances['policy']): Policy['quarantine'] =>
  isInvalid(policy) ? quarantine(defaultMode).parse({}) : policy.quarantine;

/** How soon a quarantine is tried again whose groups EC2 does not know yet, ms. */
const UNTIL_KNOWN = 5_000;
