import { whyNotServing } from '../shared/fleet/lifecycle.ts';
import { nextProposal } from '../shared/ledger/proposal.ts';
import { iso } from '../shared/runtime/clock.ts';
import { OUTDATED } from './agent-cause.ts';
import { canBeUpdated } from './agent-version.ts';
import { type Circumstances, type Decision, type Memory, remembered, say } from './decision.ts';
import { diagnose, whyNoSessions } from './diagnose.ts';
import { follow, undoneUpdate } from './follow.ts';
import { answersBy, registersBy } from './grace.ts';
import { circumstancesOf, guardOf } from './guards.ts';
import type { AgentView, Observation } from './observation.ts';
import { refusedImage } from './policy.ts';
import type { Reason } from './reasons.ts';
import { attachable, modeOfRemedy, remedyFor, whyNotInstallable } from './remedy-choice.ts';
import { targetOf, toldLate, treat } from './treat.ts';

/**
 * Decides about the agent of one worker: a pure function of the observation, the policy and the time. A remedy that has
 * begun is followed to its end, whatever the policy says by then. One that was about to begin before a crash is told, unless
 * it is due as before: it changes nothing the second time.
 */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { intended, failures } = observation.state;
  const due = decideNow(observation, circumstances);
  const isUntold = intended !== undefined && due.begin !== intended.remedy.kind;
  const decided = isUntold ? toldLate(intended, failures, circumstances.now) : due;
  const { decision, target } = decided;
  const proposal = nextProposal(observation.state.proposal, { decision, target }, circumstances.now);
  return proposal === undefined ? decided : { ...decided, proposal };
}

function decideNow(observation: Observation, anywhere: Circumstances): Decision {
  const { view } = observation;
  const circumstances = circumstancesOf(view, anywhere);
  if (view.ownership === 'auto-mode') {
    return say('skipped', 'auto-mode', 'EKS Auto Mode: AWS looks after this node and its agent.', {});
  }
  if (view.instanceState !== 'running' && view.instanceState !== 'pending') {
    return say('skipped', 'worker-not-running', `The instance is ${view.instanceState}.`, {}, view.instanceState);
  }
  // A worker out of service calls for no alarm and no remedy.
  const idle = whyNotServing(view.tags, view.lifecycleState);
  if (idle !== undefined) {
    const variant = idle.reason === 'out-of-service' ? (view.lifecycleState ?? '') : '';
    return say('skipped', idle.reason, `${idle.message} Its agent is not managed.`, {}, variant);
  }
  const followed = follow(observation, circumstances);
  if (followed !== undefined) return followed;
  return view.agent?.online === true
    ? aboutVersion(view.agent, observation, circumstances)
    : aboutAbsence(observation, circumstances);
}

const UPDATE = { cause: OUTDATED, remedy: 'update-agent' } as const;
const UPDATE_TARGET = targetOf(UPDATE);

/** How long sessions may be gone until somebody is told, ms: an agent that restarts or updates itself connects again. */
const CONNECTS_AGAIN = 10 * 60_000;

const DOUBTS: readonly Reason[] = ['unknown-cluster', 'claims-to-be-worker', 'unreadable'];

/** The agent answers. It counts as verified, unless it is outdated and may be updated. */
function aboutVersion(agent: AgentView, observation: Observation, circumstances: Circumstances): Decision {
  const { view, state } = observation;
  const verified = (but = ''): Decision =>
    say('done', 'agent-verified', `The agent answers (${versionOf(agent)}${but}).`, {}, agent.version);
  if (!canBeUpdated(agent, state.updated, circumstances.now))
    return withoutSessions(agent, observation, circumstances) ?? verified();
  const verdict = guardOf(view, circumstances);
  const failures = state.failures?.cause === OUTDATED ? state.failures : undefined;
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    // A worker that is left alone on purpose counts as verified, because its agent answers. Exceptions are an update
    // that failed or was proposed or rejected, and doubt about the worker's owner.
    const isLastWord = failures !== undefined || state.proposal?.target === UPDATE_TARGET;
    if (!isLastWord && !DOUBTS.includes(guardResult.reason)) {
      return verified(`, ${notTheLatest(agent)}, and not to be updated: ${guardResult.message.replace(/\.$/, '')}`);
    }
    const message = `${answersInOld(agent)} ${guardResult.message}`;
    return { ...guardResult, message, memory: remembered(failures), details: { cause: OUTDATED } };
  }
  const { ssmAgent } = verdict.policy;
  // The worker's owner was not read, so nothing may be done.
  if (view.owner === undefined) return verified();
  if (modeOfRemedy(ssmAgent, 'update-agent') === 'off') return { ...verified(), memory: remembered(failures) };
  return (
    undoneUpdate(agent, state, ssmAgent, circumstances.now) ??
    treat({ ...UPDATE, message: answersInOld(agent) }, observation, ssmAgent, circumstances.now)
  );
}

/** The agent answers, and no session reaches the worker; undefined where that is not known, or to be left alone. */
function withoutSessions(
  agent: AgentView,
  { view, state }: Observation,
  circumstances: Circumstances,
): Decision | undefined {
  if (view.sessions !== false || view.findings === undefined) return undefined;
  const verdict = guardOf(view, circumstances);
  if ('guardResult' in verdict) return undefined;
  const { now } = circumstances;
  const message = `The agent answers (${versionOf(agent)}), but has no connection for sessions.`;
  const { unconnectedSince = now } = state;
  const wasConnected = state.roleFingerprint !== undefined;
  const connectsBy = wasConnected ? unconnectedSince + CONNECTS_AGAIN : registersBy(view, verdict.policy.ssmAgent);
  const memory = { unconnectedSince };
  if (now < connectsBy) {
    return { ...say('waiting', 'sessions-not-connected', message, memory, 'yet'), lookAt: connectsBy };
  }
  const why = whyNoSessions(view, view.findings);
  return say('failed', 'sessions-not-connected', `${message} ${why}`, memory, why);
}

const versionOf = ({ version }: AgentView): string => (version === '' ? 'of an unknown version' : `version ${version}`);

const notTheLatest = ({ latest }: AgentView): string =>
  latest === undefined ? 'which may not be the latest' : 'not the latest';

const answersInOld = (agent: AgentView): string =>
  agent.latest === undefined
    ? `The agent answers (${versionOf(agent)}). Of Windows, Systems Manager does not say whether it is the latest; AWS-UpdateSSMAgent finds out.`
    : `The agent answers, but is not the latest (${versionOf(agent)}).`;

/** The agent does not answer. Gives it time to register, or finds the cause and its remedy. */
function aboutAbsence(observation: Observation, circumstances: Circumstances): Decision {
  const { view, state } = observation;
  const { now } = circumstances;
  const idle = remembered(state.failures);
  const verdict = guardOf(view, circumstances);
  if ('guardResult' in verdict) return { ...verdict.guardResult, memory: idle };
  const { ssmAgent } = verdict.policy;
  if (view.findings === undefined || view.owner === undefined) {
    const lookAt = Math.max(now, answersBy(view, ssmAgent));
    return { ...stillHasTime(view.agent, idle), lookAt };
  }
  const { cause, message, also } = diagnose(view, view.findings, state);
  const attaching = attachable(view, view.findings);
  const unattached = cause === 'role-lacks-ssm' && attaching.kind === 'no' ? attaching.why : undefined;
  const { installerRegistries = [] } = circumstances;
  const refused = cause === 'agent-missing' ? refusedImage(ssmAgent.installerImage, installerRegistries) : undefined;
  const whole = joined(message, unattached, refused, also);
  const remedy = remedyFor(cause, view, view.findings, ssmAgent, installerRegistries);
  if (remedy !== undefined) return treat({ cause, remedy, message: whole }, observation, ssmAgent, now);
  const known = remembered(state.failures?.cause === cause ? state.failures : undefined);
  const about = { details: { cause }, target: cause };
  const refusal = cause === 'agent-missing' ? whyNotInstallable(view.findings, ssmAgent.installerImage) : undefined;
  if (refusal !== undefined) {
    const { reason: why, ...rest } = refusal;
    return { ...say('failed', 'agent-not-installable', joined(message, also, why), known, cause), ...about, ...rest };
  }
  return { ...say('failed', cause, whole, known, message), ...about };
}

const stillHasTime = (agent: AgentView | undefined, memory: Memory): Decision =>
  agent?.lastPingAt === undefined
    ? say('waiting', 'agent-not-yet-registered', 'The agent still has time to register.', memory)
    : say(
        'waiting',
        'agent-just-silent',
        `The agent answered until ${iso(agent.lastPingAt)}: its host may restart.`,
        memory,
      );

const joined = (...sentences: ReadonlyArray<string | undefined>): string =>
  sentences.filter((sentence) => sentence !== undefined).join(' ');
