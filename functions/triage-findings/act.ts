import { EnableCommand, type Inspector2Client, Inspector2ServiceException } from '@aws-sdk/client-inspector2';
import pMap from 'p-map';
import { type FindingState, findingKey, saveFindingState } from '../shared/ledger/finding-ledger.ts';
import { asStored, type OutcomeDeps } from '../shared/ledger/outcome-ledger.ts';
import type { Mode } from '../shared/policy/mode.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { AwsCall } from '../shared/records/record.ts';
import type { Outcome as RecordedOutcome } from '../shared/records/recorder.ts';
import { type Decision, memoryOf, type Outcome, say } from './decision.ts';
import type { AccountObservation, CoverageObservation, GroupObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';
import { type HintDeps, sendHints } from './send-hints.ts';

export interface ActDeps extends OutcomeDeps<Recorder>, HintDeps {
  readonly inspector: Inspector2Client;
}

export interface Decided {
  readonly observation: GroupObservation | CoverageObservation | AccountObservation;
  readonly decision: Decision;
  /** The policy for the node group's place; absent where the account's applies. */
  readonly policy?: Policy;
}

/** A decision that this reconcile saved before any other reconcile did. */
interface Saved extends Decided {
  readonly state: FindingState;
  /** Whether it is pending: its outcome is to be carried out and recorded. */
  readonly isPending: boolean;
}

interface Notified {
  readonly outcome: Outcome | undefined;
  readonly calls: readonly AwsCall[];
}

export interface ActOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Undefined while the policy cannot be read. */
  readonly mode: Mode | undefined;
}

/** How many states are saved concurrently. */
const ACT_CONCURRENCY = 16;

/**
 * Saves each decision as pending, acts, records, and saves it as done. When two reconciles decide about the same
 * subject, the one that saves first acts.
 *
 * After a crash the decision stays pending. The next reconcile of the subject, whatever its trigger, decides again from
 * the memory before that decision. If it comes to the same decision, it carries it out and records it with the same id.
 * If it comes to another, it first records the pending outcome as it was saved. `recordOnce` would record before the
 * act in both cases, but the outcome of enabling Inspector is only known after the call.
 *
 * @returns the groups whose decision leaves findings open, as the ledger has them now
 * @throws AggregateError where something could not be requested, after everything else was
 */
export async function carryOut(
  deps: ActDeps,
  decided: readonly Decided[],
  { now, mode }: ActOptions,
): Promise<readonly GroupObservation[]> {
  const saved = (await pMap(decided, (each) => save(deps, each, now, mode), { concurrency: ACT_CONCURRENCY })).flat();
  const subjectsOf = (act: Decision['act']) =>
    saved.flatMap(({ observation, decision, isPending }) =>
      isPending && decision.act === act && observation.topic === 'findings' ? [observation.subject] : [],
    );
  const unsent = await sendHints(deps, subjectsOf, now);
  const finish = async (each: Saved): Promise<readonly Saved[]> => {
    if (!each.isPending) return [each];
    const { outcome, calls } = await act(deps.inspector, each.decision);
    if (outcome !== undefined) deps.recorder.record(outcomeOf(each, each.state, outcome, calls, mode));
    const { topic, subject } = each.observation;
    const { pending: _, unrecorded: __, ...done } = each.state;
    const state = await saveFindingState(deps.ledger, topic, findingKey(subject), done, now, deps.caller);
    return state === undefined ? [] : [{ ...each, state }];
  };
  // What could not be requested stays pending: the next delivery decides it again.
  const sent = saved.filter(({ decision: { act } }) => act === undefined || !unsent.has(act));
  const finished = await pMap(sent, finish, { concurrency: ACT_CONCURRENCY, stopOnError: false });
  if (unsent.size > 0) throw new AggregateError(unsent.values(), 'Not everything could be requested.');
  return finished
    .flat()
    .flatMap(({ observation, decision, state }) =>
      decision.leavesOpen === true && observation.topic === 'findings' ? [{ ...observation, state }] : [],
    );
}

/** Saves the new state, unless another reconcile has decided meanwhile. */
async function save(
  { ledger, recorder, caller }: ActDeps,
  decided: Decided,
  now: number,
  mode: Mode | undefined,
): Promise<Saved[]> {
  const { observation, decision } = decided;
  const { topic, subject } = observation;
  const { unrecorded, outcomes } = observation.state;
  const next = nextState(decided, now);
  const isNew = next.pending !== undefined;
  const isTheSame = isNew && next.outcomes === outcomes;
  if (isMadeUp(observation)) {
    if (decision.outcome !== undefined) recorder.record(outcomeOf(decided, next, decision.outcome, [], mode));
    return [];
  }
  // The ledger returns the outcome as it was written, possibly by another version of this function.
  if (unrecorded !== undefined && !isTheSame) recorder.record(unrecorded as RecordedOutcome<Reason>);
  // The time of the last read matters only for findings: the next batch then need not read again.
  if (!isNew && topic === 'coverage' && unrecorded === undefined) return [];
  const told = isNew && decision.outcome && asStored(outcomeOf(decided, next, decision.outcome, [], mode));
  const wanted = told ? { ...next, unrecorded: told } : next;
  const state = await saveFindingState(ledger, topic, findingKey(subject), wanted, now, caller);
  return state === undefined ? [] : [{ ...decided, state, isPending: isNew }];
}

/**
 * Whether only a request names the group, and nothing has ever been there. Anybody may ask about any name, so the ledger
 * keeps nothing of it.
 */
const isMadeUp = (observation: Decided['observation']): boolean =>
  'view' in observation &&
  observation.claimed === undefined &&
  observation.state.revision === 0 &&
  (observation.view.kind === 'gone' || (observation.view.kind === 'other-group' && observation.view.runs === ''));

function nextState({ observation, decision }: Decided, now: number): FindingState {
  const { state, trigger } = observation;
  const { outcome, memory } = decision;
  const fingerprint = outcome === undefined ? state.fingerprint : `${outcome.reason} ${outcome.variant}`.trim();
  const isOther = fingerprint !== state.fingerprint;
  const before = memoryOf(state);
  // One incident lasts from the first finding to the release that fixes it.
  const isOpen = before.need !== undefined || state.open === true;
  const correlationId = isOther && !isOpen ? trigger.id : (state.correlationId ?? trigger.id);
  const open = outcome === undefined ? state.open : outcome.decision === 'refused';
  return {
    ...(fingerprint !== undefined && { fingerprint }),
    outcomes: state.outcomes + (isOther ? 1 : 0),
    correlationId,
    ...memory,
    ...(observation.topic === 'coverage' && open === true && { open }),
    ...(isVerified(observation) && { verifiedAt: now, claimed: observation.claimed ?? 'normal' }),
    ...(outcome !== undefined && (isOther || state.pending !== undefined) && { pending: before }),
    revision: state.revision,
  };
}

/** Carries out what goes beyond reconcile requests, and returns the final outcome. */
const act = async (inspector: Inspector2Client, decision: Decision): Promise<Notified> =>
  decision.act === 'enable-inspector' ? enableInspector(inspector, decision) : { outcome: decision.outcome, calls: [] };

async function enableInspector(inspector: Inspector2Client, decision: Decision): Promise<Notified> {
  try {
    const { $metadata, failedAccounts = [] } = await inspector.send(new EnableCommand({ resourceTypes: ['EC2'] }));
    const [failed] = failedAccounts;
    if (failed !== undefined) return refused(`${failed.errorCode}: ${failed.errorMessage}`);
    const call = { service: 'inspector2', operation: 'Enable', requestId: $metadata.requestId ?? '' };
    return { outcome: decision.outcome, calls: [call] };
  } catch (error) {
    if (!(error instanceof Inspector2ServiceException) || !REFUSALS.has(error.name)) throw error;
    return refused(`${error.name}: ${error.message}`);
  }
}

/** Errors that a retry would not change. */
const REFUSALS = new Set(['AccessDeniedException', 'ValidationException', 'ResourceNotFoundException']);

const refused = (why: string) => ({ outcome: say('failed', 'inspector-refused', why, {}).outcome, calls: [] });

function outcomeOf(
  { observation, policy }: Decided,
  { outcomes, fingerprint, correlationId }: FindingState,
  { decision, reason, message, hint, details }: Outcome,
  calls: readonly AwsCall[],
  accountMode: Mode | undefined,
): RecordedOutcome<Reason> {
  const mode = policy?.findings.mode ?? accountMode;
  const all = { ...details, ...(policy && overridesIn(policy)) };
  return {
    subject: observation.subject,
    decision,
    reason,
    message,
    ...(mode !== undefined && { mode }),
    trigger: observation.trigger,
    fingerprint: `${observation.topic} ${outcomes} ${fingerprint}`,
    correlationId: correlationId ?? observation.trigger.id,
    calls,
    ...(hint !== undefined && { hint }),
    ...(Object.keys(all).length > 0 && { details: all }),
  };
}

/** Whether all that a batch told of a group was looked into, so that it need not be for some minutes. */
const isVerified = (observation: Decided['observation']): observation is GroupObservation =>
  observation.topic === 'findings' && !(observation.view.kind === 'unreadable' && observation.view.mayPass === true);
