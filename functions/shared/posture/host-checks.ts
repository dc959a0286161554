/** Checks of our own about hosts as a whole. The benchmark has none of them for EKS. */
export type HostCheckId =
  | 'SELINUX.1'
  | 'SELINUX.2'
  | 'SELINUX.3'
  | 'SSH.1'
  | 'SSH.2'
  | 'SSH.3'
  | 'SSH.4'
  | 'SSH.5'
  | 'SSH.6'
  | 'SESSIONS.1'
  | 'IMDS.1'
  | 'IMDS.2'
  | 'IMDS.3'
  | 'EBS.1'
  | 'EBS.2'
  | 'AMI.1'
  | 'OS.1'
  | 'OS.2';

export interface HostCheck {
  readonly id: HostCheckId;
  readonly title: string;
  /** What to do where it does not pass. */
  readonly todo: string;
  /** What EKS Auto Mode provides instead, where documented (see {@link AUTO_MODE}). */
  readonly autoMode?: string;
  /**
   * The check only appears in the report, because another function reports it, or because the host was chosen this way.
   */
  readonly isReported?: true;
}

/**
 * The properties of EKS Auto Mode nodes. Sources: the EKS user guide ("Automate cluster infrastructure with EKS Auto
 * Mode"; "Troubleshoot EKS Auto Mode", Instance Metadata Service) and the whitepaper "Security Overview of Amazon EKS
 * Auto Mode".
 */
const AUTO_MODE = {
  selinux: 'SELinux enforces',
  shell: 'no SSH and no Session Manager: nobody gets a shell',
  metadata: 'version 2 only with a hop limit of 1, which cannot be changed',
  system: 'a variant of Bottlerocket, its root read-only',
  life: 'AWS patches it; no node lives longer than 21 days',
} as const;

const REPLACE = 'and replace the nodes';

/** The checks in display order. */
export const HOST_CHECKS: readonly HostCheck[] = [
  {
    id: 'SELINUX.1',
    title: 'The host enforces SELinux, or AppArmor where it has that instead',
    autoMode: AUTO_MODE.selinux,
    todo: 'Move to Bottlerocket, which enforces. On RHEL set SELINUX=enforcing in the image; make profiles for what it stops with Udica or audit2allow.',
  },
  {
    id: 'SELINUX.2',
    title: 'Containers are confined, each with categories of its own',
    todo: 'Remove privileged, and seLinuxOptions with spc_t, unconfined_t, super_t, control_t or a level of their own, from the pods that do not need them.',
  },
  {
    id: 'SELINUX.3',
    title: 'The labels that pods ask for take effect',
    todo: `Set enable_selinux = true in containerd's configuration of the image, ${REPLACE}; else seLinuxOptions of pods do nothing.`,
  },
  {
    id: 'SSH.1',
    title: 'No key opens a shell by SSH',
    autoMode: AUTO_MODE.shell,
    todo: 'Use Session Manager, and empty the named files, or take TrustedUserCAKeys out of the configuration of the SSH daemon. cloud-init writes the key pair of the launch again on each new instance (see SSH.2).',
  },
  {
    id: 'SSH.2',
    title: 'Workers are launched without a key pair',
    autoMode: AUTO_MODE.shell,
    todo: 'Create a launch template version without KeyName and let the group use it, or set upgrades.keyPairs.mode to enforce: the next upgrade does so. Replace a group with remoteAccess: EKS does not change that.',
  },
  {
    id: 'SSH.3',
    title: 'No security group lets public addresses in at 22 or 3389',
    todo: 'Remove the rules from the named security groups. Use Session Manager instead.',
  },
  {
    id: 'SSH.4',
    title: "Bottlerocket's admin container is off",
    autoMode: AUTO_MODE.shell,
    todo: 'Run apiclient set host-containers.admin.enabled=false, and remove the setting from the user data of the launch template.',
  },
  {
    id: 'SSH.5',
    title: 'EC2 Instance Connect lets nobody in',
    autoMode: AUTO_MODE.shell,
    todo: 'Deny ec2-instance-connect:SendSSHPublicKey and OpenTunnel, keep port 22 closed, remove ec2-instance-connect from the image, and delete endpoints that nobody needs.',
  },
  {
    id: 'SSH.6',
    title: 'EKS lets nobody in to the node group by SSH',
    autoMode: AUTO_MODE.shell,
    todo: 'Replace the node group by one without remoteAccess: EKS does not change that. Until then remove the rule for 22 from the security group that EKS created for it.',
  },
  {
    id: 'SESSIONS.1',
    title: 'Sessions of Session Manager are logged, and encrypted there',
    todo: 'Set an S3 bucket or a log group, with encryption, in the preferences of Session Manager; check who may call ssm:StartSession on workers.',
    isReported: true,
  },
  {
    id: 'IMDS.1',
    title: 'The instance metadata service takes version 2 only',
    autoMode: AUTO_MODE.metadata,
    todo: 'Set HttpTokens to required in the launch template.',
    isReported: true,
  },
  {
    id: 'IMDS.2',
    title: "Pods do not reach the instance's credentials",
    autoMode: AUTO_MODE.metadata,
    todo: 'Set HttpPutResponseHopLimit to 1 in the launch template once no pod needs the role of its node (IRSA, Pod Identity).',
    isReported: true,
  },
  {
    id: 'IMDS.3',
    title: 'The instance metadata service answers, and does not show tags',
    todo: 'Set InstanceMetadataTags to disabled, and HttpEndpoint to enabled: nodeadm and termination handlers need it.',
    isReported: true,
  },
  {
    id: 'EBS.1',
    title: 'The volumes of the worker are encrypted',
    todo: `Set Encrypted in the block device mappings of the launch template, ${REPLACE}: a volume cannot be encrypted in place.`,
    isReported: true,
  },
  {
    id: 'EBS.2',
    title: 'New volumes are encrypted by default',
    todo: 'Run aws ec2 enable-ebs-encryption-by-default in each region.',
    isReported: true,
  },
  {
    id: 'AMI.1',
    title: 'The image is not open to everybody',
    todo: 'Run aws ec2 modify-image-attribute --image-id IMAGE --launch-permission "Remove=[{Group=all}]". Treat what was built into the image as known to others.',
  },
  {
    id: 'OS.1',
    title: 'The operating system is made for containers',
    autoMode: AUTO_MODE.system,
    todo: 'Move to Bottlerocket: a node group of AMI type BOTTLEROCKET_x86_64 or BOTTLEROCKET_ARM_64; EKS Auto Mode runs it, too.',
    isReported: true,
  },
  {
    id: 'OS.2',
    title: 'The operating system still gets fixes',
    autoMode: AUTO_MODE.life,
    todo: 'Move to AL2023 or Bottlerocket.',
    isReported: true,
  },
];
