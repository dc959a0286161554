import { architectureOf, type LaunchSpecification } from '../account/ec2/instances.ts';
import type { AmiType } from '../account/eks/ami-types.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { Random } from '../time/random.ts';
import { letNodesIn } from './access-entries.ts';
import type { FleetCluster } from './fleet.ts';
import { type Specify, someDaysAgo, specification, unchanged } from './foreign-specification.ts';
import { seedHosts } from './hosts.ts';
import { launcherKey } from './launches.ts';
import { ssm as ssmSchema } from './schema-ssm.ts';
import { seedKarpenterController } from './seed-karpenter.ts';
import { seedSelfManaged } from './seed-self-managed.ts';
import type { FleetState, Launcher } from './state.ts';

/** Hosts of EKS Auto Mode. Nobody has access to them, and an agent on them, if there is one, never registers. */
const AUTO_MODE_HOSTS = ssmSchema.parse({ agent: 'missing', managedPolicy: false });

/** The nodes of a cluster outside of managed node groups: self-managed, Karpenter's, and EKS Auto Mode's. */
export function seedForeignNodes(state: FleetState, cluster: EksCluster, file: FleetCluster, random: Random): void {
  for (const group of file.selfManagedGroups) seedSelfManaged(state, cluster, file, group, random);
  for (const pool of file.karpenterNodePools) seedKarpenter(state, cluster, file, pool, random);
  seedKarpenterController(state, cluster, file);
  if (file.autoMode !== undefined) seedAutoMode(state, cluster, file, file.autoMode.instances, random);
}

function seedKarpenter(
  state: FleetState,
  cluster: EksCluster,
  { network }: FleetCluster,
  {
    name,
    size,
    nodeClass,
    releaseVersion,
    imageId: ownImage,
    instanceType,
    ssm,
    exposure,
  }: FleetCluster['karpenterNodePools'][number],
  random: Random,
): void {
  // EC2 launches no instance from an AMI of another architecture (API reference, RunInstances).
  const isArm = instanceType !== undefined && architectureOf(instanceType) === 'arm64';
  const amiType = isArm ? 'AL2023_ARM_64_STANDARD' : 'AL2023_x86_64_STANDARD';
  const release =
    releaseVersion === undefined ? undefined : state.releases.find(cluster.version, amiType, releaseVersion);
  const imageId = ownImage ?? release?.imageId ?? defaultImage(state, cluster, amiType, random);
  const image = { imageId, instanceType, osImage: ssm.osImage };
  const hosts = seedHosts(state, cluster, network, ssm, {
    group: `${name}-karpenter`,
    instanceProfile: `${cluster.name}_${name}_karpenter`,
    exposure,
  });
  letNodesIn(state, cluster, hosts.roleArn, 'EC2_LINUX');
  const tags = {
    'karpenter.sh/nodepool': name,
    'karpenter.k8s.aws/ec2nodeclass': nodeClass,
    'eks:eks-cluster-name': cluster.name,
    Name: `${cluster.name}-${name}`,
    [`kubernetes.io/cluster/${cluster.name}`]: 'owned',
  };
  const labels = { 'karpenter.sh/nodepool': name, 'karpenter.sh/capacity-type': 'on-demand' };
  const specify = specification(state, cluster, hosts, image, tags, labels);
  seedInstances(state, size, random, specify);
  state.launchers.set(launcherKey(cluster.name, 'karpenterNodePool', name), launchAlone(state, specify));
}

function seedAutoMode(
  state: FleetState,
  cluster: EksCluster,
  { network }: FleetCluster,
  count: number,
  random: Random,
): void {
  const image = {
    imageId: `ami-0${random.hex(16)}`,
    instanceType: undefined,
    // Auto Mode's nodes run an AWS build of Bottlerocket.
    osImage: `Bottlerocket (EKS Auto, Standard) 2025.7.21 (aws-k8s-${cluster.version}-standard)`,
  };
  const hosts = seedHosts(state, cluster, network, AUTO_MODE_HOSTS, {
    group: 'auto',
    instanceProfile: `eks-auto-${cluster.name}`,
    exposure: undefined,
  });
  const tags = {
    'eks:eks-cluster-name': cluster.name,
    'eks:kubernetes-node-class-name': 'default',
    'eks:kubernetes-node-pool-name': 'general-purpose',
    [`kubernetes.io/cluster/${cluster.name}`]: 'owned',
  };
  const labels = { 'eks.amazonaws.com/compute-type': 'auto', 'karpenter.sh/nodepool': 'general-purpose' };
  const specify = (zone: number): LaunchSpecification => ({
    ...specification(state, cluster, hosts, image, tags, labels)(zone),
    operator: 'eks.amazonaws.com',
  });
  seedInstances(state, count, random, specify);
  state.launchers.set(launcherKey(cluster.name, 'autoMode', ''), launchAlone(state, specify));
}

function seedInstances({ world, instances }: FleetState, count: number, random: Random, specify: Specify): void {
  for (let zone = 0; zone < count; zone += 1) instances.adopt(specify(zone), someDaysAgo(world.time.now, random));
}

/** Between two attempts of a kubelet to join that nothing reaches, ms. */
const JOINS_AGAIN_MS = 30_000;

/** Launches an instance outside of any Auto Scaling group. */
const launchAlone =
  (state: FleetState, specify: Specify): Launcher =>
  (zone, times, change = unchanged) => {
    const instance = state.instances.launch(change(specify(zone)), times.runningAfter, () => {});
    const couldJoin = state.networks.reachesCluster(instance);
    const join = (): void => {
      if (instance.node !== 'Joining') return;
      // A worker that was isolated meanwhile joins once it is released, if it still runs then.
      if (couldJoin && !state.networks.reachesCluster(instance)) state.world.time.after(JOINS_AGAIN_MS, join);
      else state.instances.joined(instance);
    };
    state.world.time.after(times.readyAfter, join);
    return instance;
  };

/** The image that Karpenter's `al2023@latest` alias resolves to, or an image of the account's own. */
function defaultImage({ releases, world }: FleetState, cluster: EksCluster, amiType: AmiType, random: Random): string {
  const latest = releases.latest(cluster.version, amiType, world.time.now);
  return latest?.imageId ?? `ami-0${random.hex(16)}`;
}
