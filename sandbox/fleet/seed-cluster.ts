import type { EksCluster } from '../account/eks/cluster.ts';
import type { Random } from '../time/random.ts';
import { planControlPlane, planHealth, seedInsights } from './control-planes.ts';
import type { FleetCluster } from './fleet.ts';
import { seedForeignNodes } from './foreign-nodes.ts';
import { seedNetwork } from './networks.ts';
import { seedOtherInstances } from './other-instances.ts';
import { seedNodeGroup } from './seed-node-group.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';
import { until } from './until.ts';
import { seedVpc } from './vpc.ts';

const DAY_MS = 86_400_000;

/** Puts a cluster with all its nodes into the account. */
export function seedCluster(state: FleetState, file: FleetCluster, random: Random): void {
  const { partition, region, accountId, time } = state.world;
  const createdAt = time.now - random.integer(200, 400) * DAY_MS;
  const vpcId = `vpc-0${random.hex(16)}`;
  const subnets = ['a', 'b', 'c'].map((zone) => ({ id: `subnet-0${random.hex(16)}`, availabilityZone: region + zone }));
  const id = random.hex(32).toUpperCase();
  const cluster: EksCluster = {
    name: file.name,
    arn: `arn:${partition}:eks:${region}:${accountId}:cluster/${file.name}`,
    version: file.version,
    tags: file.tags,
    supportType: file.supportType,
    createdAt,
    authority: {
      endsAt: parseTime(file.certificateAuthority?.endsAt ?? '', time.now),
      successorAt: parseTime(file.certificateAuthority?.successorAt ?? '', time.now),
    },
    autoMode: file.autoMode !== undefined,
    fargateProfiles: file.fargateProfiles,
    hybridNodes: file.hybridNodes,
    endpointPublicAccess: file.endpointPublicAccess,
    endpointPrivateAccess: file.endpointPrivateAccess,
    authenticationMode: file.authenticationMode,
    vpcId,
    subnets,
    id,
    securityGroupId: `sg-0${id.slice(0, 16).toLowerCase()}`,
    status: file.status,
    issues: [],
    insights: seedInsights(state, file),
  };
  state.eks.clusters.set(cluster.name, cluster);
  planControlPlane(state, cluster, file);
  planHealth(state, cluster, file);
  seedNetwork(state, cluster, file.network);
  seedVpc(state, cluster, file.vpc);
  const update =
    cluster.status === 'UPDATING'
      ? state.eks.openUpdate(
          { clusterName: cluster.name },
          { type: 'VersionUpdate', params: [{ type: 'Version', value: cluster.version }] },
        )
      : undefined;
  until(state, file.statusUntil, () => {
    cluster.status = 'ACTIVE';
    if (update !== undefined) update.status = 'Successful';
  });
  for (const group of file.nodeGroups) seedNodeGroup(state, cluster, file, group, random);
  seedForeignNodes(state, cluster, file, random);
  seedOtherInstances(state, cluster, file);
}
