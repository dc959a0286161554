import { arnHere, iamHere, onAnything, type Right } from './right.ts';

/** Rights to read the fleet and the AMI releases, shared by several functions. */

export const listClusters = onAnything('ListClusters', ['eks:ListClusters']);

export const describeImages = onAnything('DescribeImages', ['ec2:DescribeImages']);

const everyCluster = 'Every cluster of the account and region is looked at; the policy says which ones are acted upon.';

/** The right to these EKS actions, such as `DescribeCluster`, on any cluster of the account and region. */
export const onClusters = (...actions: readonly string[]): Right => ({
  sid: 'Clusters',
  actions: actions.map((action) => `eks:${action}`),
  resources: [arnHere('eks', 'cluster/*')],
  wildcardReason: everyCluster,
});

/** The right to these EKS actions, such as `DescribeNodegroup`, on any node group of the account and region. */
export const onNodegroups = (...actions: readonly string[]): Right => ({
  sid: 'Nodegroups',
  actions: actions.map((action) => `eks:${action}`),
  resources: [arnHere('eks', 'nodegroup/*/*/*')],
  wildcardReason: everyCluster,
});

/** The right to read which roles a cluster admits as nodes. */
export const readAccessEntries: Right = {
  sid: 'AccessEntries',
  actions: ['eks:DescribeAccessEntry'],
  resources: [arnHere('eks', 'access-entry/*'), arnHere('eks', 'cluster/*')],
  wildcardReason: 'Any cluster may be the one of a worker.',
};

/**
 * The rights, besides those on clusters and node groups, to prove which cluster a worker belongs to
 * (`identifyWorkers`).
 */
export const identity: readonly Right[] = [
  readAccessEntries,
  {
    sid: 'InstanceProfiles',
    actions: ['iam:GetInstanceProfile'],
    resources: [iamHere('instance-profile/*')],
    wildcardReason: 'Any role may be the one of a worker: its instance profile names it.',
  },
];

/** The right to read any policy that a role may have. */
export const readPolicies: Right = {
  sid: 'ReadPolicies',
  actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
  resources: [iamHere('policy/*'), 'arn:{partition}:iam::aws:policy/*'],
  wildcardReason:
    'A node role may have any policy, of its owner or of AWS: what one allows can only be told by reading it.',
};

/** The rights to read what roles of instances allow, besides which profile has which (`identity`). */
export const readRoles: readonly Right[] = [
  {
    sid: 'ReadNodeRoles',
    actions: ['iam:GetRole', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies', 'iam:GetRolePolicy'],
    resources: [iamHere('role/*')],
    wildcardReason: 'Node roles are named by their owners.',
  },
  readPolicies,
];

/** AWS publishes these parameters itself, so their ARNs have no account. */
const publicParameters = (path: string): string => `arn:{partition}:ssm:{region}::parameter/aws/service/${path}`;

/** Paths of Amazon's own AMIs for EKS. */
const AMAZONS = ['eks/optimized-ami/*', 'bottlerocket/*', 'ami-windows-latest/*'];

export const readAmiReleases: Right = {
  sid: 'AmiReleases',
  actions: ['ssm:GetParameters'],
  resources: AMAZONS.map(publicParameters),
  wildcardReason: "Amazon's public parameters: one per Kubernetes version and AMI type that a fleet may use.",
};

/**
 * The right to read the parameters by which the policy may name AMIs: the owner's own, and those in which AWS and
 * Canonical publish theirs for EKS (ubuntu.com/aws/docs, "Ubuntu on Amazon EKS").
 */
export const readWantedImages: Right = {
  sid: 'WantedImages',
  actions: ['ssm:GetParameters'],
  resources: [
    'arn:{partition}:ssm:{region}:{account}:parameter{imageParameters}',
    ...[...AMAZONS, 'canonical/ubuntu/eks/*'].map(publicParameters),
  ],
  wildcardReason:
    'The setting imageParameters says which parameters may name an AMI; public ones are there for each Kubernetes version.',
};

/** Whether Session Manager reaches instances, without which the last other way in is not to be closed. */
export const readSessionChannels: Right = {
  sid: 'Sessions',
  actions: ['ssm:GetConnectionStatus'],
  resources: [arnHere('ec2', 'instance/*')],
  wildcardReason: 'Any instance may be a worker: the call tells whether sessions reach it, and changes nothing.',
};
