import { type EC2Client, ModifyInstanceMetadataOptionsCommand } from '@aws-sdk/client-ec2';
import { incidentAfter, outcomeIn } from '../shared/ledger/incident-memory.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import { refusalOf } from '../shared/runtime/aws-error.ts';
import { type Circumstances, type Decision, say } from './decide.ts';
import { type ImdsState, saveState } from './imds-ledger.ts';
import type { Observation } from './observe.ts';
import type { Recorder } from './remediation.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly ec2: EC2Client;
}

/**
 * Acts, saves and records. A change is saved before EC2 is asked for it, so that after a crash the next look tells of it,
 * and it can be undone.
 *
 * @returns the final decision; undefined when another reconcile was first
 */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  { policy, now }: Circumstances,
): Promise<Decision | undefined> {
  if (wanted.silent) return wanted;
  const { instanceId, worker, trigger, state } = observation;
  const save = (changed: ImdsState) => saveState(deps.ledger, instanceId, changed, now, deps.caller);
  let before = state;
  if (wanted.set !== undefined) {
    const changedAt = wanted.set === 'required' ? wanted.changedAt : state.changedAt;
    const intended = await save(asStored<ImdsState>({ ...state, changedAt, asked: wanted.set }));
    if (intended === undefined) return undefined;
    before = intended;
  }
  const { decision, calls } = await change(deps.ec2, observation, wanted);
  const incident = incidentAfter(state, decision, trigger.id);
  const next = asStored<ImdsState>({
    ...incident,
    changedAt: decision.changedAt,
    asked: decision.asked,
    proposal: decision.proposal,
    revision: before.revision,
  });
  const { plan } = planIn('require-imdsv2', { instance: instanceId }, decision);
  const saved = await recordOnce({ save, record: deps.recorder.record }, before, next, {
    subject: workerSubject(instanceId, worker),
    ...outcomeIn(incident, decision),
    ...(!isInvalid(policy) && { mode: policy.imds.mode }),
    trigger,
    calls,
    ...(plan !== undefined && { details: { plan } }),
  });
  return saved === undefined ? undefined : decision;
}

/**
 * Sets the metadata option. Options that the call does not name stay unchanged, above all the hop limit. "When you
 * specify a value for HttpTokens, you must also set HttpEndpoint to enabled" (EC2 user guide, "Modify instance metadata
 * options for existing instances"), but a service that somebody has switched off stays off.
 *
 * What EC2 refuses for good is told, and what was changed before can still be undone: EC2 answers `UnsupportedOperation`
 * to an undo while the account has `httpTokensEnforced` (EC2 user guide, the same page).
 */
async function change(
  ec2: EC2Client,
  { instanceId: InstanceId, isOff, state }: Observation,
  decision: Decision,
): Promise<{ readonly decision: Decision; readonly calls: AwsCall[] }> {
  if (decision.set === undefined) return { decision, calls: [] };
  try {
    const input = { InstanceId, HttpTokens: decision.set, ...(!isOff && { HttpEndpoint: 'enabled' as const }) };
    const { $metadata } = await ec2.send(new ModifyInstanceMetadataOptionsCommand(input));
    const requestId = $metadata.requestId ?? '';
    return { decision, calls: [{ service: 'ec2', operation: 'ModifyInstanceMetadataOptions', requestId }] };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const { proposal } = decision;
    // A worker that is to take version 2 takes version 1: nothing of an earlier change is left.
    const kept = decision.set === 'optional' ? state.changedAt : undefined;
    const refused = say('failed', 'imdsv2-refused', refusal, refusal.split(':', 1)[0]);
    return { decision: { ...refused, proposal, changedAt: kept }, calls: [] };
  }
}
