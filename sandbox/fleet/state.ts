import { createAutoScaling } from '../account/auto-scaling.ts';
import { AutoScalingGroups } from '../account/auto-scaling-groups.ts';
import { createEc2 } from '../account/ec2.ts';
import { Images } from '../account/ec2-images.ts';
import { Instances } from '../account/ec2-instances.ts';
import { Networks } from '../account/ec2-network.ts';
import { createEks } from '../account/eks.ts';
import { AccessEntries } from '../account/eks-access-entries.ts';
import type { AmiReleases } from '../account/eks-ami-releases.ts';
import { EksState } from '../account/eks-state.ts';
import { NodeGroupUpdates } from '../account/eks-update-node-group.ts';
import { createIam } from '../account/iam.ts';
import { Iam, trustOf } from '../account/iam-state.ts';
import { createInspector } from '../account/inspector.ts';
import { Inspector } from '../account/inspector-state.ts';
import type { Service } from '../account/service.ts';
import { createSsm } from '../account/ssm.ts';
import { SsmAgents } from '../account/ssm-agents.ts';
import { agentRights } from '../account/ssm-agents-rights.ts';
import { Commands } from '../account/ssm-commands.ts';
import { ParameterStore } from '../account/ssm-parameters.ts';
import { PublicParameters } from '../account/ssm-public-parameters.ts';
import { DEFAULT_HOST_MANAGEMENT_ROLE, ServiceSettings } from '../account/ssm-service-settings.ts';
import { createSts } from '../account/sts.ts';
import type { World } from '../account/world.ts';
import type { Fleet } from './fleet.ts';
import { seedInspector } from './inspector.ts';
import { type Launcher, planLaunches } from './launches.ts';
import { knownReleases } from './releases.ts';
import { seedCluster } from './seeding.ts';

/** Everything that the fleet side of the account holds. */
export interface FleetState {
  readonly world: World;
  readonly releases: AmiReleases;
  readonly images: Images;
  readonly instances: Instances;
  readonly networks: Networks;
  readonly autoScalingGroups: AutoScalingGroups;
  readonly eks: EksState;
  readonly accessEntries: AccessEntries;
  readonly nodeGroupUpdates: NodeGroupUpdates;
  readonly iam: Iam;
  readonly parameters: ParameterStore;
  readonly serviceSettings: ServiceSettings;
  readonly agents: SsmAgents;
  readonly inspector: Inspector;
  readonly commands: Commands;
  /** What can launch another instance, by {@link launcherKey}. */
  readonly launchers: Map<string, Launcher>;
}

/** Makes the account's state of a fleet. `world`'s account, region and time must be the fleet's. */
export function seedFleet(world: World, fleet: Fleet): FleetState {
  const { releases } = knownReleases(fleet);
  const instances = new Instances(world);
  const autoScalingGroups = new AutoScalingGroups(world, instances);
  const eks = new EksState(world);
  const networks = new Networks(world);
  const iam = new Iam(world);
  const serviceSettings = new ServiceSettings(world);
  const agents = new SsmAgents(world, instances, {
    rightsOf: agentRights(world, iam, serviceSettings),
    reaches: (instance, service) => networks.reaches(instance, service),
  });
  const state: FleetState = {
    world,
    releases,
    images: new Images(world, releases),
    instances,
    networks,
    autoScalingGroups,
    eks,
    accessEntries: new AccessEntries(world, eks),
    iam,
    serviceSettings,
    agents,
    inspector: new Inspector(world, instances, agents),
    commands: new Commands(world, agents),
    launchers: new Map(),
    nodeGroupUpdates: new NodeGroupUpdates(world, eks, autoScalingGroups, releases),
    parameters: new ParameterStore(world, new PublicParameters(world, releases, fleet.windowsReleaseVersions)),
  };
  seedDefaultHostManagement(state, fleet);
  const random = world.random.fork('fleet');
  for (const cluster of fleet.clusters) seedCluster(state, cluster, random);
  planLaunches(state, fleet);
  seedInspector(state, fleet);
  // Only now: nobody was there before who could have waited for a change.
  iam.onChange(() => agents.reconsider());
  serviceSettings.onChange(() => agents.reconsider());
  return state;
}

function seedDefaultHostManagement(
  { iam, serviceSettings, world }: FleetState,
  { defaultHostManagement }: Fleet,
): void {
  if (defaultHostManagement === 'none') return;
  const [path, name = ''] = DEFAULT_HOST_MANAGEMENT_ROLE.split('/');
  iam.addRole({
    name,
    path: `/${path}/`,
    trustPolicy: trustOf('ssm.amazonaws.com'),
    attached: [`arn:${world.partition}:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy`],
  });
  if (defaultHostManagement === 'on') serviceSettings.set(DEFAULT_HOST_MANAGEMENT_ROLE, 'System');
}

/** The services that look at that state and change it: EKS, EC2, Auto Scaling, IAM, SSM, STS, Inspector. */
export function fleetServices(state: FleetState): Service[] {
  const { world, eks, nodeGroupUpdates, accessEntries, instances, images, networks, autoScalingGroups, iam } = state;
  return [
    createEks(world, eks, nodeGroupUpdates, accessEntries),
    createEc2(world, instances, images, networks, iam),
    createAutoScaling(autoScalingGroups),
    createIam(iam),
    createSsm(world, instances, state),
    createSts(world),
    createInspector(world, state.inspector, instances),
  ];
}
