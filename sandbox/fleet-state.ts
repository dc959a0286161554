import { createAutoScaling } from './account/auto-scaling.ts';
import { AutoScalingGroups } from './account/auto-scaling-groups.ts';
import { createEc2 } from './account/ec2.ts';
import { Images } from './account/ec2-images.ts';
import { Instances } from './account/ec2-instances.ts';
import { createEks } from './account/eks.ts';
import type { AmiReleases } from './account/eks-ami-releases.ts';
import { EksState } from './account/eks-state.ts';
import { NodeGroupUpdates } from './account/eks-update-node-group.ts';
import type { Service } from './account/service.ts';
import { createSsm } from './account/ssm.ts';
import { ParameterStore } from './account/ssm-parameters.ts';
import { PublicParameters } from './account/ssm-public-parameters.ts';
import { createSts } from './account/sts.ts';
import type { World } from './account/world.ts';
import type { Fleet } from './fleet.ts';
import { knownReleases } from './fleet-releases.ts';
import { seedCluster } from './fleet-seeding.ts';

/** Everything that the fleet side of the account holds. */
export interface FleetState {
  readonly world: World;
  readonly releases: AmiReleases;
  readonly images: Images;
  readonly instances: Instances;
  readonly autoScalingGroups: AutoScalingGroups;
  readonly eks: EksState;
  readonly nodeGroupUpdates: NodeGroupUpdates;
  readonly parameters: ParameterStore;
}

/** Makes the account's state of a fleet. `world`'s account, region and time must be the fleet's. */
export function seedFleet(world: World, fleet: Fleet): FleetState {
  const { releases } = knownReleases(fleet);
  const instances = new Instances(world);
  const autoScalingGroups = new AutoScalingGroups(world, instances);
  const eks = new EksState(world);
  const state: FleetState = {
    world,
    releases,
    images: new Images(world, releases),
    instances,
    autoScalingGroups,
    eks,
    nodeGroupUpdates: new NodeGroupUpdates(world, eks, autoScalingGroups, releases),
    parameters: new ParameterStore(world, new PublicParameters(world, releases, fleet.windowsReleaseVersions)),
  };
  const random = world.random.fork('fleet');
  for (const cluster of fleet.clusters) seedCluster(state, cluster, random);
  return state;
}

/** The services that look at that state and change it: EKS, EC2, Auto Scaling, SSM, STS. */
export function fleetServices(state: FleetState): Service[] {
  const { world, eks, nodeGroupUpdates, instances, images, autoScalingGroups, parameters } = state;
  return [
    createEks(world, eks, nodeGroupUpdates),
    createEc2(world, instances, images),
    createAutoScaling(autoScalingGroups),
    createSsm(world, parameters, instances),
    createSts(world),
  ];
}
