import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { fingerprintOf } from '../shared/ledger/fingerprint.ts';
import { type OutcomeDeps, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import type { Scope } from './batch.ts';
import { type Circumstances, type Decision, RECONCILE_EVERY, say } from './decision.ts';
import { circumstancesOf } from './guards.ts';
import type { Observation } from './observation.ts';
import { refusedImage } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';
import { attachPolicies } from './remedies/attach-policy.ts';
import { registerHostManagement } from './remedies/host-management.ts';
import { bringInstallations } from './remedies/install-agent.ts';
import { type Beginning, type Beginnings, type Decided, toBegin } from './remedies/remedy.ts';
import { updateAgents } from './remedies/update-agent.ts';
import { saveWorker, type WorkerState } from './worker-ledger.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly clock: Clock;
  readonly region: string;
  /** The time limit of the function. */
  readonly timeoutSeconds: number;
  readonly partition: string;
  /** Name of the role for Default Host Management, which the stack creates. */
  readonly hostManagementRole: string;
  /** The registries from which the deployment allows installer images. */
  readonly installerRegistries: readonly string[];
}

/** How many workers are saved and recorded concurrently. */
const ACT_CONCURRENCY = 16;

/**
 * Saves which remedies are about to begin, begins them, with one call for many workers, then saves and records the decision
 * about every worker.
 *
 * @returns the final decisions, without the workers that another reconcile decided about meanwhile
 * @throws AggregateError when all else is done, if a remedy could not begin, or an installer DaemonSet not be updated
 */
export async function carryOut(
  deps: ActDeps,
  readCluster: ClusterReader,
  scope: Scope,
  wanted: readonly Decided[],
  circumstances: Circumstances,
): Promise<Decided[]> {
  const { policy, installerRegistries = [] } = circumstances;
  const { installerImage, agentPolicy } = isInvalid(policy) ? {} : policy.ssmAgent;
  // An existing DaemonSet is never changed to an image that the deployment does not allow.
  const isAllowed = installerImage !== undefined && refusedImage(installerImage, installerRegistries) === undefined;
  const image = isAllowed ? installerImage : undefined;
  const troubles: unknown[] = [];
  // A remedy that cannot begin now keeps none of the others, and no record of other workers.
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const none = (error: unknown): Beginnings => {
    onTrouble(error);
    return new Map();
  };
  const intended = await pMap(
    wanted,
    (each) => intend(deps, each, circumstances.now).catch((error: unknown) => onTrouble(error)),
    { concurrency: ACT_CONCURRENCY },
  );
  const decided = intended.filter((each) => each !== undefined);
  const [attached, registered, updating, installing] = await Promise.all([
    attachPolicies(deps.iam, toBegin(decided, 'attach-policy'), agentPolicy, onTrouble),
    registerHostManagement(deps.ssm, deps.hostManagementRole, toBegin(decided, 'default-host-management')).catch(none),
    updateAgents(deps.ssm, toBegin(decided, 'update-agent'), onTrouble),
    bringInstallations(deps, readCluster, scope, decided, image).catch((error: unknown) => ({
      beginnings: none(error),
      troubles: [],
    })),
  ]);
  troubles.push(...installing.troubles);
  const beginnings: Beginnings = new Map([...attached, ...registered, ...updating, ...installing.beginnings]);
  // The next delivery decides anew about those whose remedy could not begin.
  const isLeft = ({ observation: { instanceId }, decision }: Decided): boolean =>
    decision.begin !== undefined && !beginnings.has(instanceId) && troubles.length > 0;
  const settled = await pMap(
    decided.filter((each) => !isLeft(each)),
    async ({ observation, decision }) => {
      const beginning = beginnings.get(observation.instanceId);
      const final = { observation, decision: afterBeginning(observation, decision, beginning, circumstances) };
      return (await remember(deps, final, beginning, circumstances)) ? final : undefined;
    },
    { concurrency: ACT_CONCURRENCY, stopOnError: false },
  );
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every remedy could be begun or brought up to date.');
  return settled.filter((entry) => entry !== undefined);
}

/**
 * Saves the remedy that is about to begin for a worker.
 * @returns the decision to carry out; undefined when another reconcile has saved the worker first
 */
async function intend(
  { ledger, caller }: ActDeps,
  { observation, decision }: Decided,
  now: number,
): Promise<Decided | undefined> {
  const { remedy } = decision.memory;
  if (decision.begin === undefined || remedy === undefined) return { observation, decision };
  const { undo } = decision.details ?? {};
  const intended = { remedy, ...(typeof undo === 'string' && { undo }) };
  const state = await saveWorker(ledger, observation.instanceId, { ...observation.state, intended }, now, caller);
  return state && { observation: { ...observation, state }, decision };
}

function afterBeginning(
  { state: { proposal } }: Observation,
  decision: Decision,
  beginning: Beginning | undefined,
  circumstances: Circumstances,
): Decision {
  const { remedy } = decision.memory;
  if (decision.begin === undefined || remedy === undefined) return decision;
  if (beginning === undefined) throw new Error(`No remedy of kind ${decision.begin} was begun.`);
  const { failures } = decision.memory;
  const memory = failures === undefined ? {} : { failures };
  if (beginning.kind === 'refused') {
    // A refused start does not count as an attempt, because nothing was done. The sweep tries again, so granting the
    // right later is enough.
    const details = { cause: remedy.cause, remedy: remedy.kind };
    const failed = say('failed', beginning.reason, beginning.message, memory, remedy.cause);
    return { ...failed, details, ...(beginning.hint !== undefined && { hint: beginning.hint }) };
  }
  if (beginning.kind === 'deferred') {
    const waiting = say('waiting', 'retry-later', beginning.message, memory);
    // The proposal stays approved until its remedy begins.
    return { ...waiting, lookAt: circumstances.now + RECONCILE_EVERY, ...(proposal !== undefined && { proposal }) };
  }
  if (beginning.commandId === undefined) return decision;
  return { ...decision, memory: { ...decision.memory, remedy: { ...remedy, commandId: beginning.commandId } } };
}

/** Saves the worker's state, then records the outcome if it is new. Returns false when another reconcile was first. */
async function remember(
  { ledger, recorder, caller }: ActDeps,
  { observation, decision }: Decided,
  beginning: Beginning | undefined,
  circumstances: Circumstances,
): Promise<boolean> {
  const { instanceId, trigger, state, view } = observation;
  const { policy, now } = circumstancesOf(view, circumstances);
  const plan = planIn('manage-ssm-agent', { instance: instanceId }, decision);
  const details = { ...decision.details, ...plan, ...overridesIn(policy) };
  // An agent that answers is one outcome, whether it was verified, cured or updated.
  const fingerprint = decision.decision === 'done' ? 'agent-verified' : fingerprintOf(decision);
  const isNew = fingerprint !== state.fingerprint;
  // One incident lasts from the first problem to the cure. A reconcile that finds nothing new starts none.
  const goesOn = state.open === true || !isNew;
  const correlationId = (goesOn ? state.correlationId : undefined) ?? trigger.id;
  const answered = decision.answers ?? state.answered;
  const updated = decision.updated === undefined ? state.updated : (decision.updated ?? undefined);
  const roleFingerprint = view.roleFingerprint ?? state.roleFingerprint;
  const next: WorkerState = {
    fingerprint,
    outcomes: state.outcomes + (isNew ? 1 : 0),
    correlationId,
    ...(!SETTLED.includes(decision.decision) && { open: true }),
    ...decision.memory,
    // An answer to a request says nothing of it.
    ...(decision.answers !== undefined && state.intended !== undefined && { intended: state.intended }),
    ...(decision.proposal !== undefined && { proposal: decision.proposal }),
    ...(answered !== undefined && { answered }),
    ...(roleFingerprint !== undefined && { roleFingerprint }),
    ...(updated !== undefined && { updated }),
    revision: state.revision,
  };
  const outcome: Outcome<Reason> = {
    subject: workerSubject(instanceId, view),
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    ...(!isInvalid(policy) && { mode: policy.ssmAgent.mode }),
    trigger,
    fingerprint: `${next.outcomes} ${fingerprint}`,
    correlationId,
    ...(beginning?.kind === 'begun' && { calls: beginning.calls }),
    ...(decision.hint !== undefined && { hint: decision.hint }),
    ...(Object.keys(details).length > 0 && { details }),
  };
  const save = (wanted: WorkerState) => saveWorker(ledger, instanceId, wanted, now, caller);
  return (await recordOnce({ save, record: recorder.record }, state, next, outcome)) !== undefined;
}

/** Decisions that end an incident. */
const SETTLED: ReadonlyArray<Decision['decision']> = ['done', 'skipped'];
