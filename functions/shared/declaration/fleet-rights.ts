import { arnHere, iamHere, onAnything, type Right } from './right.ts';

/** Rights on the fleet and on the AMI releases, which several functions share. */

export const listClusters = onAnything('ListClusters', ['eks:ListClusters']);

export const describeImages = onAnything('DescribeImages', ['ec2:DescribeImages']);

const everyCluster = 'Every cluster of the account and region is looked at; the policy says which ones are acted upon.';

/** The right to these actions of EKS, for example `DescribeCluster`, on any cluster here. */
export const onClusters = (...actions: readonly string[]): Right => ({
  sid: 'Clusters',
  actions: actions.map((action) => `eks:${action}`),
  resources: [arnHere('eks', 'cluster/*')],
  wildcardReason: everyCluster,
});

/** The right to these actions of EKS, for example `DescribeNodegroup`, on any node group here. */
export const onNodegroups = (...actions: readonly string[]): Right => ({
  sid: 'Nodegroups',
  actions: actions.map((action) => `eks:${action}`),
  resources: [arnHere('eks', 'nodegroup/*/*/*')],
  wildcardReason: everyCluster,
});

/** Which roles a cluster lets in as its nodes'. */
export const readAccessEntries: Right = {
  sid: 'AccessEntries',
  actions: ['eks:DescribeAccessEntry'],
  resources: [arnHere('eks', 'access-entry/*'), arnHere('eks', 'cluster/*')],
  wildcardReason: 'Any cluster may be the one of a worker.',
};

/** What proves whose a worker is (`identifyWorkers`) besides clusters and node groups. */
export const identity: readonly Right[] = [
  readAccessEntries,
  {
    sid: 'InstanceProfiles',
    actions: ['iam:GetInstanceProfile'],
    resources: [iamHere('instance-profile/*')],
    wildcardReason: 'Any role may be the one of a worker: its instance profile names it.',
  },
];

/** AWS publishes these parameters itself: their ARN has no account. */
const publicParameters = (path: string): string => `arn:{partition}:ssm:{region}::parameter/aws/service/${path}`;

export const readAmiReleases: Right = {
  sid: 'AmiReleases',
  actions: ['ssm:GetParameters'],
  resources: ['eks/optimized-ami/*', 'bottlerocket/*', 'ami-windows-latest/*'].map(publicParameters),
  wildcardReason: "Amazon's public parameters: one per Kubernetes version and AMI type that a fleet may use.",
};
