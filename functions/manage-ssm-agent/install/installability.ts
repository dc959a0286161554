/** An operating system family that the install script supports. */
export type InstallFamily = 'amazon-linux-2023' | 'ubuntu' | 'debian' | 'rhel' | 'flatcar';

/** Why the agent cannot be installed, and what to do instead where that is known. */
export interface Refusal {
  /** A sentence. */
  readonly reason: string;
  readonly hint?: string;
}

export type Installability =
  | { readonly kind: 'supported'; readonly family: InstallFamily }
  | ({ readonly kind: 'refused' } & Refusal);

/** Systems whose AMIs include the agent. */
export const NOT_INSTALLABLE = {
  bottlerocket: {
    reason: 'Bottlerocket carries the agent in its control container: turn that on in its user data instead.',
    hint: 'Set settings.host-containers.control.enabled = true in the user data of the launch template, and replace the node.',
  },
  windows: {
    reason: 'On Windows the agent comes with the AMI: privileged Linux containers do not run there.',
    hint: 'Start the service AmazonSSMAgent, or use an EKS-optimized Windows AMI, which brings it along.',
  },
} as const satisfies Record<string, Refusal>;

/**
 * Why a node without a way to the Internet cannot install the agent. No VPC endpoint serves Amazon ECR Public, so that the
 * image comes from nowhere ("Considerations for Amazon ECR VPC endpoints", ECR user guide).
 *
 * @param shutInBy what keeps the node from the Internet, as a clause
 */
export const notFetchable = (image: string, shutInBy: string): Refusal => ({
  reason: `No agent is installed: the node cannot pull ${image}, because ${shutInBy}.`,
  hint: 'Use an AMI that has the agent. Or mirror the image to a private registry of Amazon ECR, and name it as ssmAgent.installerImage.',
});

const supported = (family: InstallFamily): Installability => ({ kind: 'supported', family });
const refused = (reason: string, hint?: string): Installability => ({
  kind: 'refused',
  reason,
  ...(hint !== undefined && { hint }),
});

/** The first pattern that matches the beginning of the name decides. */
const SYSTEMS: ReadonlyArray<readonly [RegExp, Installability]> = [
  [/^Amazon Linux 2023\b/, supported('amazon-linux-2023')],
  [
    /^Amazon Linux\b/,
    refused(
      'Of Amazon Linux, only 2023 is supported; Amazon Linux 2 is at its end.',
      'Move the node group to AL2023 or Bottlerocket.',
    ),
  ],
  [/^Bottlerocket\b/, { kind: 'refused', ...NOT_INSTALLABLE.bottlerocket }],
  [/^Windows\b/, { kind: 'refused', ...NOT_INSTALLABLE.windows }],
  [/ CoreOS\b/, refused('Packages cannot be added to the OSTree image of a CoreOS: bring the agent with the AMI.')],
  [/^Ubuntu \d/, supported('ubuntu')],
  [/^Debian GNU\/Linux\b/, supported('debian')],
  [/^(Red Hat Enterprise Linux|CentOS|Rocky Linux|AlmaLinux|Oracle Linux)\b/, supported('rhel')],
  [/^Flatcar Container Linux\b/, supported('flatcar')],
];

/**
 * Whether the script can install the agent on a node, by `status.nodeInfo.osImage`, which is PRETTY_NAME of the node's
 * /etc/os-release. The script reads that file itself and refuses the same systems.
 */
export function installability(osImage: string): Installability {
  const known = SYSTEMS.find(([name]) => name.test(osImage));
  return (
    known?.[1] ?? refused(`How to install the agent on ${osImage.slice(0, 100) || 'a nameless system'} is not known.`)
  );
}
