import { type AutoScalingGroup, type JoinTimes, launchedVersion } from '../account/auto-scaling/group.ts';
import { architectureOf, type Instance, isInstanceType, type LaunchSpecification } from '../account/ec2/instances.ts';
import { DEFAULT_OS_IMAGE, osImageOf } from '../account/eks/node-os.ts';
import { joinTimes } from '../account/eks/nodes.ts';
import type { EksCluster } from '../account/eks/state.ts';
import type { Random } from '../time/random.ts';
import { letNodesIn } from './access-entries.ts';
import { templateData } from './exposure.ts';
import type { FleetCluster, FleetSelfManagedGroup } from './fleet.ts';
import { type SeededHosts, seedHosts } from './hosts.ts';
import { grow, launcherKey } from './launches.ts';
import { encodedUserData } from './own-templates.ts';
import { seedScheduledEvents } from './scheduled-events.ts';
import { ssm as ssmSchema } from './schema-ssm.ts';
import { seedKarpenterController } from './seed-karpenter.ts';
import { seedRebalanceRecommendations, seedSpotInterruptions } from './spot-interruptions.ts';
import type { FleetState, Launcher } from './state.ts';
import { controlTargets, seedTargetGroups } from './target-groups.ts';
import { SELF_MANAGED_LABEL } from './workloads.ts';

const DEFAULT_TYPE = 'm7i.large';
const DAY_MS = 86_400_000;
/** Between an instance's start and its failed status checks. */
const FAILS_CHECKS_AFTER = 150_000;

/** Hosts of EKS Auto Mode. Nobody has access to them, and an agent on them, if there is one, never registers. */
const AUTO_MODE_HOSTS = ssmSchema.parse({ agent: 'missing', managedPolicy: false });

/** The nodes of a cluster outside of managed node groups: self-managed, Karpenter's, and EKS Auto Mode's. */
export function seedForeignNodes(state: FleetState, cluster: EksCluster, file: FleetCluster, random: Random): void {
  for (const group of file.selfManagedGroups) seedSelfManaged(state, cluster, file, group, random);
  for (const pool of file.karpenterNodePools) seedKarpenter(state, cluster, file, pool, random);
  seedKarpenterController(state, cluster, file);
  if (file.autoMode !== undefined) seedAutoMode(state, cluster, file, file.autoMode.instances, random);
}

function seedSelfManaged(
  state: FleetState,
  cluster: EksCluster,
  { network }: FleetCluster,
  file: FleetSelfManagedGroup,
  random: Random,
): void {
  const { world, autoScalingGroups } = state;
  const { name, size, imageId, instanceType, maxSize = Math.max(1, size), ssm } = file;
  const tags = { [`kubernetes.io/cluster/${cluster.name}`]: 'owned', Name: `${cluster.name}-${name}` };
  const launchTemplate = { id: `lt-0${random.hex(16)}`, name: `${cluster.name}-${name}`, version: 1 };
  const hosts = seedHosts(state, cluster, network, ssm, {
    group: `${name}-self-managed`,
    instanceProfile: `${cluster.name}-${name}-NodeInstanceProfile`,
    exposure: file.exposure,
  });
  letNodesIn(state, cluster, hosts.roleArn, 'EC2_LINUX', file.letInBy);
  const { managedBy: operator, launchTemplateManagedBy } = file;
  const managedTemplate = {
    ...launchTemplate,
    ...(launchTemplateManagedBy !== undefined && { operator: launchTemplateManagedBy }),
  };
  const isSpot = (file.spotInterruptions ?? file.rebalanceRecommendations) !== undefined;
  state.launchTemplates.add(managedTemplate, {
    ...templateData(file.exposure),
    ImageId: imageId,
    ...(instanceType !== undefined && { InstanceType: instanceType }),
    IamInstanceProfile: { Name: `${cluster.name}-${name}-NodeInstanceProfile` },
    ...(isSpot && { InstanceMarketOptions: { MarketType: 'spot' } }),
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: tags.Name }] }],
    UserData: encodedUserData(state, cluster, file.userData ?? `#!/bin/bash\n/etc/eks/bootstrap.sh ${cluster.name}\n`),
  });
  const targetGroups = seedTargetGroups(state, cluster, file.targetGroups);
  const group: AutoScalingGroup = autoScalingGroups.create({
    name: `${cluster.name}-${name}`,
    tags,
    subnets: hosts.subnets,
    launchTemplate,
    targetGroups: targetGroups.attached,
    launchAnother: (zone, into) => launch(zone, joinTimes(replacements.integer(180, 360) * 1000), unchanged, into),
    createdAt: world.time.now - 100 * DAY_MS,
    min: 0,
    max: maxSize,
    desired: size,
    suspended: new Set(file.suspendedProcesses),
    hooks: new Map(file.terminationHooks.map((hook) => [hook.name, hook])),
    protectsInstances: file.protectsInstances,
    roleArn: hosts.roleArn,
    ...(operator !== undefined && { operator }),
    templateVersion: (version) => state.launchTemplates.dataOf(launchTemplate.id, version),
    ...(file.capacityRebalance && { rebalancesCapacity: true }),
    ...(file.launchesFrom !== undefined && { launchesFrom: file.launchesFrom }),
    ...(file.warmPool !== undefined && { warmPool: { maxPrepared: undefined, ...file.warmPool } }),
  });
  const specify = (zone: number): LaunchSpecification => {
    const version = launchedVersion(group);
    const image =
      group.overrideImages?.get(instanceType ?? DEFAULT_TYPE) ?? group.templateVersion?.(version)?.ImageId ?? imageId;
    const template = {
      'aws:ec2launchtemplate:id': launchTemplate.id,
      'aws:ec2launchtemplate:version': String(version),
    };
    const specified = specification(
      state,
      cluster,
      hosts,
      { imageId: image, instanceType, osImage: ssm.osImage },
      {
        ...tags,
        'aws:autoscaling:groupName': group.name,
        ...(file.launchesFrom !== 'launch-configuration' && template),
      },
      { [SELF_MANAGED_LABEL]: name },
      file.clusterTag,
    )(zone);
    return {
      ...specified,
      ...(isSpot && { spot: true }),
      // Auto Scaling passes the operator on (API reference, CreateAutoScalingGroup, Operator).
      ...(operator !== undefined && { operator }),
    };
  };
  for (let zone = 0; zone < size; zone += 1) {
    autoScalingGroups.adopt(group, specify(zone), someDaysAgo(world.time.now, random));
  }
  if (group.warmPool !== undefined) autoScalingGroups.adoptPool(group, specify, someDaysAgo(world.time.now, random));
  controlTargets(state, group, targetGroups.controlled);
  seedScheduledEvents(state, group, file.scheduledEvents);
  seedSpotInterruptions(state, group, file.spotInterruptions ?? []);
  seedRebalanceRecommendations(state, group, file.rebalanceRecommendations ?? []);
  const replacements = world.random.fork(`replacements of ${group.name}`);
  const launch = (
    zone: number,
    times: JoinTimes,
    change: Parameters<Launcher>[2] = unchanged,
    into?: 'warm-pool',
  ): void => {
    const specified = change(specify(zone));
    const fails = file.brokenImages.includes(specified.imageId);
    const instance = autoScalingGroups.launch(
      group,
      specified,
      fails ? { ...times, readyAfter: times.runningAfter + 2 * FAILS_CHECKS_AFTER } : times,
      into,
    );
    if (fails) {
      world.time.after(times.runningAfter + FAILS_CHECKS_AFTER, () =>
        autoScalingGroups.failHealthCheck(group, instance),
      );
    }
  };
  state.launchers.set(launcherKey(cluster.name, 'selfManagedGroup', name), (zone, times, change) => {
    grow(group);
    launch(zone, times, change);
  });
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
  const release =
    releaseVersion === undefined
      ? undefined
      : state.releases.find(cluster.version, 'AL2023_x86_64_STANDARD', releaseVersion);
  const imageId = ownImage ?? release?.imageId ?? defaultImage(state, cluster, random);
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

type Specify = (zone: number) => LaunchSpecification;

function seedInstances({ world, instances }: FleetState, count: number, random: Random, specify: Specify): void {
  for (let zone = 0; zone < count; zone += 1) instances.adopt(specify(zone), someDaysAgo(world.time.now, random));
}

/** Launches an instance outside of any Auto Scaling group. */
const launchAlone =
  (state: FleetState, specify: Specify): Launcher =>
  (zone, times, change = unchanged) => {
    const instance = state.instances.launch(change(specify(zone)), times.runningAfter, () => {});
    join(state, instance, times);
  };

const unchanged = (specification: LaunchSpecification): LaunchSpecification => specification;

function join({ world, instances }: FleetState, instance: Instance, { readyAfter }: JoinTimes): void {
  world.time.after(readyAfter, () => {
    if (instance.node === 'Joining') instances.joined(instance);
  });
}

interface Image {
  readonly imageId: string;
  readonly instanceType: string | undefined;
  /** Set for an image that is not Amazon's. */
  readonly osImage: string | undefined;
}

/** The launch specification of nodes of such a group. */
function specification(
  { images, releases }: FleetState,
  cluster: EksCluster,
  { hosts, subnets }: SeededHosts,
  { imageId, instanceType: wanted = '', osImage = DEFAULT_OS_IMAGE }: Image,
  tags: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
  clusterTag = true,
): Specify {
  const instanceType = isInstanceType(wanted) ? wanted : DEFAULT_TYPE;
  const architecture = architectureOf(instanceType);
  images.addOwn(imageId, architecture);
  const release = releases.byImageId(imageId);
  return (zone) => {
    const subnet = subnets[zone % subnets.length];
    return {
      ...hosts,
      imageId,
      instanceType,
      architecture,
      windows: false,
      osImage:
        release === undefined ? osImage : osImageOf(release.amiType, release.kubernetesVersion, release.releaseVersion),
      subnetId: subnet?.id ?? '',
      availabilityZone: subnet?.availabilityZone ?? '',
      vpcId: cluster.vpcId,
      kubernetes: {
        clusterName: cluster.name,
        version: release?.kubernetesVersion ?? cluster.version,
        labels,
        ...(!clusterTag && { untagged: true }),
      },
      tags,
    };
  };
}

/** The image that Karpenter's `al2023@latest` alias resolves to, or an image of the account's own. */
function defaultImage({ releases, world }: FleetState, cluster: EksCluster, random: Random): string {
  const latest = releases.latest(cluster.version, 'AL2023_x86_64_STANDARD', world.time.now);
  return latest?.imageId ?? `ami-0${random.hex(16)}`;
}

const someDaysAgo = (now: number, random: Random): number => now - random.integer(1, 14 * 24) * 3_600_000;
