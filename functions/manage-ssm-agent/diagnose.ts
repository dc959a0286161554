import type { Cause } from './agent-cause.ts';
import { isAtLeast } from './agent-version.ts';
import type { Findings, NodeRole, WorkerView } from './observation.ts';

/**
 * Oldest agent version that supports Default Host Management. Source: "Default Host Management Configuration", SSM user
 * guide.
 */
const HOST_MANAGEMENT_NEEDS = [3, 2, 582, 0];

export interface Diagnosis {
  readonly cause: Cause;
  /** One sentence that states the problem. */
  readonly message: string;
  /**
   * Further problems, certain or possible, in a sentence. They would keep the agent from answering after this cause is
   * cured.
   */
  readonly also?: string;
}

/** What the ledger remembers of a worker, besides what is observed. */
export interface Past {
  /** Fingerprint of the role's policies at the time the agent answered. */
  readonly roleFingerprint?: string | undefined;
}

/** A possible problem that cannot be verified. */
type Doubt = string;

/**
 * Finds out why the agent of a worker does not answer: the first fact in a fixed order, plus what else was found.
 * Network and rights are examined before the agent, because it cannot be blamed while it had no chance to register. A
 * doubt blames nothing; it is reported as doubt.
 */
export function diagnose(view: WorkerView, findings: Findings, past: Past = {}): Diagnosis {
  const { facts, doubts } = examine(view, findings, past);
  const residual = residualOf(view, findings);
  const [first, ...others] = facts;
  if (first !== undefined) {
    // Where no path is found there may still be one, so the agent itself may be at fault as well.
    const more = [
      ...others.map(({ message }) => message),
      ...doubts,
      ...(findings.network.kind === 'unseen' ? [POSSIBLE(view)] : []),
    ];
    return { ...first, ...(more.length > 0 && { also: `Also: ${more.join(' ')}` }) };
  }
  const [doubt, ...moreDoubts] = doubts;
  if (doubt === undefined) return residual;
  return { cause: 'cause-unclear', message: doubt, also: [...moreDoubts, POSSIBLE(view)].join(' ') };
}

/**
 * What keeps sessions from a worker whose agent answers, in sentences. Sessions need what an agent needs that has never
 * registered, of the role with which this one has.
 */
export function whyNoSessions({ agent: _, ...view }: WorkerView, findings: Findings): string {
  const isOwnRole = findings.profile?.role?.registers === 'yes';
  const { facts, doubts } = examine(view, isOwnRole ? { ...findings, defaultHostManagement: false } : findings, {});
  const found = [...facts.map(({ message }) => message), ...doubts];
  return found.length > 0 ? found.join(' ') : 'Nothing was found that keeps it from one: the agent may hang.';
}

function residualOf({ agent }: WorkerView, { network }: Findings): Diagnosis {
  if (agent !== undefined) {
    return { cause: 'connection-lost', message: 'The agent registered once and does not answer any more.' };
  }
  const message = 'No agent has ever registered, and nothing was found that keeps one from it.';
  const unlessOld = network.kind === 'open' ? network.unlessOld : undefined;
  return { cause: 'agent-missing', message, ...(unlessOld !== undefined && { also: `But ${lowered(unlessOld)}` }) };
}

const POSSIBLE = ({ agent }: WorkerView): string =>
  agent === undefined
    ? 'No agent has ever registered: it may be missing or stopped as well.'
    : 'The agent registered once: it may also hang.';

function examine(view: WorkerView, findings: Findings, past: Past): { facts: Diagnosis[]; doubts: Doubt[] } {
  const facts: Diagnosis[] = [];
  const doubts: Doubt[] = [];
  const { registeredAs, network, metadata } = findings;
  const fact = (cause: Cause, message: string) => facts.push({ cause, message });
  if (registeredAs !== undefined) {
    fact(
      'registered-elsewhere',
      `The agent is registered as ${registeredAs}, by a hybrid activation, instead of its instance.`,
    );
  }
  const rights = rightsOf(view, findings, past);
  if (rights.fact !== undefined) facts.push(rights.fact);
  if (rights.doubt !== undefined) doubts.push(rights.doubt);
  if (network.kind === 'closed') fact('no-network-path', network.missing);
  if (network.kind === 'unseen') {
    const none = `No way to Systems Manager is found: ${lowered(network.missing)} A proxy or a private hosted zone could not be seen.`;
    // The agent has answered before, so there was a path at that time.
    if (view.agent === undefined) fact('no-network-path', none);
    else doubts.push(none);
  }
  if (network.kind === 'unsure') {
    doubts.push(`It cannot be told whether the instance reaches Systems Manager: ${lowered(network.doubt)}`);
  }
  if (!metadata.enabled) fact('imds-unreachable', 'The metadata endpoint of the instance is disabled.');
  return { facts, doubts };
}

/** What keeps an agent from its rights, or may: those of the instance's role, and of Default Host Management. */
function rightsOf(view: WorkerView, findings: Findings, past: Past): { fact?: Diagnosis; doubt?: Doubt } {
  const { hostManagementRole, profile } = findings;
  if (hostManagementHelps(view.agent?.version, findings)) {
    // The agent takes its own role where that lets it register.
    const isAsked = profile?.role?.registers !== 'yes' || profile.role.distrusts === true;
    return hostManagementRole !== undefined && isAsked ? { doubt: hostManagementRole.why } : {};
  }
  const own = ownRights(view, findings, past);
  if (own.fact === undefined || hostManagementRole === undefined) return own;
  return { fact: { ...own.fact, message: `${own.fact.message} ${hostManagementRole.why}` } };
}

function ownRights(view: WorkerView, { profile }: Findings, past: Past): { fact?: Diagnosis; doubt?: Doubt } {
  const fact = (cause: Cause, message: string) => ({ fact: { cause, message } });
  if (profile === undefined) return fact('no-instance-profile', 'The instance has no instance profile.');
  if (profile.gone) {
    return fact(
      'no-instance-profile',
      `The instance names instance profile ${profile.name}, which does not exist any more, or its role does not.`,
    );
  }
  const { role } = profile;
  if (role === undefined) return fact('role-lacks-ssm', `Instance profile ${profile.name} has no role.`);
  const { name, why, distrusts } = role;
  if (distrusts) {
    // Whatever the role allows, and whether or not it once was enough.
    return fact(
      'role-lacks-ssm',
      `Role ${name} gives the instance no credentials: its trust policy does not let EC2 assume it.`,
    );
  }
  const answer = roleAnswer(view, role, past);
  const because = why === undefined ? '' : `: ${why}`;
  if (answer === 'no') return fact('role-lacks-ssm', `Role ${name} does not allow what the agent needs${because}.`);
  if (answer === 'yes') return {};
  return { doubt: `It cannot be told whether role ${name} allows what the agent needs${because}.` };
}

/**
 * Whether the role is sufficient. An agent that has registered before shows that it was, unless the policies have
 * changed since.
 */
function roleAnswer({ agent }: WorkerView, { allows, registers, fingerprint }: NodeRole, { roleFingerprint }: Past) {
  if (agent === undefined) return allows;
  if (roleFingerprint !== undefined) return roleFingerprint === fingerprint ? 'yes' : registers;
  // Nobody saved the policies of that time, so only a definite denial of registering counts.
  return registers === 'no' ? 'no' : 'yes';
}

const lowered = (text: string): string =>
  /^[A-Z](?![A-Z])/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;

/**
 * Whether Default Host Management can give this worker's agent its rights. It needs IMDSv2, which each metadata service
 * has that is not off: that is a cause of its own, and no other right is missing then.
 */
const hostManagementHelps = (version: string | undefined, { defaultHostManagement }: Findings): boolean =>
  defaultHostManagement && (version === undefined || isAtLeast(version, HOST_MANAGEMENT_NEEDS));
