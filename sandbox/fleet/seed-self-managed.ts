import { type AutoScalingGroup, type JoinTimes, launchedVersion } from '../account/auto-scaling/group.ts';
import type { LaunchSpecification } from '../account/ec2/instances.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { joinTimes } from '../account/eks/nodes.ts';
import type { Random } from '../time/random.ts';
import { letNodesIn } from './access-entries.ts';
import { templateData } from './exposure.ts';
import type { FleetCluster, FleetSelfManagedGroup } from './fleet.ts';
import { DEFAULT_TYPE, someDaysAgo, specification, unchanged } from './foreign-specification.ts';
import { seedHosts } from './hosts.ts';
import { grow, launcherKey } from './launches.ts';
import { encodedUserData } from './own-templates.ts';
import { seedScheduledEvents } from './scheduled-events.ts';
import { seedRebalanceRecommendations, seedSpotInterruptions } from './spot-interruptions.ts';
import type { FleetState, Launcher } from './state.ts';
import { controlTargets, seedTargetGroups } from './target-groups.ts';
import { parseTime } from './time.ts';
import { SELF_MANAGED_LABEL } from './workloads.ts';

const DAY_MS = 86_400_000;
/** Between an instance's start and its failed status checks. */
const FAILS_CHECKS_AFTER = 150_000;
/** When an instance joins its cluster that never does: later than anything that is played. */
const NEVER = 10_000 * DAY_MS;

/** Seeds a self-managed Auto Scaling group of a cluster, with its launch template and its nodes. */
export function seedSelfManaged(
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
  const { managedBy: operator } = file;
  const isSpot = (file.spotInterruptions ?? file.rebalanceRecommendations) !== undefined;
  addTemplate(state, cluster, file, { launchTemplate, isSpot });
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
  seedRecreation(state, group, file.recreatedAt);
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
    const joins = file.absentImages.includes(specified.imageId) ? { ...times, readyAfter: NEVER } : times;
    const instance = autoScalingGroups.launch(
      group,
      specified,
      fails ? { ...times, readyAfter: times.runningAfter + 2 * FAILS_CHECKS_AFTER } : joins,
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
    return undefined;
  });
}

function addTemplate(
  state: FleetState,
  cluster: EksCluster,
  file: FleetSelfManagedGroup,
  {
    launchTemplate,
    isSpot,
  }: { readonly launchTemplate: NonNullable<AutoScalingGroup['launchTemplate']>; readonly isSpot: boolean },
): void {
  const { name, imageId, instanceType, launchTemplateManagedBy } = file;
  const managedTemplate = {
    ...launchTemplate,
    ...(launchTemplateManagedBy !== undefined && { operator: launchTemplateManagedBy }),
  };
  state.launchTemplates.add(managedTemplate, {
    ...templateData(file.exposure),
    ImageId: imageId,
    ...(instanceType !== undefined && { InstanceType: instanceType }),
    IamInstanceProfile: { Name: `${cluster.name}-${name}-NodeInstanceProfile` },
    ...(isSpot && { InstanceMarketOptions: { MarketType: 'spot' } }),
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: launchTemplate.name }] }],
    UserData: encodedUserData(state, cluster, file.userData ?? `#!/bin/bash\n/etc/eks/bootstrap.sh ${cluster.name}\n`),
  });
}

/** How long its instances take to end, ms. */
const ENDS_WITHIN = 45_000;

/**
 * Has somebody delete a group by force, which ends its instances without their hooks, and make it anew under its name:
 * another ARN, other instances, no refreshes. Source: Auto Scaling API reference, DeleteAutoScalingGroup, ForceDelete.
 */
function seedRecreation(
  { world, instances }: FleetState,
  group: AutoScalingGroup,
  at: FleetSelfManagedGroup['recreatedAt'],
): void {
  const due = at === undefined ? undefined : parseTime(at, world.time.now);
  if (due === undefined) return;
  const ids = world.random.fork(`recreation of ${group.name}`);
  world.time.at(due, () => {
    group.arn = group.arn.replace(/(?<=:autoScalingGroup:)[^:]+/, ids.uuid());
    group.createdAt = world.time.now;
    for (const { instance } of [...group.members.values()]) instances.terminate(instance, ENDS_WITHIN, () => undefined);
  });
}
