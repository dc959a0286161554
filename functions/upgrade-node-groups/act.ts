import { makeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import { codeOf, isOfAws } from '../shared/fleet/reading.ts';
import type { Wake } from '../shared/intake/wake.ts';
import { NEW_NODE_GROUP, type NodeGroupState, saveNodeGroup, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { iso } from '../shared/runtime/clock.ts';
import { askForPosture, hasEnded, type PostureDeps } from './ask-for-posture.ts';
import { circumstancesOf } from './circumstances.ts';
import { modeOf } from './decide.ts';
import { type Circumstances, type Decision, say } from './decision.ts';
import { nextState } from './next-state.ts';
import type { Observation } from './observation.ts';
import { meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from './obstacles.ts';
import type { Decided } from './plan.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';
import { type Ended, type StartDeps, startUpgrade } from './start-upgrade.ts';

export interface ActDeps extends PostureDeps, StartDeps {
  readonly wake: Wake;
  readonly recorder: Recorder;
}

/**
 * Carries out one decision: acts, plans the wake-up, records, remembers. In this order a crash at any point leads the
 * next delivery through the same steps to the same end; the worst of it is a record written twice, with the same id.
 *
 * @returns what was decided in the end: EKS may refuse what was to be started
 */
export async function carryOut(deps: ActDeps, decided: Decided, anywhere: Circumstances): Promise<Decided> {
  const { observation } = decided;
  const circumstances = circumstancesOf(observation, anywhere);
  if (decided.decision.start === undefined) {
    const ended = { decision: decided.decision, calls: [], saved: observation.state };
    return conclude(deps, observation, ended, circumstances);
  }
  return conclude(deps, observation, await startUpgrade(deps, decided, circumstances), circumstances);
}

/**
 * The same for a subject with which something went wrong that is its own: it is told of and looked at again, and the others go
 * on. What was to be started may have begun: it stays remembered.
 *
 * @throws when that cannot be noted either
 */
export async function carryOutOrTell(deps: ActDeps, decided: Decided, circumstances: Circumstances): Promise<Decided> {
  try {
    return await carryOut(deps, decided, circumstances);
  } catch (error) {
    if (!isOfAws(error)) throw error;
    const { observation, decision } = decided;
    const code = codeOf(error);
    const obstacle = meet(observation.state.obstacle, `failing ${code}`, circumstances.now, UNREADABLE);
    const failing: Decision = {
      ...say('failed', 'unreadable', `${code}: ${error.message}`, { ...decision.memory, obstacle }, `failing ${code}`),
      ...(circumstances.now - obstacle.since < SLOWNESS_IS_TOLD_AFTER && { isSilent: true }),
      wakeAt: obstacle.until,
    };
    return conclude(deps, observation, { decision: failing, calls: [], saved: observation.state }, circumstances);
  }
}

async function conclude(
  deps: ActDeps,
  observation: Observation,
  { decision, calls, saved }: Ended,
  circumstances: Circumstances,
): Promise<Decided> {
  const { key, state, trigger } = observation;
  const next = nextState(observation, decision, circumstances);
  if (next.wakeAt !== undefined && next.wakeAt !== state.wakeAt) await wakeUp(deps, observation, next.wakeAt);
  if (hasEnded(observation, decision)) await askForPosture(deps, observation, circumstances.now);
  // What went wrong with the subject itself comes here without a look at where it is.
  const { policy } = circumstancesOf(observation, circumstances);
  const mode = modeOf(policy);
  const details = { ...decision.details, ...planIn('upgrade-node-groups', key, decision), ...overridesIn(policy) };
  const outcome: Outcome<Reason> = {
    subject: key,
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    ...(mode !== undefined && { mode }),
    trigger,
    fingerprint: `${next.outcomes} ${next.fingerprint}`,
    correlationId: decision.releaseVersion === undefined ? trigger.id : (next.incident?.correlationId ?? trigger.id),
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
  // Any name can be asked about: nothing is remembered of what has never been there.
  if (observation.view.kind === 'gone' && state === NEW_NODE_GROUP) deps.recorder.record(outcome);
  else {
    const save = async (wanted: NodeGroupState) => {
      await saveNodeGroup(deps.ledger, subjectOf(key), wanted, circumstances.now);
      return wanted;
    };
    // The ledger gives an outcome back as it was written, also one that another version has written.
    const record = (known: Outcome<string>) => deps.recorder.record(known as Outcome<Reason>);
    await recordOnce<string, NodeGroupState>({ save, record }, saved, next, outcome);
  }
  return { observation, decision };
}

async function wakeUp({ wake, account, region }: ActDeps, { key }: Observation, at: number): Promise<void> {
  const subject = subjectOf(key);
  const detail = { trigger: 'wake-up', clusterName: key.cluster, nodegroupName: key.nodegroup } as const;
  await wake(
    subject,
    at,
    makeReconcileRequest({ account, region, time: iso(at) }, `wake-up ${subject} ${iso(at)}`, detail),
  );
}
