import { makeUpgradeReconcileRequest } from '../../../events/upgrade-reconcile-request.ts';
import type { Wake } from '../../shared/intake/wake.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import {
  NEW_NODE_GROUP,
  type NodeGroupState,
  type SaveNodeGroup,
  savesNodeGroup,
} from '../../shared/ledger/node-group-ledger.ts';
import { type OutcomeDeps, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import { planIn } from '../../shared/ledger/proposal.ts';
import { overridesIn } from '../../shared/policy/policy-at.ts';
import type { Outcome } from '../../shared/records/recorder.ts';
import { isOfAws } from '../../shared/runtime/aws-error.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { modeOf } from '../decide/decide.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Ended } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { nextState } from '../plan/next-state.ts';
import type { Decided } from '../plan/plan.ts';
import type { Reason } from '../reasons.ts';
import type { Recorder } from '../remediation.ts';
import { askForPosture, hasEnded, type PostureDeps } from './ask-for-posture.ts';
import { failing } from './failing.ts';
import { type StartDeps, startUpgrade } from './start-upgrade.ts';

export interface ActDeps extends PostureDeps, Omit<StartDeps, 'save'>, OutcomeDeps<Recorder> {
  readonly wake: Wake;
  /** Takes the error of what keeps nothing from being concluded. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Carries out one decision: acts, plans the wake-up, records, remembers. After a crash at any point this order leads
 * the next delivery through the same steps to the same end. At worst a record is written twice, with the same id.
 *
 * When AWS fails for one subject alone, the function records that and looks again later, and the other subjects go on.
 * When it fails for an operator's request, the next delivery answers the request instead.
 *
 * @returns what was decided in the end: EKS may refuse what was to be started
 * @throws NodeGroupConflict where another reconcile wrote first; errors that are none of AWS's, errors at an operator's request, and errors while a failure is noted
 */
export async function carryOut(deps: ActDeps, decided: Decided, anywhere: Circumstances): Promise<Decided> {
  const { observation, decision } = decided;
  const circumstances = circumstancesOf(observation, anywhere);
  // What the ledger holds of the subject: nothing older is ever written over it.
  let state = observation.state;
  const write = savesNodeGroup(deps.ledger, subjectOf(observation.key), state, anywhere.now, deps.caller);
  const save = async (wanted: NodeGroupState): Promise<NodeGroupState> => {
    state = await write(wanted);
    return state;
  };
  try {
    const ended: Ended =
      decision.start === undefined
        ? { decision, calls: [], saved: state }
        : await startUpgrade({ ...deps, save }, decided, circumstances);
    state = ended.saved;
    return await conclude(deps, observation, ended, anywhere, save);
  } catch (error) {
    if (!isOfAws(error) || decision.answers !== undefined) throw error;
    return conclude(deps, { ...observation, state }, failing(error, state, anywhere.now), anywhere, save);
  }
}

async function conclude(
  deps: ActDeps,
  observation: Observation,
  { decision, calls, saved }: Ended,
  anywhere: Circumstances,
  save: SaveNodeGroup,
): Promise<Decided> {
  const { key, state, trigger } = observation;
  const { now } = anywhere;
  const next = nextState(observation, decision, anywhere);
  if (next.wakeAt !== undefined && next.wakeAt !== state.wakeAt) await wakeUp(deps, observation, next.wakeAt);
  // An end is an end, with or without the check that comes after it. The sweep asks for one, too.
  if (hasEnded(observation, decision)) await askForPosture(deps, observation, now).catch(deps.onTrouble);
  const { policy } = circumstancesOf(observation, anywhere);
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
    ...(decision.hint !== undefined && { hint: decision.hint }),
    ...(Object.keys(details).length > 0 && { details }),
  };
  // Operators can ask about any name, so the ledger keeps nothing of a node group that has never been there.
  if (observation.view.kind === 'gone' && state === NEW_NODE_GROUP) deps.recorder.record(outcome);
  else {
    // The ledger gives an outcome back as it was written, even by another version of this function.
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
    makeUpgradeReconcileRequest({ account, region, time: iso(at) }, `wake-up ${subject} ${iso(at)}`, detail),
  );
}
