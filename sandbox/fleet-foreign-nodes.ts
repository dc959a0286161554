import type { LaunchSpecification } from './account/ec2-instances.ts';
import type { EksCluster } from './account/eks-state.ts';
import type { FleetCluster } from './fleet.ts';
import type { FleetState } from './fleet-state.ts';
import type { Random } from './time/random.ts';

const DAY_MS = 86_400_000;

/** The nodes of a cluster that no managed node group owns: self-managed, Karpenter's, and EKS Auto Mode's. */
export function seedForeignNodes(state: FleetState, cluster: EksCluster, file: FleetCluster, random: Random): void {
  for (const group of file.selfManagedGroups) seedSelfManaged(state, cluster, group, random);
  for (const { name, size, imageId } of file.karpenterNodePools) {
    const image = imageId ?? defaultImage(state, cluster, random);
    seedInstances(state, cluster, image, size, random, {
      'karpenter.sh/nodepool': name,
      'karpenter.k8s.aws/ec2nodeclass': 'default',
      'eks:eks-cluster-name': cluster.name,
      Name: `${cluster.name}-${name}`,
    });
  }
  if (file.autoMode === undefined) return;
  const image = `ami-0${random.hex(16)}`;
  seedInstances(
    state,
    cluster,
    image,
    file.autoMode.instances,
    random,
    {
      'eks:eks-cluster-name': cluster.name,
      'eks:kubernetes-node-class-name': 'default',
      'eks:kubernetes-node-pool-name': 'general-purpose',
    },
    'eks.amazonaws.com',
  );
}

function seedSelfManaged(
  state: FleetState,
  cluster: EksCluster,
  { name, size, imageId }: FleetCluster['selfManagedGroups'][number],
  random: Random,
): void {
  const { world, autoScalingGroups, images } = state;
  images.addOwn(imageId);
  const tags = { [`kubernetes.io/cluster/${cluster.name}`]: 'owned', Name: `${cluster.name}-${name}` };
  const launchTemplate = { id: `lt-0${random.hex(16)}`, name: `${cluster.name}-${name}`, version: 1 };
  const group = autoScalingGroups.create({
    name: `${cluster.name}-${name}`,
    tags,
    subnets: cluster.subnets,
    launchTemplate,
    createdAt: world.time.now - 100 * DAY_MS,
    min: 0,
    max: Math.max(1, size),
    desired: size,
  });
  for (let zone = 0; zone < size; zone += 1) {
    const specification = joined(cluster, imageId, zone, {
      ...tags,
      'aws:autoscaling:groupName': group.name,
      'aws:ec2launchtemplate:id': launchTemplate.id,
      'aws:ec2launchtemplate:version': '1',
    });
    autoScalingGroups.adopt(group, specification, someDaysAgo(world.time.now, random));
  }
}

function seedInstances(
  { world, instances, images }: FleetState,
  cluster: EksCluster,
  imageId: string,
  count: number,
  random: Random,
  tags: Readonly<Record<string, string>>,
  operator?: string,
): void {
  images.addOwn(imageId);
  const owned = { ...tags, [`kubernetes.io/cluster/${cluster.name}`]: 'owned' };
  for (let zone = 0; zone < count; zone += 1) {
    const specification = joined(cluster, imageId, zone, owned);
    const launchedAt = someDaysAgo(world.time.now, random);
    instances.adopt(operator === undefined ? specification : { ...specification, operator }, launchedAt);
  }
}

function joined(
  cluster: EksCluster,
  imageId: string,
  zone: number,
  tags: Readonly<Record<string, string>>,
): LaunchSpecification {
  const subnet = cluster.subnets[zone % cluster.subnets.length];
  return {
    imageId,
    instanceType: 'm7i.large',
    architecture: 'x86_64',
    windows: false,
    platformName: 'Amazon Linux',
    subnetId: subnet?.id ?? '',
    availabilityZone: subnet?.availabilityZone ?? '',
    vpcId: cluster.vpcId,
    agent: 'Online',
    roleName: `${cluster.name}-node`,
    tags: { ...tags, 'aws:eks:cluster-name': cluster.name },
  };
}

/** What Karpenter's `al2023@latest` alias resolves to, else an image of the account's own. */
function defaultImage({ releases, world }: FleetState, cluster: EksCluster, random: Random): string {
  const latest = releases.latest(cluster.version, 'AL2023_x86_64_STANDARD', world.time.now);
  return latest?.imageId ?? `ami-0${random.hex(16)}`;
}

const someDaysAgo = (now: number, random: Random): number => now - random.integer(1, 14 * 24) * 3_600_000;
