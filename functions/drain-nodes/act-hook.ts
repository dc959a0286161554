import {
  type AutoScalingClient,
  DeleteLifecycleHookCommand,
  PutLifecycleHookCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { lookOf } from '../shared/ledger/drained-groups.ts';
import { incidentAfter, outcomeIn } from '../shared/ledger/incident-memory.ts';
import { writesOf } from '../shared/ledger/ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { AwsCall } from '../shared/records/record.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { sortOrThrow } from '../shared/runtime/aws-error.ts';
import { type HookDecision, say } from './decision.ts';
import { HOOK, TERMINATING } from './hook.ts';
import { type HookState, saveHookState } from './hook-ledger.ts';
import type { GroupObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly autoScaling: AutoScalingClient;
}

/**
 * Makes or removes the hook, saves and records. That a hook is to be made is saved first, so that it can be undone
 * after a crash: what a later read shows of it counts as made here.
 *
 * @param policy that holds for the group
 * @returns the final decision; undefined when another reconcile was first
 */
export async function carryOutHook(
  deps: ActDeps,
  observation: GroupObservation,
  wanted: HookDecision,
  { policy, now }: { readonly policy: Policy | InvalidPolicy; readonly now: number },
): Promise<HookDecision | undefined> {
  if (wanted.silent) return wanted;
  const { key, trigger, state } = observation;
  const subject = subjectOf(key);
  const writer = writesOf(`${deps.caller} hook ${subject}`);
  const save = (changed: HookState) => saveHookState(deps.ledger, subject, changed, now, writer());
  let before = state;
  if (wanted.act === 'put') {
    const intended = await save(asStored<HookState>({ ...state, made: wanted.made }));
    if (intended === undefined) return undefined;
    before = intended;
  }
  const { decision, calls } = await change(deps.autoScaling, observation, wanted);
  const incident = incidentAfter(state, decision, trigger.id);
  const { unrecorded: _, ...known } = before;
  const next = asStored<HookState>({
    ...known,
    ...incident,
    made: decision.made,
    closedSince: decision.closedSince,
    drainableAt: decision.isDrainable ? lookOf(state.drainableAt, now) : state.drainableAt,
    proposal: decision.proposal,
  });
  const details = { ...decision.details, ...planIn('drain-nodes', key, decision), ...overridesIn(policy) };
  const outcome: Outcome<Reason> = {
    subject: key,
    ...outcomeIn(incident, decision),
    ...(!isInvalid(policy) && { mode: policy.drains.mode }),
    trigger,
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
  // Anybody may ask about any name, so the ledger keeps nothing of a group that has never been there.
  if (observation.isAbsent === true && state.revision === 0) {
    deps.recorder.record(outcome);
    return decision;
  }
  const saved = await recordOnce({ save, record: deps.recorder.record }, before, next, outcome);
  return saved === undefined ? undefined : decision;
}

/** Each call sets a state, so that repeating it changes nothing. */
async function change(
  autoScaling: AutoScalingClient,
  { group: { name, retains, hook }, state }: GroupObservation,
  decision: HookDecision,
): Promise<{ readonly decision: HookDecision; readonly calls: AwsCall[] }> {
  const calls: AwsCall[] = [];
  const group = { AutoScalingGroupName: name };
  const setRetention = async (TerminateHookAbandon: 'retain' | 'terminate') => {
    const RetentionTriggers = { TerminateHookAbandon };
    const { $metadata } = await autoScaling.send(
      new UpdateAutoScalingGroupCommand({ ...group, InstanceLifecyclePolicy: { RetentionTriggers } }),
    );
    calls.push({ service: 'autoscaling', operation: 'UpdateAutoScalingGroup', requestId: $metadata.requestId ?? '' });
  };
  try {
    if (decision.act === 'put') {
      if (hook !== 'stands') {
        const asked = new PutLifecycleHookCommand({
          ...group,
          LifecycleHookName: HOOK.name,
          LifecycleTransition: TERMINATING,
          HeartbeatTimeout: HOOK.heartbeatTimeout,
          DefaultResult: HOOK.defaultResult,
          NotificationMetadata: 'eks-host-remediator',
        });
        const { $metadata } = await autoScaling.send(asked);
        calls.push({ service: 'autoscaling', operation: 'PutLifecycleHook', requestId: $metadata.requestId ?? '' });
      }
      // Retention needs a termination hook, so the hook comes first, and goes last.
      if (decision.made?.retains === true && !retains) await setRetention('retain');
    }
    if (decision.act === 'remove') {
      if (state.made?.retains === true && retains) await setRetention('terminate');
      if (hook !== 'absent') {
        const asked = new DeleteLifecycleHookCommand({ ...group, LifecycleHookName: HOOK.name });
        const { $metadata } = await autoScaling.send(asked);
        calls.push({ service: 'autoscaling', operation: 'DeleteLifecycleHook', requestId: $metadata.requestId ?? '' });
      }
      // A later read shows that nothing is left, and ends the incident.
      return { decision: { ...decision, made: state.made && { ...state.made, unconfirmed: true } }, calls };
    }
    return { decision, calls };
  } catch (error) {
    const { kind, why, code } = sortOrThrow(error);
    if (kind === 'throttled') throw error;
    const told = say('failed', 'hook-refused', why, code);
    // After an internal error nobody knows what was done: a later read shows it.
    if (kind === 'passing') return { decision: { ...told, proposal: decision.proposal, made: decision.made }, calls };
    // Retention comes last: what failed is retention, or the hook before it.
    const isMade = calls.length > 0 || hook === 'stands';
    const put =
      isMade && decision.made !== undefined ? { ...decision.made, retains: state.made?.retains === true } : state.made;
    const made = decision.act === 'put' ? put : decision.made;
    return { decision: { ...told, proposal: decision.proposal, made }, calls };
  }
}
