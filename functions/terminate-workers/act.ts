import { type EC2Client, ModifyInstanceAttributeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { asStored, type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import { refusalOf, unlessRefused } from '../shared/runtime/aws-error.ts';
import { type Circumstances, type Decision, withheld } from './decide.ts';
import type { Observation } from './observe.ts';
import type { Recorder } from './remediation.ts';
import { saveTermination, type TerminationState } from './termination-ledger.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly ec2: EC2Client;
}

/** Terminates the worker, saves the outcome and records it. If another reconcile saved first, that one has recorded. */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  { policy, now }: Circumstances,
): Promise<void> {
  const { instanceId, quarantine, trigger, state } = observation;
  const orderedAt = quarantine?.termination?.orderedAt ?? 0;
  const { decision, calls } = await terminate(deps.ec2, instanceId, wanted, orderedAt);
  const fingerprint = `${decision.reason} ${decision.variant}`;
  const correlationId = observation.correlationId ?? trigger.id;
  const next = asStored<TerminationState>({
    fingerprint,
    outcomes: state.outcomes + (fingerprint === state.fingerprint ? 0 : 1),
    correlationId,
    orderedAt,
    refused: decision.refused,
    revision: state.revision,
  });
  const save = (changed: TerminationState) => saveTermination(deps.ledger, instanceId, changed, now, deps.caller);
  await recordOnce({ save, record: deps.recorder.record }, state, next, {
    subject: workerSubject(instanceId, { cluster: quarantine?.cluster, nodegroup: quarantine?.nodegroup }),
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    ...(!isInvalid(policy) && { mode: policy.quarantine.mode }),
    trigger,
    fingerprint: `${next.outcomes} ${fingerprint}`,
    correlationId,
    calls,
  });
}

/** Records an outcome that an earlier reconcile had saved before it died. */
export async function recordPending(
  { ledger, recorder, caller }: ActDeps,
  { instanceId, state }: Observation,
  { now }: Circumstances,
): Promise<void> {
  if (state.unrecorded === undefined) return;
  recorder.record(state.unrecorded);
  const { unrecorded: _, ...recorded } = state;
  await saveTermination(ledger, instanceId, recorded, now, caller);
}

/**
 * Lifts the termination protection that the quarantine had set, then terminates. Protection that somebody else set
 * stays. Where EC2 does not terminate, as an instance with stop protection (EC2 user guide, "Enable stop protection"), the
 * quarantine goes on, and the worker is protected again.
 */
async function terminate(
  ec2: EC2Client,
  InstanceId: string,
  decision: Decision,
  orderedAt: number,
): Promise<{ readonly decision: Decision; readonly calls: AwsCall[] }> {
  const calls: AwsCall[] = [];
  const note = (operation: string, requestId = '') => calls.push({ service: 'ec2', operation, requestId });
  if (decision.terminate === undefined) return { decision, calls };
  const protect = async (Value: boolean): Promise<void> => {
    const changed = await ec2.send(
      new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }),
    );
    note('ModifyInstanceAttribute', changed.$metadata.requestId);
  };
  const { liftProtection } = decision.terminate;
  let isLifted = false;
  try {
    if (liftProtection) await protect(false);
    isLifted = liftProtection;
    const ended = await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    note('TerminateInstances', ended.$metadata.requestId);
    return { decision, calls };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const { refused: unprotected } = isLifted ? await unlessRefused(protect(true)) : {};
    const left = unprotected === undefined ? '' : ` (It is not protected from termination any more: ${unprotected})`;
    return { decision: withheld(`${refusal}${left}`, orderedAt), calls };
  }
}
