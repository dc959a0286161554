import { isDeepStrictEqual } from 'node:util';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { runCommand, type Sending } from '../shared/fleet/run-command.ts';
import { incidentAfter, outcomeIn } from '../shared/ledger/incident-memory.ts';
import { writesOf } from '../shared/ledger/ledger.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import { type Circumstances, type Decision, say } from './decide.ts';
import { memoryOf } from './memory.ts';
import type { Observation } from './observe.ts';
import type { Recorder } from './remediation.ts';
import { type Action, type ShellsState, saveState } from './shells-ledger.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly ssm: SSMClient;
  /** The documents that run on hosts, by action. */
  readonly documents: Readonly<Record<Action, string>>;
}

/** A worker with the decision about it. */
export interface Decided {
  readonly observation: Observation;
  readonly decision: Decision;
}

const COMMENTS: Readonly<Record<Action, string>> = {
  look: 'EKS Host Remediator: ways in by SSH, read-only',
  close: 'EKS Host Remediator: puts authorized_keys aside, or switches the admin container off',
  restore: 'EKS Host Remediator: gives back authorized_keys, or the admin container',
};

/**
 * Saves that a host is about to be told to close its ways in, so that after a crash a later check tells of it, and it can be
 * undone.
 *
 * @returns the decision to carry out; undefined when another reconcile was first
 */
export async function intend(deps: ActDeps, decided: Decided, now: number): Promise<Decided | undefined> {
  const { observation, decision } = decided;
  if (decision.send !== 'close') return decided;
  const { instanceId, state } = observation;
  const writer = `${deps.caller} ${instanceId} closing`;
  const intended = await saveState(deps.ledger, instanceId, { ...state, closing: now }, now, writer);
  return intended && { observation: { ...observation, state: intended }, decision };
}

/**
 * Sends commands to hosts, fifty a command. A repeated command finds nothing left to do.
 * @returns the outcome by instance
 */
export async function sendCommands(
  { ssm, documents }: ActDeps,
  decided: readonly Decided[],
): Promise<Map<string, Sending>> {
  const outcomes = new Map<string, Sending>();
  for (const [action, all] of Map.groupBy(decided, ({ decision }) => decision.send)) {
    if (action === undefined) continue;
    const ids = all.map(({ observation }) => observation.instanceId);
    const command = { document: documents[action], comment: COMMENTS[action] };
    for (const [id, outcome] of await runCommand(ssm, command, ids)) outcomes.set(id, outcome);
  }
  return outcomes;
}

/** Saves and records a decision. @returns the final decision; undefined when another reconcile was first */
export async function carryOut(
  deps: ActDeps,
  { observation, decision: wanted }: Decided,
  sending: Sending,
  { policy, now }: Circumstances,
): Promise<Decision | undefined> {
  const { instanceId, worker, trigger, state } = observation;
  const { decision, calls } = afterSending(wanted, sending, state, now);
  const writer = writesOf(`${deps.caller} ${instanceId}`);
  const save = (changed: ShellsState) => saveState(deps.ledger, instanceId, changed, now, writer());
  const remembered = { ...state, ...memoryOf(decision.memory), proposal: decision.proposal };
  if (decision.silent) {
    const next = asStored<ShellsState>(remembered);
    if (isDeepStrictEqual(next, asStored<ShellsState>(state))) return decision;
    return (await save(next)) === undefined ? undefined : decision;
  }
  const incident = incidentAfter(state, decision, trigger.id);
  const { unrecorded: _, ...known } = remembered;
  const next = asStored<ShellsState>({ ...known, ...incident });
  const { plan } = planIn('close-shells', { instance: instanceId }, decision);
  const saved = await recordOnce({ save, record: deps.recorder.record }, state, next, {
    subject: workerSubject(instanceId, worker),
    ...outcomeIn(incident, decision),
    ...(!isInvalid(policy) && { mode: policy.shells.hosts }),
    trigger,
    calls,
    ...(plan !== undefined && { details: { plan } }),
  });
  return saved === undefined ? undefined : decision;
}

/** The decision with the outcome of sending. Where nothing was sent, the state does not keep it. */
function afterSending(
  decision: Decision,
  { sent, refused }: Sending,
  { command: _, ...before }: ShellsState,
  now: number,
): { readonly decision: Decision; readonly calls: AwsCall[] } {
  const { send: action, memory, proposal } = decision;
  if (action === undefined) return { decision, calls: [] };
  if (sent !== undefined) {
    const command = { action, id: sent.commandId, at: now };
    const calls = [{ service: 'ssm', operation: 'SendCommand', requestId: sent.requestId }];
    return { decision: { ...decision, memory: { ...memory, command } }, calls };
  }
  const unsent = { ...memoryOf(before), ...(action === 'close' && { closing: undefined }) };
  const told =
    refused === undefined
      ? say('waiting', 'shells-agent-silent', 'No command reaches the host. Its SSH access stays as it is.')
      : say('failed', 'shells-refused', refused, 'AccessDeniedException');
  // `manage-ssm-agent` reports an agent that does not answer.
  const silent = action === 'look' && refused === undefined && { silent: true as const };
  return { decision: { ...told, memory: unsent, proposal: proposal ?? before.proposal, ...silent }, calls: [] };
}
