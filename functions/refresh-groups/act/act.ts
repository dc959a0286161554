import { isDeepStrictEqual } from 'node:util';
import { RollbackInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { incidentAfter, outcomeIn } from '../../shared/ledger/incident-memory.ts';
import { writesOf } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import { planIn } from '../../shared/ledger/proposal.ts';
import { type Refresh, type RefreshState, saveState } from '../../shared/ledger/refresh-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { overridesIn } from '../../shared/policy/policy-at.ts';
import type { Outcome } from '../../shared/records/recorder.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { progressAfter } from '../decide/progress.ts';
import { type Acted, type Circumstances, type Decision, failedWith, LOOK_AGAIN, say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import type { Reason } from '../reasons.ts';
import type { Recorder } from '../remediation.ts';
import { pin, pinOf } from './pin.ts';
import { type Acting, type Intent, leftOf, type StartClients, startRefresh } from './start-refresh.ts';

export interface ActDeps extends OutcomeDeps<Recorder>, StartClients {}

/**
 * Acts, saves and records. A refresh is saved before it is begun, so that after a crash the next delivery finds out
 * what became of it.
 *
 * @returns the final decision; undefined when another reconcile was first
 */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  circumstances: Circumstances,
): Promise<Decision | undefined> {
  const { key, trigger, state } = observation;
  const subject = subjectOf(key);
  const { now } = circumstances;
  const policy = policyHere(circumstances.policy, observation);
  const writer = writesOf(`${deps.caller} ${subject}`);
  const save = (changed: RefreshState) => saveState(deps.ledger, subject, changed, now, writer());
  let before = state;
  const intend = async (intent: Intent): Promise<boolean> => {
    const intended = await save(asStored<RefreshState>({ ...before, ...intent }));
    before = intended ?? before;
    return intended !== undefined;
  };
  const acted = isInvalid(policy)
    ? { decision: wanted, calls: [] }
    : await act(deps, observation, wanted, { policy: policy.refreshes, now, intend });
  if (acted === undefined) return undefined;
  const { decision, calls } = acted;
  const { unrecorded, ...known } = before;
  const arn = observation.group.arn ?? state.arn;
  const progress = progressAfter(observation, decision, { anywhere: circumstances.policy, here: policy }, now);
  // Anybody may ask about any name, so the ledger keeps nothing of a group that has never been there.
  const isMadeUp = observation.group.source.kind === 'gone' && state.revision === 0;
  if (decision.silent && isMadeUp) return decision;
  // The ledger gives an outcome back as it was written, also one that another version has written.
  const record = (known: Outcome<string>) => deps.recorder.record(known as Outcome<Reason>);
  if (decision.silent) {
    if (unrecorded !== undefined) record(unrecorded);
    const isKnown = state.revision > 0;
    const next = asStored<RefreshState>({ ...known, ...remembered(decision), ...(isKnown && { arn }), progress });
    if (isDeepStrictEqual(next, asStored<RefreshState>(state))) return decision;
    return (await save(next)) === undefined ? undefined : decision;
  }
  const incident = incidentAfter(state, decision, trigger.id);
  const next = asStored<RefreshState>({
    ...known,
    ...remembered(decision),
    arn,
    progress,
    reason: decision.reason,
    ...incident,
  });
  const details = { ...decision.details, ...planIn('refresh-groups', key, decision), ...overridesIn(policy) };
  const outcome: Outcome<string> = {
    subject: key,
    ...outcomeIn(incident, decision),
    ...(!isInvalid(policy) && { mode: policy.refreshes.mode }),
    trigger,
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
  if (isMadeUp) {
    record(outcome);
    return decision;
  }
  const saved = await recordOnce<string, RefreshState>({ save, record }, before, next, outcome);
  return saved === undefined ? undefined : decision;
}

const remembered = ({ memory, proposal }: Decision) => ({
  refresh: memory.refresh,
  done: memory.done,
  failures: memory.failures,
  setbacks: memory.setbacks,
  lifts: memory.lifts,
  pinned: memory.pinned,
  pinning: memory.pinning,
  quarantineWait: memory.quarantineWait,
  heldAtGate: memory.heldAtGate,
  foreign: memory.foreign,
  goneSince: memory.goneSince,
  proposal,
});

async function act(
  deps: ActDeps,
  observation: Observation,
  decision: Decision,
  acting: Acting,
): Promise<Acted | undefined> {
  const { refresh } = decision.memory;
  const { now } = acting;
  const intent = intentOf(observation, decision, now);
  if (intent === undefined) return { decision, calls: [] };
  if (!(await acting.intend(intent))) return undefined;
  try {
    if ('pinning' in intent) return await pin(deps, observation, decision, intent.pinning);
    return decision.act === 'start'
      ? await startRefresh(deps, observation, { ...decision, ...intent }, acting)
      : await rollBack(deps, observation, { ...decision, ...intent }, now);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const cause = refusal.split(':', 1)[0] ?? '';
    const told = say('failed', 'refresh-refused', refusal, `${refresh?.target ?? 'pin'} ${cause}`);
    const { target = '' } = refresh ?? decision;
    const isRefused = decision.act !== 'roll-back';
    const memory = isRefused ? failedWith(decision.memory, { target }, { cause, at: now }) : decision.memory;
    return { decision: { ...told, memory, ...leftOf(observation), wakeAt: now + LOOK_AGAIN }, calls: [] };
  }
}

function intentOf(observation: Observation, { act, memory: { refresh } }: Decision, now: number): Intent | undefined {
  if (act === 'pin') return { pinning: pinOf(observation, now) };
  if (act === undefined || refresh === undefined) return undefined;
  return { refresh: act === 'roll-back' ? { ...refresh, rollingBackAt: now } : refresh };
}

async function rollBack(
  { autoScaling }: ActDeps,
  { group }: Observation,
  { refresh, ...decision }: Decision & { readonly refresh: Refresh },
  now: number,
): Promise<Acted> {
  const asked = new RollbackInstanceRefreshCommand({ AutoScalingGroupName: group.name });
  const { $metadata } = await autoScaling.send(asked);
  const requestId = $metadata.requestId ?? '';
  const { rollingBackAt: _, ...shown } = refresh;
  const memory = { ...decision.memory, refresh: { ...shown, rolledBackAt: now } };
  return {
    decision: { ...decision, memory },
    calls: [{ service: 'autoscaling', operation: 'RollbackInstanceRefresh', requestId }],
  };
}
