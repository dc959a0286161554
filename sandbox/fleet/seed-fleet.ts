import { AutoScalingGroups } from '../account/auto-scaling/groups.ts';
import { Images } from '../account/ec2/images.ts';
import { InstanceTypeOfferings } from '../account/ec2/instance-type-offerings.ts';
import { Instances } from '../account/ec2/instances.ts';
import { LaunchTemplates } from '../account/ec2/launch-templates.ts';
import { Networks } from '../account/ec2/network.ts';
import { Snapshots } from '../account/ec2/snapshots.ts';
import { trailOfLaunch } from '../account/ec2/trail.ts';
import { VcpuQuotas } from '../account/ec2/vcpu-quotas.ts';
import { AccessEntries } from '../account/eks/access-entries.ts';
import { Kubelets } from '../account/eks/kubelets.ts';
import { completeLaunchHooks } from '../account/eks/launch-hooks.ts';
import { repairNodes } from '../account/eks/node-repair.ts';
import { EksState } from '../account/eks/state.ts';
import { NodeGroupUpdates } from '../account/eks/update-node-group.ts';
import { TargetGroups } from '../account/elastic-load-balancing/target-groups.ts';
import { CloudTrail } from '../account/event-bridge/cloud-trail.ts';
import { EventualConsistency } from '../account/eventual-consistency.ts';
import { Iam, trustOf } from '../account/iam/state.ts';
import { Inspector } from '../account/inspector/state.ts';
import { SparsePages } from '../account/sparse-pages.ts';
import { SsmAgents } from '../account/ssm/agents.ts';
import { agentRights } from '../account/ssm/agents-rights.ts';
import { ChangeCalendars } from '../account/ssm/calendars.ts';
import { Commands } from '../account/ssm/commands.ts';
import { ParameterStore } from '../account/ssm/parameters.ts';
import { PublicParameters } from '../account/ssm/public-parameters.ts';
import { DEFAULT_HOST_MANAGEMENT_ROLE, ServiceSettings } from '../account/ssm/service-settings.ts';
import type { World } from '../account/world.ts';
import { attachWhenRunning } from './attachments.ts';
import { planChanges } from './changes.ts';
import type { Fleet } from './fleet.ts';
import { seedCalendars } from './gates.ts';
import { seedInspector } from './inspector.ts';
import { planLaunches } from './launches.ts';
import { seedImages } from './own-images.ts';
import { knownReleases } from './releases.ts';
import { seedCluster } from './seed-cluster.ts';
import type { FleetState } from './state.ts';
import { planTroubles } from './troubles.ts';
import { seedVersionSupport } from './version-support.ts';

/** Creates the account's state from a fleet. `world`'s account, region and time must be the fleet's. */
export function seedFleet(world: World, fleet: Fleet): FleetState {
  const { releases } = knownReleases(fleet);
  const networks = new Networks(world);
  const instances = new Instances(world, networks);
  const vcpuQuotas = new VcpuQuotas(instances, fleet.vcpuQuotas);
  const offerings = offeringsOf(world, fleet);
  const targetGroups = new TargetGroups(world, instances);
  const autoScalingGroups = new AutoScalingGroups(world, instances, targetGroups);
  const launchTemplates = new LaunchTemplates(world);
  const images = new Images(world, releases);
  const eks = new EksState(world);
  const iam = new Iam(world);
  const serviceSettings = new ServiceSettings(world);
  const agents = new SsmAgents(world, instances, {
    ...agentRights(world, iam, serviceSettings, networks),
    reaches: (instance, service) => networks.reaches(instance, service),
  });
  const state: FleetState = {
    world,
    releases,
    images,
    instances,
    networks,
    offerings,
    vcpuQuotas,
    snapshots: new Snapshots(world),
    metadataDefaults: { httpTokensEnforced: false },
    launchTemplates,
    consistency: fleet.eventualConsistency ? new EventualConsistency(world, instances) : undefined,
    sparsePages: fleet.eventualConsistency ? new SparsePages(world) : undefined,
    cloudTrail: new CloudTrail(world),
    autoScalingGroups,
    targetGroups,
    eks,
    kubelets: new Kubelets(world, instances, networks),
    accessEntries: new AccessEntries(world, eks),
    awsAuth: new Map(),
    karpenter: new Map(),
    iam,
    serviceSettings,
    agents,
    inspector: new Inspector(world, instances, agents),
    commands: new Commands(world, agents),
    calendars: new ChangeCalendars(world),
    launchers: new Map(),
    nodeGroupUpdates: new NodeGroupUpdates(world, eks, autoScalingGroups, {
      releases,
      launchTemplates,
      images,
      freeAddresses: (subnetId) => networks.freeAddresses(subnetId),
      vcpuQuotas,
      offerings,
    }),
    parameters: new ParameterStore(world, new PublicParameters(world, releases, fleet.windowsReleaseVersions)),
  };
  repairNodes(world, eks, autoScalingGroups, state.kubelets);
  completeLaunchHooks(autoScalingGroups, state.kubelets);
  tellOfInstances(state);
  attachWhenRunning(state);
  seedDefaultHostManagement(state, fleet);
  seedImages(state, fleet);
  const random = world.random.fork('fleet');
  seedVersionSupport(state, fleet);
  for (const cluster of fleet.clusters) seedCluster(state, cluster, random);
  planLaunches(state, fleet);
  planChanges(state, fleet);
  planTroubles(state, fleet);
  seedInspector(state, fleet);
  seedCalendars(state, fleet);
  // The listener is registered only now, because no agent waits for a change during seeding.
  iam.onChange(() => agents.reconsider());
  serviceSettings.onChange(() => agents.reconsider());
  networks.interfaces.onChange(({ attachment }) => agents.reconsiderOn(attachment.instanceId ?? ''));
  networks.securityGroups.onChange(({ id }) => {
    for (const { attachment, securityGroupIds } of networks.interfaces.list()) {
      if (securityGroupIds.includes(id)) agents.reconsiderOn(attachment.instanceId ?? '');
    }
  });
  return state;
}

/** The instance types that EC2 offers: all types in all zones, except those that the file names. */
function offeringsOf(world: World, { notOffered }: Fleet): InstanceTypeOfferings {
  const offerings = new InstanceTypeOfferings(world);
  for (const { instanceType: type, zones } of notOffered) for (const zone of zones) offerings.withhold({ type, zone });
  return offerings;
}

/** Records launches in CloudTrail. */
function tellOfInstances({ world, instances, cloudTrail }: FleetState): void {
  instances.onLaunched((instance) => {
    const actor = instance.tags.has('aws:autoscaling:groupName') ? 'autoscaling' : 'operator';
    cloudTrail.did(actor, trailOfLaunch(instance, world.accountId));
  });
}

function seedDefaultHostManagement(
  { iam, serviceSettings, world }: FleetState,
  { defaultHostManagement }: Fleet,
): void {
  if (defaultHostManagement === 'none') return;
  const [path, name = ''] = DEFAULT_HOST_MANAGEMENT_ROLE.split('/');
  if (defaultHostManagement !== 'role-gone') {
    iam.addRole({
      name,
      path: `/${path}/`,
      trustPolicy: trustOf(defaultHostManagement === 'role-distrusts' ? 'ec2.amazonaws.com' : 'ssm.amazonaws.com'),
      attached: [`arn:${world.partition}:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy`],
    });
  }
  if (defaultHostManagement !== 'role') serviceSettings.set(DEFAULT_HOST_MANAGEMENT_ROLE, 'System');
}
