import type { LaunchSpecification } from '../account/ec2/instances.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { DEFAULT_OS_IMAGE } from '../account/eks/node-os.ts';
import { LATEST_AGENT_VERSION } from '../account/ssm/agents.ts';
import { seedLaunchExposure } from './exposure.ts';
import type { FleetCluster } from './fleet.ts';
import type { OtherInstanceFile } from './schema-exposure.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

const DAY_MS = 86_400_000;
const RUNNING_AFTER_MS = 20_000;

/** Adds instances to a cluster's VPC that are not workers, however much they look like some. */
export function seedOtherInstances(state: FleetState, cluster: EksCluster, { otherInstances }: FleetCluster): void {
  const { world, instances } = state;
  for (const file of otherInstances) {
    const expose = seedLaunchExposure(state, cluster, file.exposure);
    for (let zone = 0; zone < file.count; zone += 1) {
      const specification = expose(specificationOf(state, cluster, file, zone));
      const at = file.at === undefined ? undefined : parseTime(file.at, world.time.now);
      if (at === undefined) instances.adopt(specification, world.time.now - 30 * DAY_MS);
      else {
        world.time.at(at, () => {
          instances.launch(specification, RUNNING_AFTER_MS, () => {});
        });
      }
    }
  }
}

function specificationOf(
  state: FleetState,
  { name: clusterName, vpcId, subnets, securityGroupId }: EksCluster,
  { name, tags, roleOf, metadataTokens }: OtherInstanceFile,
  zone: number,
): LaunchSpecification {
  const { images, networks } = state;
  const imageId = 'ami-0000000000000b0b0';
  images.addOwn(imageId, 'x86_64');
  const subnet = subnets[zone % subnets.length];
  const givesAddresses = networks.subnets.get(subnet?.id ?? '')?.mapPublicIpOnLaunch === true;
  return {
    imageId,
    instanceType: 't3.micro',
    architecture: 'x86_64',
    windows: false,
    osImage: DEFAULT_OS_IMAGE,
    subnetId: subnet?.id ?? '',
    availabilityZone: subnet?.availabilityZone ?? '',
    vpcId,
    securityGroupIds: [securityGroupId],
    publicAddress: givesAddresses ? 'automatic' : 'none',
    ipv6: false,
    cniInterfaces: [],
    tags: { ...tags, Name: name },
    agent: { agent: 'present', version: LATEST_AGENT_VERSION },
    commands: { updateFailure: undefined, script: undefined },
    instanceProfile:
      roleOf === undefined ? undefined : state.eks.findNodeGroup(clusterName, roleOf)?.hosts.instanceProfile,
    metadataEndpoint: 'enabled',
    metadataTokens,
    kubernetes: undefined,
  };
}
