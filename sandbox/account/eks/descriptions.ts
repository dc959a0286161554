import type { Cluster, Nodegroup, WarmPoolConfig } from '@aws-sdk/client-eks';
import type { AutoScalingGroup, WarmPool } from '../auto-scaling/group.ts';
import { urlSuffixOf } from '../partition.ts';
import type { World } from '../world.ts';
import { trustAt } from './certificate-authorities.ts';
import type { EksCluster } from './cluster.ts';
import type { EksNodeGroup } from './node-group.ts';

/** The host name of a cluster's Kubernetes API. */
export const endpointHost = ({ region }: World, { id }: EksCluster): string =>
  `${id}.gr7.${region}.eks.${urlSuffixOf(region)}`;

/**
 * A cluster as DescribeCluster returns it.
 * @param served where the caller reaches its API, if that differs from where functions do
 */
export function describeCluster(world: World, cluster: EksCluster, served?: EksCluster['served']): Cluster {
  const { partition, region, accountId } = world;
  const { id } = cluster;
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: new Date(cluster.createdAt),
    version: cluster.version,
    endpoint: served?.endpoint ?? `https://${endpointHost(world, cluster)}`,
    certificateAuthority:
      served === undefined ? trustAt(cluster, world.time.now) : { data: served.certificateAuthority },
    roleArn: `arn:${partition}:iam::${accountId}:role/${cluster.name}-cluster`,
    resourcesVpcConfig: {
      subnetIds: cluster.subnets.map((subnet) => subnet.id),
      securityGroupIds: [],
      clusterSecurityGroupId: cluster.securityGroupId,
      vpcId: cluster.vpcId,
      endpointPublicAccess: cluster.endpointPublicAccess,
      endpointPrivateAccess: cluster.endpointPrivateAccess,
      publicAccessCidrs: cluster.endpointPublicAccess ? ['0.0.0.0/0'] : [],
    },
    identity: { oidc: { issuer: `https://oidc.eks.${region}.${urlSuffixOf(region)}/id/${id}` } },
    status: cluster.status,
    upgradePolicy: { supportType: cluster.supportType },
    platformVersion: 'eks.1',
    tags: { ...cluster.tags },
    health: { issues: [...cluster.issues] },
    accessConfig: { authenticationMode: cluster.authenticationMode },
    ...(cluster.hybridNodes && { remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ['10.200.0.0/16'] }] } }),
    // Auto Mode has two default node pools.
    computeConfig: cluster.autoMode ? { enabled: true, nodePools: ['general-purpose', 'system'] } : { enabled: false },
  };
}

/** A managed node group as DescribeNodegroup returns it. */
export function describeNodeGroup(group: EksNodeGroup): Nodegroup {
  return {
    nodegroupName: group.name,
    nodegroupArn: group.arn,
    clusterName: group.cluster.name,
    version: group.version,
    releaseVersion: group.releaseVersion,
    createdAt: new Date(group.createdAt),
    modifiedAt: new Date(group.modifiedAt),
    status: group.status,
    capacityType: group.capacityType,
    scalingConfig: { ...group.scaling },
    instanceTypes: [...group.instanceTypes],
    subnets: group.autoScalingGroup.subnets.map(({ id }) => id),
    amiType: group.amiType,
    nodeRole: group.nodeRole,
    labels: { ...group.labels },
    resources: { autoScalingGroups: [{ name: group.autoScalingGroup.name }] },
    remoteAccess: group.remoteAccess,
    diskSize: group.launchTemplate === undefined ? 20 : undefined,
    health: { issues: [...group.issues] },
    updateConfig: { ...group.updateConfig },
    nodeRepairConfig: { enabled: group.repairsNodes },
    warmPoolConfig: describeWarmPool(group.autoScalingGroup),
    launchTemplate: group.launchTemplate,
    tags: { ...group.tags },
  };
}

/** The warm pool of a node group. EKS sends the states in capitals, as the SDK's model names them. */
function describeWarmPool({ warmPool }: AutoScalingGroup): WarmPoolConfig | undefined {
  if (warmPool === undefined) return undefined;
  const { minSize, maxPrepared, state, reuseOnScaleIn } = warmPool;
  return {
    enabled: true,
    minSize,
    ...(maxPrepared !== undefined && { maxGroupPreparedCapacity: maxPrepared }),
    poolState: POOL_STATES[state],
    reuseOnScaleIn,
  };
}

const POOL_STATES = { Stopped: 'STOPPED', Running: 'RUNNING', Hibernated: 'HIBERNATED' } as const satisfies Record<
  WarmPool['state'],
  WarmPoolConfig['poolState']
>;
