import { isProven } from '../shared/fleet/owners.ts';
import { type Mode, stricter } from '../shared/policy/mode.ts';
import type { Cause } from './agent-cause.ts';
import { NOT_INSTALLABLE, notFetchable, type Refusal } from './install/index.ts';
import type { Findings, Observation, WorkerView } from './observation.ts';
import { INSTALLER_IMAGE, type Policy, refusedImage } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { StartedRemedy } from './worker-ledger.ts';

export type Remedy = StartedRemedy['kind'];
type SsmAgentPolicy = Policy['ssmAgent'];

/** The reason that the start of each remedy is recorded with. */
export const BEGUN: Readonly<Record<Remedy, Reason>> = {
  'attach-policy': 'policy-attached',
  'default-host-management': 'default-host-management-registered',
  'update-agent': 'agent-update-started',
  'install-agent': 'agent-install-started',
};

/** What each remedy does, for use in sentences. */
export function deedOf(remedy: Remedy, { view }: Observation, { agentPolicy }: SsmAgentPolicy): string {
  switch (remedy) {
    case 'attach-policy':
      return `attach ${agentPolicy} to node role ${view.findings?.profile?.role?.name}`;
    case 'default-host-management':
      return 'register Default Host Management';
    case 'update-agent':
      return 'update the agent by AWS-UpdateSSMAgent';
    case 'install-agent':
      return 'install the agent by a DaemonSet';
  }
}

/** The remedy for a cause, unless the policy rules it out; undefined when a person must act. */
export function remedyFor(
  cause: Cause,
  view: WorkerView,
  findings: Findings,
  policy: SsmAgentPolicy,
  registries: readonly string[] = [],
): Remedy | undefined {
  const isImageRefused = refusedImage(policy.installerImage, registries) !== undefined;
  const candidates: Readonly<Record<Cause, readonly Remedy[]>> = {
    'registered-elsewhere': [],
    'no-instance-profile': registrable(findings),
    'role-lacks-ssm':
      attachable(view, findings).kind === 'yes' ? ['attach-policy', ...registrable(findings)] : registrable(findings),
    'no-network-path': [],
    'imds-unreachable': [],
    'cause-unclear':
      view.agent === undefined && policy.remedies.installWhenUnsure !== 'off' ? installable(findings, policy) : [],
    'agent-missing': installable(findings, policy),
    'connection-lost': [],
  };
  return candidates[cause].find(
    (remedy) => modeOfRemedy(policy, remedy, cause) !== 'off' && !(remedy === 'install-agent' && isImageRefused),
  );
}

/** Somebody chose the role that Default Host Management names for all instances. It is replaced only once it is gone. */
const registrable = ({ hostManagementRole }: Findings): readonly Remedy[] =>
  hostManagementRole === undefined || hostManagementRole.gone ? ['default-host-management'] : [];

const installable = (findings: Findings, { installerImage }: SsmAgentPolicy): readonly Remedy[] =>
  whyNotInstallable(findings, installerImage) === undefined ? ['install-agent'] : [];

/** Why the agent cannot be installed, as far as AWS shows it: the AMI brings it along, or nothing leads to the image. */
export function whyNotInstallable({ imageName, windows, shutInBy }: Findings, image: string): Refusal | undefined {
  if (windows) return NOT_INSTALLABLE.windows;
  if (imageName.startsWith('bottlerocket-')) return NOT_INSTALLABLE.bottlerocket;
  // Only the image of the product is known to come from the Internet.
  return image === INSTALLER_IMAGE && shutInBy !== undefined ? notFetchable(image, shutInBy) : undefined;
}

/** Whether a policy may be attached to a worker's role; `why` is a sentence. */
export function attachable(
  { owner }: WorkerView,
  { profile }: Findings,
): { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why?: string } {
  const role = profile?.role;
  if (role === undefined) return { kind: 'no' };
  // The worker's owner must be proven and readable, so that nobody can use tags to have a policy attached to a role.
  if (owner === undefined || owner.unreadable !== undefined || !isProven(owner)) {
    return { kind: 'no', why: 'No policy is attached: nothing proves that its role is one of nodes.' };
  }
  if (role.distrusts) return { kind: 'no', why: 'No policy is attached: without credentials it would change nothing.' };
  if (role.forbidden) {
    return { kind: 'no', why: 'No policy is attached: against a Deny or a boundary it would change nothing.' };
  }
  // EKS names the role of a managed node group. The identity of other workers proves their role.
  if (owner.nodeRole !== undefined && owner.nodeRole !== role.arn) {
    return { kind: 'no', why: `No policy is attached: the role of its node group is ${owner.nodeRole}.` };
  }
  return { kind: 'yes' };
}

export const SWITCHES = {
  'attach-policy': 'attachPolicy',
  'default-host-management': 'defaultHostManagement',
  'update-agent': 'updateAgent',
  'install-agent': 'installAgent',
} as const satisfies Record<Remedy, keyof SsmAgentPolicy['remedies']>;

/**
 * The mode of a remedy, limited by the mode of the whole function and, where the cause is unclear, by
 * `installWhenUnsure`.
 */
export function modeOfRemedy({ mode, remedies }: SsmAgentPolicy, remedy: Remedy, cause?: StartedRemedy['cause']): Mode {
  const bounded = stricter(mode, remedies[SWITCHES[remedy]]);
  return cause === 'cause-unclear' ? stricter(bounded, remedies.installWhenUnsure) : bounded;
}
