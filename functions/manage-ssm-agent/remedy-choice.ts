import { type Mode, stricter } from '../shared/policy/mode.ts';
import type { Cause } from './agent-cause.ts';
import type { Findings } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { StartedRemedy } from './worker-ledger.ts';

export type Remedy = StartedRemedy['kind'];
type AgentPolicy = Policy['ssmAgent'];

/** What begins a remedy is recorded by. */
export const BEGUN: Readonly<Record<Remedy, Reason>> = {
  'attach-policy': 'policy-attached',
  'default-host-management': 'default-host-management-registered',
  'update-agent': 'agent-update-started',
  'install-agent': 'agent-install-started',
};

/** What each does, for sentences. */
export const DEEDS: Readonly<Record<Remedy, string>> = {
  'attach-policy': 'attach AmazonSSMManagedInstanceCore to the node role',
  'default-host-management': 'register Default Host Management',
  'update-agent': 'update the agent by AWS-UpdateSSMAgent',
  'install-agent': 'install the agent by a DaemonSet',
};

/** The remedy for a cause that the policy does not rule out; undefined: somebody must act. */
export function remedyFor(cause: Cause, { profile, imageName }: Findings, policy: AgentPolicy): Remedy | undefined {
  const candidates: Readonly<Record<Cause, readonly Remedy[]>> = {
    'no-instance-profile': ['default-host-management'],
    'role-lacks-ssm':
      profile?.roleName === undefined ? ['default-host-management'] : ['attach-policy', 'default-host-management'],
    'no-network-path': [],
    'imds-unreachable': [],
    'agent-missing': isBottlerocket(imageName) ? [] : ['install-agent'],
    'connection-lost': [],
  };
  return candidates[cause].find((remedy) => modeOfRemedy(policy, remedy) !== 'off');
}

/** On Bottlerocket the agent lives in a container of the image: nothing can be installed beside it. */
export const isBottlerocket = (imageName: string): boolean => imageName.startsWith('bottlerocket-');

const SWITCHES = {
  'attach-policy': 'attachPolicy',
  'default-host-management': 'defaultHostManagement',
  'update-agent': 'updateAgent',
  'install-agent': 'installAgent',
} as const satisfies Record<Remedy, keyof AgentPolicy['remedies']>;

/** A remedy never does more than the mode of the whole function allows. */
export const modeOfRemedy = ({ mode, remedies }: AgentPolicy, remedy: Remedy): Mode =>
  stricter(mode, remedies[SWITCHES[remedy]]);
