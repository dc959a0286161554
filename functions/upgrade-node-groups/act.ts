import { createHash } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { type EKSClient, UpdateNodegroupVersionCommand } from '@aws-sdk/client-eks';
import { makeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import type { TemplateChange } from '../shared/fleet/launch-template-version.ts';
import { createVersion, type MadeVersion, type TemplateVersion } from '../shared/fleet/launch-templates.ts';
import { codeOf, isOfAws } from '../shared/fleet/reading.ts';
import { SOONEST_WAKE, type Wake, wakeTime } from '../shared/intake/wake.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import {
  NEW_NODE_GROUP,
  type NodeGroupState,
  saveNodeGroup,
  subjectOf,
  type Upgrade,
} from '../shared/ledger/node-group-ledger.ts';
import { recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { AwsCall } from '../shared/records/record.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { releaseIncident } from '../shared/releases/ami-type.ts';
import { iso } from '../shared/runtime/clock.ts';
import { askForPosture, hasEnded, type PostureDeps } from './ask-for-posture.ts';
import { circumstancesOf } from './circumstances.ts';
import { modeOf } from './decide.ts';
import { type Circumstances, type Decision, say } from './decision.ts';
import { refusedByEks } from './follow.ts';
import type { Observation } from './observation.ts';
import { meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from './obstacles.ts';
import type { Decided } from './plan.ts';
import { progressAfter } from './progress.ts';
import type { Reason } from './reasons.ts';
import { afterRefusal } from './refusal.ts';
import type { Recorder } from './remediation.ts';
import { proposedTarget } from './target-version.ts';
import { waitingSinceAfter } from './waitlist.ts';

export interface ActDeps extends PostureDeps {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
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

/** What was decided in the end. */
interface Ended {
  readonly decision: Decision;
  readonly calls: readonly AwsCall[];
  /** What the ledger holds of the subject by now. */
  readonly saved: NodeGroupState;
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

/** Asks EKS for the update. The intent is saved first: whatever happens next, the following reconcile finds out. */
async function startUpgrade(
  { eks, ec2, ledger }: ActDeps,
  { observation, decision }: Decided,
  circumstances: Circumstances,
): Promise<Ended> {
  const { key, state, view } = observation;
  const { memory, start } = decision;
  if (memory.upgrade === undefined || start === undefined || view.kind !== 'node-group') {
    throw new Error('Only a decision to start can be carried out here.');
  }
  const { upgrade } = memory;
  const { template } = start;
  let saved: NodeGroupState = { ...state, upgrade };
  await saveNodeGroup(ledger, subjectOf(key), saved, circumstances.now);
  try {
    const made = template && (await makeVersion(ec2, template));
    if (made !== undefined && 'unfit' in made && template?.change.imageId !== undefined) {
      const unfit = { code: 'LaunchTemplateVersion', message: made.unfit };
      return {
        decision: refusedByEks(decision, unfit, { key, need: observation.need, view }, circumstances),
        calls: [],
        saved,
      };
    }
    const version = made !== undefined && 'version' in made ? made : undefined;
    if (version !== undefined) {
      // By its version the update is found again after a crash.
      saved = { ...state, upgrade: { ...upgrade, templateVersion: version.version } };
      await saveNodeGroup(ledger, subjectOf(key), saved, circumstances.now);
    }
    const answer = await eks.send(
      new UpdateNodegroupVersionCommand({
        clusterName: key.cluster,
        nodegroupName: key.nodegroup,
        // EKS refuses version and release of a custom AMI: the launch template says both. Beside a template that names no
        // AMI it takes them, and without a release it would take the newest (EKS API reference, UpdateNodegroupVersion).
        ...(template?.change.imageId === undefined && {
          version: start.version,
          releaseVersion: upgrade.releaseVersion,
        }),
        ...(template !== undefined &&
          version !== undefined && {
            launchTemplate: { id: template.from.templateId, version: String(version.version) },
          }),
        ...(start.force && { force: true }),
        clientRequestToken: tokenOf(view.arn, upgrade),
      }),
    );
    const updateId = answer.update?.id;
    const { obstacle: _, ...begun } = memory;
    return {
      decision: {
        ...decision,
        ...(made !== undefined && 'unfit' in made && keyPairStays(decision, made.unfit)),
        memory: { ...begun, upgrade: { ...(saved.upgrade ?? upgrade), ...(updateId !== undefined && { updateId }) } },
      },
      calls: [
        ...(version === undefined
          ? []
          : [{ service: 'ec2', operation: 'CreateLaunchTemplateVersion', requestId: version.requestId }]),
        { service: 'eks', operation: 'UpdateNodegroupVersion', requestId: answer.$metadata.requestId ?? '' },
      ],
      saved,
    };
  } catch (error) {
    const attempted = { ...decision, memory: { ...memory, upgrade: saved.upgrade ?? upgrade } };
    const refused = afterRefusal(error, attempted, { observation, view, circumstances });
    if (refused === undefined) throw error;
    // What was approved and could not begin is still approved.
    const { proposal } = refused.decision === 'failed' || refused.reason === 'node-group-gone' ? {} : state;
    return { decision: { ...refused, ...(proposal !== undefined && { proposal }) }, calls: [], saved };
  }
}

/**
 * Makes the version that the update moves the node group to. An AMI cannot be moved to without it. The key pair can stay
 * where EC2 refuses: an upgrade never fails for that.
 *
 * @throws EC2's error, where the version is made for an AMI
 */
async function makeVersion(
  ec2: EC2Client,
  { from, change }: { readonly from: TemplateVersion; readonly change: TemplateChange },
): Promise<MadeVersion> {
  try {
    return await createVersion(ec2, from, change);
  } catch (error) {
    if (change.imageId !== undefined || !isOfAws(error)) throw error;
    return { unfit: `EC2 made no version of ${from.templateId} without it (${codeOf(error)}: ${error.message}).` };
  }
}

/** The same start, told as one that leaves the key pair where it is. */
function keyPairStays({ message, details }: Decision, why: string): Pick<Decision, 'message' | 'details'> {
  const { keyPair } = details ?? {};
  return {
    message: `${message} The key pair stays all the same: ${why}`,
    details: { ...details, ...(typeof keyPair === 'object' && { keyPair: { ...keyPair, outcome: 'kept' } }) },
  };
}

/** The same attempt has the same token, so that EKS takes a repetition for what it is. */
const tokenOf = (arn: string, { releaseVersion, kubernetesVersion, attempt }: Upgrade): string => {
  const what = proposedTarget(releaseVersion, kubernetesVersion);
  return createHash('sha256').update(`${arn} ${what} ${attempt}`).digest('hex');
};

/** What the ledger should hold of the subject from now on. */
function nextState(observation: Observation, decision: Decision, circumstances: Circumstances): NodeGroupState {
  const { state, view, trigger } = observation;
  const { now } = circumstances;
  const { policy } = circumstancesOf(observation, circumstances);
  const progress = progressAfter(observation, decision, policy, now);
  const { reason, variant, releaseVersion, kubernetesVersion, memory, turn } = decision;
  // Having recorded that a group was upgraded, that it is up to date says nothing new, and the other way round.
  const outcome = `${reason === 'upgraded' ? 'up-to-date' : reason} ${variant}`.trim();
  const fingerprint = decision.isSilent ? state.fingerprint : outcome;
  const incident =
    releaseVersion === undefined || state.incident?.releaseVersion === releaseVersion
      ? state.incident
      : { releaseVersion, correlationId: incidentOf(view, releaseVersion, kubernetesVersion) ?? trigger.id };
  const wakeAt = nextWake(state.wakeAt, decision.wakeAt, now);
  const answered = decision.answers ?? state.answered;
  const lifts = decision.lifts ?? state.lifts;
  const since = waitingSinceAfter(state, decision, now);
  const place = decision.decision === 'acted' ? undefined : turn;
  const isLastWord = decision.answers === undefined && decision.isSilent !== true;
  return {
    outcomes: state.outcomes + (fingerprint === state.fingerprint ? 0 : 1),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(isLastWord ? { reason } : state.reason !== undefined && { reason: state.reason }),
    // An answer changes nothing about how the group stands: it keeps its place on the waitlist.
    ...(decision.answers === undefined
      ? { ...(place !== undefined && { turn: place }), ...(since !== undefined && { since }) }
      : {
          ...(state.turn !== undefined && { turn: state.turn }),
          ...(state.since !== undefined && { since: state.since }),
        }),
    ...(state.arn !== undefined && { arn: state.arn }),
    ...(incident !== undefined && { incident }),
    ...memory,
    ...(decision.proposal !== undefined && { proposal: decision.proposal }),
    ...(answered !== undefined && { answered }),
    ...(wakeAt !== undefined && { wakeAt }),
    ...(progress !== undefined && { progress }),
    ...(lifts !== undefined && { lifts }),
  };
}

const incidentOf = (
  view: Observation['view'],
  releaseVersion: string,
  kubernetesVersion: string | undefined,
): string | undefined =>
  view.kind === 'node-group'
    ? releaseIncident({ kubernetesVersion: kubernetesVersion ?? view.version, amiType: view.amiType }, releaseVersion)
    : undefined;

/**
 * When to be woken, in whole seconds, as Scheduler fires. A wake-up that is due before the wanted one serves as well: the
 * look that it brings plans the next. So they never multiply. One that is about due is this reconcile's own, or as good.
 */
function nextWake(planned: number | undefined, wanted: number | undefined, now: number): number | undefined {
  const pending = planned !== undefined && planned > now + SOONEST_WAKE / 2 ? planned : undefined;
  if (wanted === undefined) return pending;
  const soonest = wakeTime(wanted, now);
  return pending !== undefined && pending <= soonest ? pending : soonest;
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
