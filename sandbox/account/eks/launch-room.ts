import type { Instance } from '../ec2/instances.ts';
import type { EksNodeGroup, UpdateFailure } from './node-group.ts';

/** What a roll needs of the cluster and its subnets. */
export interface RollSurroundings {
  /** How many nodes a subnet has addresses for. */
  freeAddresses(subnetId: string): number;
  /** How many more instances like this one EC2's quota lets the account launch. */
  vcpuRoom(node: Instance): number;
  /** Whether EC2 offers an instance type in an Availability Zone. */
  isOffered(instanceType: string, availabilityZone: string): boolean;
  /** Evicts the pods of a node, as far as disruption budgets let them go. @returns how many are left */
  evictPods(node: Instance): number;
}

/**
 * Why EKS cannot launch nodes for a batch of old ones; undefined where it can. Launches come first unless the strategy
 * is MINIMAL.
 */
export function whyNoLaunch(
  { autoScalingGroup: { subnets, suspended }, capacityType, updateConfig }: EksNodeGroup,
  batch: readonly Instance[],
  around: RollSurroundings,
): UpdateFailure['errorCode'] | undefined {
  const [node] = batch;
  if (node === undefined) return undefined;
  const launchesFirst = updateConfig.updateStrategy !== 'MINIMAL';
  const free = subnets.reduce((sum, { id }) => sum + around.freeAddresses(id), 0);
  if (launchesFirst && free < batch.length) return 'InsufficientFreeAddresses';
  const isOffered = subnets.some(({ availabilityZone }) => around.isOffered(node.instanceType, availabilityZone));
  // The block has no room for more than the group has (EKS user guide, "Create a managed node group with Capacity Blocks
  // for ML": "set the desired size of the node group to 0").
  if (capacityType === 'CAPACITY_BLOCK') return 'NodeCreationFailure';
  // No node comes up where a launch fails (EKS user guide, "Troubleshoot managed node groups").
  if (!isOffered || suspended.has('Launch') || (launchesFirst && around.vcpuRoom(node) < batch.length))
    return 'NodeCreationFailure';
  return undefined;
}

/**
 * The index of the subnet for a node that replaces another one: in the same zone, or, where EC2 does not offer its type
 * there, in another one (Auto Scaling user guide, "Availability Zone distribution").
 */
export function zoneFor(
  { autoScalingGroup: { subnets } }: EksNodeGroup,
  { instanceType, availabilityZone }: Instance,
  around: RollSurroundings,
): number {
  const offered = subnets.filter((subnet) => around.isOffered(instanceType, subnet.availabilityZone));
  const same = offered.find((subnet) => subnet.availabilityZone === availabilityZone);
  return subnets.findIndex((subnet) => subnet === (same ?? offered[0]));
}
