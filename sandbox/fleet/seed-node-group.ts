import type { _InstanceType } from '@aws-sdk/client-ec2';
import type { AMITypes } from '@aws-sdk/client-eks';
import { architectureOf, isInstanceType } from '../account/ec2/instances.ts';
import { amiFamily } from '../account/eks/ami-types.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { EksNodeGroup, NodeImage } from '../account/eks/node-group.ts';
import { DEFAULT_OS_IMAGE, osImageOf } from '../account/eks/node-os.ts';
import { joinTimes, launchNode, managedTags, nodeSpecification } from '../account/eks/nodes.ts';
import type { Random } from '../time/random.ts';
import { letNodesIn } from './access-entries.ts';
import { templateData } from './exposure.ts';
import type { FleetCluster, FleetNodeGroup } from './fleet.ts';
import { seedHosts } from './hosts.ts';
import { grow, launcherKey } from './launches.ts';
import { ownTemplateOf } from './own-templates.ts';
import type { FleetState, Launcher } from './state.ts';
import { controlTargets, seedTargetGroups } from './target-groups.ts';
import { until } from './until.ts';

const DAY_MS = 86_400_000;

/** Puts a managed node group of a cluster, with its nodes, into the account. */
export function seedNodeGroup(
  state: FleetState,
  cluster: EksCluster,
  { network }: FleetCluster,
  file: FleetNodeGroup,
  random: Random,
): void {
  const { partition, region, accountId, time } = state.world;
  const { name, desiredSize, minSize = 0, maxSize = Math.max(1, desiredSize) } = file;
  const id = random.uuid();
  const release = releaseAtStart(state, cluster, file);
  const { hosts, subnets, roleArn } = seedHosts(state, cluster, network, file.ssm, {
    group: name,
    instanceProfile: `eks-${id}`,
    exposure: file.exposure,
  });
  const launchTemplate = { id: `lt-0${random.hex(16)}`, name: `eks-${id}` };
  state.launchTemplates.add(launchTemplate, templateData(file.exposure), true);
  const instanceType = file.instanceType ?? fittingInstanceType(file.amiType);
  const { imageId, keyName } = file.launchTemplate ?? {};
  if (imageId !== undefined) state.images.addOwn(imageId, architectureOf(instanceType));
  const ownTemplate = ownTemplateOf(state, cluster, file, random);
  const createdAt = time.now - random.integer(30, 200) * DAY_MS;
  const targetGroups = seedTargetGroups(state, cluster, file.targetGroups);
  const autoScalingGroup = state.autoScalingGroups.create({
    name: `eks-${name}-${id}`,
    tags: managedTags(cluster.name, name),
    subnets,
    launchTemplate: { ...launchTemplate, version: 1 },
    targetGroups: targetGroups.attached,
    launchAnother: (zone, into) => {
      const times = joinTimes(group.msPerNode ?? replacements.integer(180, 360) * 1000);
      launchNode(state.autoScalingGroups, group, group.imageId, zone, times, undefined, into);
    },
    createdAt,
    suspended: new Set(file.suspendedProcesses),
    min: minSize,
    max: maxSize,
    desired: desiredSize,
    ...(file.launchHook !== undefined && { launchHook: file.launchHook }),
    ...(file.warmPool !== undefined && {
      warmPool: { maxPrepared: undefined, ...file.warmPool, joinsInService: true },
    }),
  });
  const group: EksNodeGroup = {
    name,
    arn: `arn:${partition}:eks:${region}:${accountId}:nodegroup/${cluster.name}/${name}/${id}`,
    cluster,
    amiType: file.amiType,
    capacityType: file.capacityType,
    instanceTypes: isInstanceType(instanceType) ? [instanceType] : [],
    nodeRole: roleArn,
    labels: file.labels,
    tags: file.tags,
    get scaling() {
      return { minSize: autoScalingGroup.min, maxSize: autoScalingGroup.max, desiredSize: autoScalingGroup.desired };
    },
    updateConfig: file.updateConfig ?? { maxUnavailable: 1 },
    ...(ownTemplate && { launchTemplate: ownTemplate }),
    autoScalingGroup,
    hosts,
    imageOf: (imageId) => nodeImage(state, file, cluster, imageId),
    failures: file.updates.fails.map(({ afterMinutes, ...failure }) => ({
      ...failure,
      afterMs: afterMinutes * 60_000,
    })),
    updatableWhenDegraded:
      file.updates.whileDegraded === undefined
        ? state.world.random.fork(`degraded ${cluster.name} ${name}`).next() < 0.5
        : file.updates.whileDegraded === 'accepted',
    repairsNodes: file.nodeRepair,
    ...(file.remoteAccess !== undefined && { remoteAccess: file.remoteAccess }),
    updatesTerminateStandby: file.updates.terminatesStandby,
    sameRelease: file.updates.sameRelease,
    msPerNode: file.updates.minutesPerNode === undefined ? undefined : file.updates.minutesPerNode * 60_000,
    createdAt,
    version: file.version ?? cluster.version,
    ...release,
    keyName,
    status: file.status,
    issues: file.health,
    modifiedAt: createdAt,
  };
  state.eks.addNodeGroup(group);
  letNodesIn(state, cluster, roleArn, file.amiType.startsWith('WINDOWS') ? 'EC2_WINDOWS' : 'EC2_LINUX');
  const replacements = state.world.random.fork(`replacements of ${cluster.name} ${name}`);
  const launch: Launcher = (zone, times, change) =>
    launchNode(state.autoScalingGroups, group, group.imageId, zone, times, change);
  state.launchers.set(launcherKey(cluster.name, 'nodeGroup', name), (zone, times, change) => {
    // Nothing is launched into a group that somebody has deleted.
    if (group.status === 'DELETING') return undefined;
    grow(autoScalingGroup);
    launch(zone, times, change);
    return undefined;
  });
  seedNodes(state, group, random);
  controlTargets(state, autoScalingGroup, targetGroups.controlled);
  seedStatus(state, group, file);
  until(state, file.recreatedAt, () => state.eks.recreate(group));
}

/**
 * The facts about nodes of an image. The release determines them for Amazon's images, and the fleet file for custom
 * ones.
 */
function nodeImage(
  { releases, images }: FleetState,
  file: FleetNodeGroup,
  cluster: EksCluster,
  imageId: string,
): NodeImage {
  const release = releases.byImageId(imageId);
  if (release === undefined) {
    return {
      osImage: file.ssm.osImage ?? DEFAULT_OS_IMAGE,
      kubernetesVersion: images.kubelets.get(imageId) ?? file.version ?? cluster.version,
    };
  }
  const { amiType, kubernetesVersion, releaseVersion } = release;
  return { osImage: osImageOf(amiType, kubernetesVersion, releaseVersion), kubernetesVersion };
}

/**
 * Creates the nodes of a group. A group that is being created, or whose creation failed, has none. The nodes of any
 * other group are some days old.
 */
function seedNodes({ world, autoScalingGroups }: FleetState, group: EksNodeGroup, random: Random): void {
  if (group.status === 'CREATING' || group.status === 'CREATE_FAILED') return;
  for (let zone = 0; zone < group.scaling.desiredSize; zone += 1) {
    const launchedAt = world.time.now - random.integer(1, 20 * 24) * 3_600_000;
    autoScalingGroups.adopt(group.autoScalingGroup, nodeSpecification(group, group.imageId, zone), launchedAt);
  }
  if (group.autoScalingGroup.warmPool === undefined) return;
  const specify = (zone: number) => nodeSpecification(group, group.imageId, zone);
  autoScalingGroups.adoptPool(group.autoScalingGroup, specify, world.time.now - 3_600_000);
}

function seedStatus(state: FleetState, group: EksNodeGroup, file: FleetNodeGroup): void {
  const { world, autoScalingGroups, eks } = state;
  const update =
    group.status === 'UPDATING'
      ? eks.openUpdate(
          { clusterName: group.cluster.name, nodegroupName: group.name },
          { type: 'ConfigUpdate', params: [] },
        )
      : undefined;
  until(state, file.statusUntil, () => {
    const times = joinTimes(group.msPerNode ?? 240_000);
    for (let zone = group.autoScalingGroup.members.size; zone < group.scaling.desiredSize; zone += 1) {
      launchNode(autoScalingGroups, group, group.imageId, zone, times);
    }
    group.status = 'ACTIVE';
    group.issues = [];
    group.modifiedAt = world.time.now;
    if (update !== undefined) update.status = 'Successful';
  });
}

function releaseAtStart({ releases, world }: FleetState, cluster: EksCluster, file: FleetNodeGroup) {
  const { amiType, version = cluster.version, releaseVersion, launchTemplate } = file;
  if (amiType === 'CUSTOM') {
    const imageId = launchTemplate?.imageId ?? '';
    return { releaseVersion: imageId, imageId };
  }
  const release =
    releaseVersion === undefined
      ? releases.latest(version, amiType, world.time.now)
      : releases.find(version, amiType, releaseVersion);
  if (release === undefined) throw new Error(`${cluster.name}/${file.name} has no release: the fleet was not checked`);
  return { releaseVersion: release.releaseVersion, imageId: release.imageId };
}

function fittingInstanceType(amiType: AMITypes): _InstanceType {
  const { architecture, variant } = amiType === 'CUSTOM' ? { architecture: 'x86_64', variant: '' } : amiFamily(amiType);
  if (variant === 'neuron') return 'inf2.xlarge';
  if (variant.includes('nvidia') || variant.includes('gpu'))
    return architecture === 'arm64' ? 'g5g.xlarge' : 'g5.xlarge';
  return architecture === 'arm64' ? 'm7g.large' : 'm7i.large';
}
