import type { JoinTimes } from '../auto-scaling/group.ts';
import { type AutoScalingGroups, servingMembers } from '../auto-scaling/groups.ts';
import { architectureOf, type Instance, type LaunchSpecification } from '../ec2/instances.ts';
import { amiFamily } from './ami-types.ts';
import type { EksNodeGroup } from './node-group.ts';

/** A new node takes about a third of a replacement's time to join; the old node takes the rest to leave. */
export const joinTimes = (msPerNode: number): JoinTimes => ({
  runningAfter: msPerNode * 0.1,
  readyAfter: msPerNode * 0.35,
});

/** The tags that EKS sets on the instances and the Auto Scaling group of a managed node group. */
export const managedTags = (clusterName: string, nodegroupName: string): Record<string, string> => ({
  'eks:cluster-name': clusterName,
  'eks:nodegroup-name': nodegroupName,
  [`kubernetes.io/cluster/${clusterName}`]: 'owned',
  'k8s.io/cluster-autoscaler/enabled': 'true',
  [`k8s.io/cluster-autoscaler/${clusterName}`]: 'owned',
});

/** The launch specification of a node of the group; `zone` is the index of one of the group's subnets. */
export function nodeSpecification(group: EksNodeGroup, imageId: string, zone: number): LaunchSpecification {
  const { autoScalingGroup, cluster } = group;
  const subnet = autoScalingGroup.subnets[zone % autoScalingGroup.subnets.length];
  const family = group.amiType === 'CUSTOM' ? undefined : amiFamily(group.amiType);
  const instanceType = group.instanceTypes[0] ?? 'm6i.large';
  const { osImage, kubernetesVersion } = group.imageOf(imageId);
  return {
    imageId,
    instanceType,
    architecture: family?.architecture ?? architectureOf(instanceType),
    windows: family?.platform === 'WINDOWS',
    osImage,
    subnetId: subnet?.id ?? '',
    availabilityZone: subnet?.availabilityZone ?? '',
    vpcId: cluster.vpcId,
    ...group.hosts,
    ...(group.capacityType === 'SPOT' && { spot: true }),
    ...(group.capacityType === 'CAPACITY_BLOCK' && { capacityBlock: true }),
    ...(group.keyName !== undefined && { keyName: group.keyName }),
    kubernetes: {
      clusterName: cluster.name,
      version: kubernetesVersion,
      labels: {
        'eks.amazonaws.com/capacityType': group.capacityType,
        'eks.amazonaws.com/nodegroup': group.name,
        'eks.amazonaws.com/nodegroup-image': imageId,
        ...group.labels,
      },
    },
    tags: {
      ...managedTags(cluster.name, group.name),
      'aws:autoscaling:groupName': autoScalingGroup.name,
      'aws:ec2launchtemplate:id': autoScalingGroup.launchTemplate.id,
      'aws:ec2launchtemplate:version': String(autoScalingGroup.launchTemplate.version),
    },
  };
}

/** The nodes that a group has and keeps, in launch order. EKS ignores those in standby. */
export const nodesOf = ({ autoScalingGroup }: EksNodeGroup): Instance[] =>
  servingMembers(autoScalingGroup).map(({ instance }) => instance);

/**
 * Launches a node.
 * @param change how it differs from the others of its group; default: not at all
 * @param into default: into service
 */
export const launchNode = (
  groups: AutoScalingGroups,
  group: EksNodeGroup,
  imageId: string,
  zone: number,
  times: JoinTimes,
  change: (specification: LaunchSpecification) => LaunchSpecification = (specification) => specification,
  into?: 'warm-pool',
): Instance => groups.launch(group.autoScalingGroup, change(nodeSpecification(group, imageId, zone)), times, into);
