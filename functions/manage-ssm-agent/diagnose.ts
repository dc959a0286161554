import { CAUSES, type Cause } from './agent-cause.ts';
import { isAtLeast } from './agent-version.ts';
import type { Findings, WorkerView } from './observation.ts';

/** Default Host Management needs at least this agent. Source: "Default Host Management Configuration", SSM user guide. */
const HOST_MANAGEMENT_NEEDS = [3, 2, 582, 0];

export interface Diagnosis {
  readonly cause: Cause;
  /** One sentence that names what is wrong. */
  readonly message: string;
  /** What else is wrong, in a sentence: it would keep the agent from answering when the cause is cured. */
  readonly also?: string;
}

/** What is told only where nothing else is wrong. */
const RESIDUAL: readonly Cause[] = ['agent-missing', 'connection-lost'];

/**
 * Why the agent of a worker does not answer: the first cause in a fixed order, and what else was found. What depends on
 * the network or on rights is looked at before the agent itself, because the agent cannot be blamed while it had no chance.
 */
export function diagnose(view: WorkerView, findings: Findings): Diagnosis {
  const [first, ...others] = CAUSES.flatMap((cause): Diagnosis[] => {
    const text = TESTS[cause](view, findings);
    return text === undefined ? [] : [{ cause, message: text }];
  });
  // The last test always speaks: an agent that has never registered and has no other excuse is missing.
  if (first === undefined) return { cause: 'agent-missing', message: 'No agent has ever registered.' };
  const more = others.filter(({ cause }) => !RESIDUAL.includes(cause)).map(({ message }) => message);
  return { ...first, ...(more.length > 0 && { also: `Also: ${more.join(' ')}` }) };
}

const TESTS: Readonly<Record<Cause, (view: WorkerView, findings: Findings) => string | undefined>> = {
  'no-instance-profile': ({ agent }, findings) =>
    findings.profile === undefined && !hostManagementHelps(agent?.version, findings)
      ? 'The instance has no instance profile.'
      : undefined,

  'role-lacks-ssm': ({ agent }, findings) => {
    if (findings.profile === undefined || findings.roleAllowsAgent) return undefined;
    if (hostManagementHelps(agent?.version, findings)) return undefined;
    const { name, roleName } = findings.profile;
    return roleName === undefined
      ? `Instance profile ${name} has no role.`
      : `Role ${roleName} does not allow what the agent needs.`;
  },

  'no-network-path': (_view, { network }) => (network.kind === 'closed' ? network.missing : undefined),

  'imds-unreachable': (_view, { metadata }) =>
    metadata.enabled ? undefined : 'The metadata endpoint of the instance is disabled.',

  'agent-missing': ({ agent }) =>
    agent === undefined ? 'No agent has ever registered, and nothing keeps one from it.' : undefined,

  'connection-lost': ({ agent }) =>
    agent === undefined ? undefined : 'The agent registered once and does not answer any more.',
};

/** Whether Default Host Management gives this worker's agent its rights. It speaks IMDSv2 only. */
const hostManagementHelps = (version: string | undefined, { defaultHostManagement, metadata }: Findings): boolean =>
  defaultHostManagement && metadata.version2 && (version === undefined || isAtLeast(version, HOST_MANAGEMENT_NEEDS));
