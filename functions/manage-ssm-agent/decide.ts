import { type Cause, OUTDATED } from '../shared/agent-cause.ts';
import { isInvalid, type Mode, type Policy, stricter } from '../shared/policy.ts';
import { inWords, nextProposal, rulingOn } from '../shared/proposal.ts';
import type { Reason } from '../shared/reason.ts';
import { isInScope, isOptedOut, QUARANTINE_TAG } from '../shared/scope.ts';
import type { StartedRemedy } from '../shared/worker-ledger.ts';
import { type Circumstances, type Decision, LOOK_EVERY, type Memory, say } from './decision.ts';
import { diagnose } from './diagnose.ts';
import { afterFailure, follow } from './follow.ts';
import type { Observation } from './observation.ts';

type Remedy = StartedRemedy['kind'];
type AgentPolicy = Policy['ssmAgent'];

/** What begins a remedy is recorded by. */
const BEGUN: Readonly<Record<Remedy, Reason>> = {
  'attach-policy': 'policy-attached',
  'default-host-management': 'default-host-management-registered',
  'update-agent': 'agent-update-started',
  'install-agent': 'agent-install-started',
};

const DEEDS: Readonly<Record<Remedy, string>> = {
  'attach-policy': 'attach AmazonSSMManagedInstanceCore to the node role',
  'default-host-management': 'register Default Host Management',
  'update-agent': 'update the agent by AWS-UpdateSSMAgent',
  'install-agent': 'install the agent by a DaemonSet',
};

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
  const { view, state } = observation;
  const memory: Memory = {
    ...(state.remedy !== undefined && { remedy: state.remedy }),
    ...(state.failures !== undefined && { failures: state.failures }),
  };
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
    ? aboutVersion(observation, circumstances)
    : aboutAbsence(observation, memory, circumstances);
}

/** The agent answers: verified, unless it is old and may be updated. */
function aboutVersion({ view, state }: Observation, { policy, now }: Circumstances): Decision {
  const { agent } = view;
  const verified = say('done', 'agent-verified', `The agent answers (version ${agent?.version}).`, {}, agent?.version);
  // Bottlerocket's agent comes with its image: a new image is its only update.
  if (agent === undefined || agent.latest || agent.platform.includes('Bottlerocket')) return verified;
  if (isInvalid(policy) || isOptedOut(view.tags)) return verified;
  const failures = state.failures?.cause === OUTDATED ? state.failures : undefined;
  const { ssmAgent } = policy;
  if (policy.killSwitch || modeOfRemedy(ssmAgent, 'update-agent') !== 'enforce') return verified;
  const waits =
    failures !== undefined && (failures.count >= ssmAgent.attempts || failures.lastAt + ssmAgent.retryAfter > now);
  if (waits) return { ...verified, memory: { failures } };
  return begin('update-agent', OUTDATED, `Version ${agent.version} is not the latest.`, failures, now);
}

/** The agent does not answer: give it time, or find the cause and the remedy for it. */
function aboutAbsence(observation: Observation, memory: Memory, circumstances: Circumstances): Decision {
  const { view } = observation;
  const { policy, now, account } = circumstances;
  const idle: Memory = memory.failures === undefined ? {} : { failures: memory.failures };
  const skip = (reason: Reason, message: string): Decision => say('skipped', reason, message, idle);

  if (isOptedOut(view.tags)) return skip('opted-out', 'The instance opted out by its tag.');
  const { tags: ownerTags = {}, unreadable, stranger } = view.findings?.owner ?? {};
  if (stranger !== undefined) return skip('unknown-cluster', stranger);
  if (isOptedOut(ownerTags)) return skip('opted-out', 'Its cluster or node group opted out by its tag.');
  // Whether they opted out, nobody knows: doubt means no.
  if (unreadable !== undefined) return say('failed', 'unreadable', unreadable, idle, unreadable);
  if (isInvalid(policy)) return say('refused', 'policy-invalid', policy.error, idle, policy.error);
  if (policy.killSwitch) return skip('kill-switch', 'The kill switch is on.');
  if (policy.ssmAgent.mode === 'off') return skip('mode-off', 'Mode is off for the SSM agent.');
  if (!isInScope(policy.scope, account, view.cluster))
    return skip('out-of-scope', `The scope leaves out ${view.cluster}.`);

  const due = view.launchedAt + policy.ssmAgent.graceTime;
  if (view.findings === undefined) {
    const lookAt = Math.max(now, due);
    return { ...say('waiting', 'agent-not-yet-registered', 'The agent has some time left to register.', idle), lookAt };
  }
  const { cause, message } = diagnose(view, view.findings);
  const remedy = remedyFor(cause, observation, policy.ssmAgent);
  const failures = memory.failures?.cause === cause ? memory.failures : undefined;
  const known: Memory = failures === undefined ? {} : { failures };
  if (remedy === undefined) {
    return { ...say('failed', cause, message, known, message), details: { cause }, target: cause };
  }
  const target = `${cause} ${remedy}`;
  const about = { details: { cause, remedy }, target };
  const ruling = rulingOn(observation.state.proposal, target);
  if (ruling?.kind === 'rejected') {
    const rejected = `${message} To ${DEEDS[remedy]} was rejected by ${inWords(ruling)}`;
    return { ...say('skipped', 'proposal-rejected', rejected, known, `${target} ${ruling.id}`), ...about };
  }
  const observed = modeOfRemedy(policy.ssmAgent, remedy) === 'observe';
  if (observed && ruling === undefined) {
    return { ...say('would-act', 'would-remedy', `${message} Would ${DEEDS[remedy]}.`, known, target), ...about };
  }
  if (failures !== undefined) {
    const waiting = afterFailure(failures, policy.ssmAgent, cause, message, now);
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
  const known = failures === undefined ? {} : { failures };
  return {
    ...say(
      'acted',
      BEGUN[kind],
      `${message} Attempt ${attempt}: ${DEEDS[kind]}.`,
      { ...known, remedy },
      `${cause} ${attempt}`,
    ),
    details: { cause, remedy: kind, attempt },
    begin: kind,
    lookAt: now + LOOK_EVERY,
  };
}

/** The remedy for a cause that the policy does not rule out; undefined: somebody must act. */
function remedyFor(cause: Cause, { view }: Observation, policy: AgentPolicy): Remedy | undefined {
  const candidates: Readonly<Record<Cause, readonly Remedy[]>> = {
    'no-instance-profile': ['default-host-management'],
    'role-lacks-ssm':
      view.findings?.profile?.roleName === undefined
        ? ['default-host-management']
        : ['attach-policy', 'default-host-management'],
    'no-network-path': [],
    'imds-unreachable': [],
    // On Bottlerocket the agent lives in a container of the image: nothing can be installed beside it.
    'agent-missing': isBottlerocket(view.findings?.imageName ?? '') ? [] : ['install-agent'],
    'connection-lost': [],
  };
  return candidates[cause].find((remedy) => modeOfRemedy(policy, remedy) !== 'off');
}

const isBottlerocket = (imageName: string): boolean => imageName.startsWith('bottlerocket-');

const SWITCHES = {
  'attach-policy': 'attachPolicy',
  'default-host-management': 'defaultHostManagement',
  'update-agent': 'updateAgent',
  'install-agent': 'installAgent',
} as const satisfies Record<Remedy, keyof AgentPolicy['remedies']>;

/** A remedy never does more than the mode of the whole function allows. */
const modeOfRemedy = ({ mode, remedies }: AgentPolicy, remedy: Remedy): Mode =>
  stricter(mode, remedies[SWITCHES[remedy]]);
