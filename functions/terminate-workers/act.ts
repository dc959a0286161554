import { type EC2Client, ModifyInstanceAttributeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { asStored, type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import { codeIn, sortOrThrow, unlessUnread } from '../shared/runtime/aws-error.ts';
import { type Circumstances, type Decision, troubled, withheld } from './decide.ts';
import type { Observation } from './observe.ts';
import type { Recorder } from './remediation.ts';
import { saveTermination, type TerminationState } from './termination-ledger.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly ec2: EC2Client;
}

/**
 * Terminates the worker, saves the outcome and records it. If another reconcile saved first, that one has recorded. What
 * AWS does not do just now is saved alone: the order stands, and is asked for again.
 */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  { policy, now }: Circumstances,
): Promise<void> {
  const { instanceId, quarantine, trigger, state } = observation;
  const order = quarantine?.termination ?? { orderedAt: 0, by: 'request' };
  const { orderedAt } = order;
  const save = (changed: TerminationState) => saveTermination(deps.ledger, instanceId, changed, now, deps.caller);
  const { decision, calls } = await terminate(deps.ec2, observation, wanted, order);
  if (decision.troubled !== undefined) {
    if (state.unrecorded !== undefined) deps.recorder.record(state.unrecorded);
    const { unrecorded: _, ...known } = state;
    const next = { ...known, troubled: { orderedAt, why: decision.troubled } };
    // AWS puts other request ids into its words each time.
    if (isSameTrouble(state, next) && state.unrecorded === undefined) return;
    await save(next);
    return;
  }
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

const isSameTrouble = ({ troubled: a }: TerminationState, { troubled: b }: TerminationState): boolean =>
  a !== undefined && b !== undefined && a.orderedAt === b.orderedAt && codeIn(a.why) === codeIn(b.why);

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
 * quarantine goes on, and the worker is protected again. So it is where EC2 only does not do it now: by the next try
 * something may speak against it.
 */
async function terminate(
  ec2: EC2Client,
  { instanceId: InstanceId }: Pick<Observation, 'instanceId'>,
  decision: Decision,
  order: Parameters<typeof withheld>[1],
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
    const { kind, why } = sortOrThrow(error);
    // A call whose reply was lost may have lifted it.
    const mayBeLifted = isLifted || (liftProtection && kind !== 'refused');
    const { refused: unprotected } = mayBeLifted ? await unlessUnread(protect(true)) : {};
    const left = unprotected === undefined ? '' : ` (It is not protected from termination any more: ${unprotected})`;
    return { decision: (kind === 'refused' ? withheld : troubled)(`${why}${left}`, order), calls };
  }
}
