import { type Cause, OUTDATED } from '../shared/agent-cause.ts';
import { inWords, nextProposal, rulingOn } from '../shared/proposal.ts';
import type { Reason } from '../shared/reason.ts';
import { QUARANTINE_TAG } from '../shared/scope.ts';
import type { StartedRemedy } from '../shared/worker-ledger.ts';
import { canBeUpdated } from './agent-version.ts';
import { type Circumstances, type Decision, LOOK_EVERY, type Memory, say } from './decision.ts';
import { diagnose } from './diagnose.ts';
import { afterFailure, follow } from './follow.ts';
import { guardOf } from './guards.ts';
import type { AgentView, Observation } from './observation.ts';
import { BEGUN, DEEDS, modeOfRemedy, type Remedy, remedyFor } from './remedy-choice.ts';

/**
 * Decides about the agent of one worker: a pure function of what was observed, the policy and the time. A remedy that was
 * begun is followed to its end whatever the policy says by now.
 */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const decided = decideNow(observation, circumstances);
  const { decision, target } = decided;
  const proposal = nextProposal(observation.state.proposal, { decision, target }, circumstances.now);
  return proposal === undefined ? decided : { ...decided, proposal };
}

function decideNow(observation: Observation, circumstances: Circumstances): Decision {
  const { view } = observation;
  if (view.ownership === 'auto-mode') {
    return say('skipped', 'auto-mode', 'EKS Auto Mode: AWS looks after this node and its agent.', {});
  }
  if (view.instanceState !== 'running' && view.instanceState !== 'pending') {
    return say('skipped', 'worker-not-running', `The instance is ${view.instanceState}.`, {}, view.instanceState);
  }
  if (QUARANTINE_TAG in view.tags) {
    // It reaches nothing by intent: nobody is to be called for that, and nothing is to be tried.
    return say('skipped', 'in-quarantine', 'The worker is in quarantine.', {});
  }
  const followed = follow(observation, circumstances);
  if (followed !== undefined) return followed;
  return view.agent?.online === true
    ? aboutVersion(view.agent, observation, circumstances)
    : aboutAbsence(observation, circumstances);
}

const DOUBTS: readonly Reason[] = ['unknown-cluster', 'unreadable'];

/** The agent answers: verified, unless it is old and may be updated. */
function aboutVersion(agent: AgentView, { view, state }: Observation, circumstances: Circumstances): Decision {
  const verified = (but = ''): Decision =>
    say('done', 'agent-verified', `The agent answers (version ${agent.version}${but}).`, {}, agent.version);
  if (!canBeUpdated(agent)) return verified();
  const verdict = guardOf(view, circumstances);
  const failures = state.failures?.cause === OUTDATED ? state.failures : undefined;
  if ('hindrance' in verdict) {
    const { hindrance } = verdict;
    // A worker that is left alone on purpose is as it should be: its agent answers. But an update that has failed, or was
    // proposed or rejected, is not done with; nor is doubt about whose the worker is.
    const isStanding = failures !== undefined || state.proposal !== undefined;
    if (!isStanding && !DOUBTS.includes(hindrance.reason)) {
      return verified(`, not the latest, and not to be updated: ${hindrance.message.replace(/\.$/, '')}`);
    }
    const message = `The agent answers, but is not the latest (version ${agent.version}). ${hindrance.message}`;
    return { ...hindrance, message, memory: remembered(failures) };
  }
  const { ssmAgent } = verdict.policy;
  // Nobody has read whose it is: doubt means no.
  if (view.owner === undefined) return verified();
  if (modeOfRemedy(ssmAgent, 'update-agent') !== 'enforce') return verified();
  const { now } = circumstances;
  const waits =
    failures !== undefined && (failures.count >= ssmAgent.attempts || failures.lastAt + ssmAgent.retryAfter > now);
  if (waits) return { ...verified(), memory: { failures } };
  return begin('update-agent', OUTDATED, `Version ${agent.version} is not the latest.`, failures, now);
}

/** The agent does not answer: give it time, or find the cause and the remedy for it. */
function aboutAbsence({ view, state }: Observation, circumstances: Circumstances): Decision {
  const { now } = circumstances;
  const idle = remembered(state.failures);
  const verdict = guardOf(view, circumstances);
  if ('hindrance' in verdict) return { ...verdict.hindrance, memory: idle };
  const { ssmAgent } = verdict.policy;
  if (view.findings === undefined || view.owner === undefined) {
    const lookAt = Math.max(now, view.launchedAt + ssmAgent.graceTime);
    return { ...say('waiting', 'agent-not-yet-registered', 'The agent has some time left to register.', idle), lookAt };
  }
  const { cause, message } = diagnose(view, view.findings);
  const remedy = remedyFor(cause, view.findings, ssmAgent);
  const failures = state.failures?.cause === cause ? state.failures : undefined;
  const known = remembered(failures);
  if (remedy === undefined) {
    return { ...say('failed', cause, message, known, message), details: { cause }, target: cause };
  }
  const target = `${cause} ${remedy}`;
  const about = { details: { cause, remedy }, target };
  const ruling = rulingOn(state.proposal, target);
  if (ruling?.kind === 'rejected') {
    const rejected = `${message} To ${DEEDS[remedy]} was rejected by ${inWords(ruling)}`;
    return { ...say('skipped', 'proposal-rejected', rejected, known, `${target} ${ruling.id}`), ...about };
  }
  const observed = modeOfRemedy(ssmAgent, remedy) === 'observe';
  if (observed && ruling === undefined) {
    return { ...say('would-act', 'would-remedy', `${message} Would ${DEEDS[remedy]}.`, known, target), ...about };
  }
  if (failures !== undefined) {
    const waiting = afterFailure(failures, ssmAgent, cause, message, now);
    if (waiting !== undefined) return { ...waiting, target };
  }
  const approved = observed && ruling !== undefined ? ` Approved by ${inWords(ruling)}` : '';
  return { ...begin(remedy, cause, `${message}${approved}`, failures, now), target };
}

function begin(
  kind: Remedy,
  cause: Cause | typeof OUTDATED,
  message: string,
  failures: Memory['failures'],
  now: number,
): Decision {
  const attempt = (failures?.count ?? 0) + 1;
  const remedy: StartedRemedy = { kind, cause, startedAt: now, attempt };
  const memory = { ...remembered(failures), remedy };
  return {
    ...say('acted', BEGUN[kind], `${message} Attempt ${attempt}: ${DEEDS[kind]}.`, memory, `${cause} ${attempt}`),
    details: { cause, remedy: kind, attempt },
    begin: kind,
    lookAt: now + LOOK_EVERY,
  };
}

const remembered = (failures: Memory['failures']): Memory => (failures === undefined ? {} : { failures });
