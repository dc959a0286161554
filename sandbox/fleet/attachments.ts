import type { Instance } from '../account/ec2/instances.ts';
import type { NetworkInterface } from '../account/ec2/network-interfaces.ts';
import { trailOfAssociation, trailOfAttachment } from '../account/ec2/trail.ts';
import type { FleetState } from './state.ts';

/**
 * Attaches the things that an instance gets once it runs: the interfaces of the VPC CNI, and an Elastic IP address that
 * somebody associates. Instances that ran before already have them.
 */
export function attachWhenRunning(state: FleetState): void {
  const { world, instances, cloudTrail } = state;
  const random = world.random.fork('attachments');
  instances.onRunning((instance) => {
    const hasBeenRunning = instance.runningSince === instance.launchedAt;
    const soon = (task: () => void) => {
      if (hasBeenRunning) task();
      else {
        world.time.after(random.integer(5, 30) * 1000, () => {
          if (instance.state === 'running') task();
        });
      }
    };
    for (const groups of instance.cniInterfaces) {
      soon(() => {
        const attached = attachCniInterface(state, instance, groups);
        if (!hasBeenRunning) cloudTrail.did('node', trailOfAttachment(attached));
      });
    }
    for (let index = 0; index < (instance.branches ?? 0); index += 1)
      soon(() => addBranch(state, instance, !hasBeenRunning));
    if (instance.publicAddress === 'elastic') soon(() => associateNewAddress(state, instance, !hasBeenRunning));
  });
}

/** Allocates an Elastic IP address, and associates it with the primary interface of an instance. */
export function associateNewAddress(
  { networks, cloudTrail }: FleetState,
  { id, interfaces }: Pick<Instance, 'id' | 'interfaces'>,
  isNotified: boolean,
): void {
  const [primary] = interfaces;
  if (primary === undefined) return;
  const [privateIp] = primary.privateIps;
  const address = networks.addresses.allocate(new Map([['Name', `for ${id}`]]));
  const associationId = networks.addresses.associate(address, primary, privateIp);
  const { allocationId } = address;
  if (isNotified) cloudTrail.did('operator', trailOfAssociation(allocationId, primary, privateIp, associationId));
}

/**
 * Starts a pod with a security group of its own: the VPC resource controller gives it an interface. Somebody associates
 * an Elastic IP address with that, which CloudTrail records.
 */
function addBranch({ networks, instances, cloudTrail }: FleetState, instance: Instance, isNotified: boolean): void {
  const [trunk] = instance.interfaces;
  if (trunk === undefined) return;
  trunk.kind = 'trunk';
  const branch = networks.interfaces.addBranch(trunk, instances.newPrivateIp());
  networks.features.trunks.set(branch.id, trunk.id);
  const address = networks.addresses.allocate();
  const [privateIp] = branch.privateIps;
  const associationId = networks.addresses.associate(address, branch, privateIp);
  const { allocationId } = address;
  if (isNotified) cloudTrail.did('operator', trailOfAssociation(allocationId, branch, privateIp, associationId));
}

/**
 * Attaches another interface like the VPC CNI, with addresses for pods.
 * @param place another VPC and subnet than those of the instance
 */
export function attachCniInterface(
  { world, networks, instances }: FleetState,
  { id, vpcId, subnetId, availabilityZone, kubernetes, interfaces, addresses = 3 }: Instance,
  securityGroupIds: readonly string[],
  place: Readonly<Record<'vpcId' | 'subnetId', string>> = { vpcId, subnetId },
): NetworkInterface {
  const cluster: Array<[string, string]> =
    kubernetes === undefined ? [] : [['cluster.k8s.amazonaws.com/name', kubernetes.clusterName]];
  return networks.interfaces.attach({
    id: networks.interfaces.newId(),
    description: `aws-K8S-${id}`,
    ...place,
    availabilityZone,
    privateIps: [instances.newPrivateIp(), ...Array.from({ length: addresses - 1 }, () => instances.newPrivateIp())],
    securityGroupIds,
    tags: new Map([...cluster, ['node.k8s.amazonaws.com/instance_id', id]]),
    instanceId: id,
    deviceIndex: interfaces.length,
    attachedAt: world.time.now,
    automaticAddress: false,
  });
}
