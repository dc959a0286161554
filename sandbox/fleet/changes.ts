import type { Instance } from '../account/ec2/instances.ts';
import { tcpIngress } from '../account/ec2/security-groups.ts';
import { trailOfAttachment, trailOfIngress } from '../account/ec2/trail.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { associateNewAddress, attachCniInterface } from './attachments.ts';
import { openGroup } from './exposure.ts';
import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

type Change = Fleet['changes'][number];

/** Schedules the changes to workers that somebody makes during the run, by the fleet file. */
export function planChanges(state: FleetState, { changes }: Fleet): void {
  const { time } = state.world;
  const startsAt = time.now;
  for (const change of changes)
    time.at(parseTime(change.at, startsAt) ?? startsAt, () => {
      if (!change.mayLack || workersOf(state, change).found[change.index] !== undefined)
        carryOut(state, change, startsAt);
    });
}

function carryOut(state: FleetState, change: Change, startsAt: number): void {
  const { networks, cloudTrail, eks, world } = state;
  const cluster = eks.cluster(change.cluster);
  const { authorizeIngress, attachInterface, stopKubelet } = change;
  if (stopKubelet !== undefined) {
    const worker = workerOf(state, change);
    const until = stopKubelet.until === undefined ? undefined : parseTime(stopKubelet.until, startsAt);
    state.kubelets.stop(worker);
    if (until !== undefined) world.time.at(until, () => state.kubelets.start(worker));
  }
  if (change.associateAddress) associateNewAddress(state, workerOf(state, change), true);
  if (authorizeIngress !== undefined) {
    const { port, cidr } = authorizeIngress;
    const group = networks.securityGroups.get(cluster.securityGroupId);
    if (group === undefined) throw new Error(`cluster ${cluster.name} has no security group`);
    const added = networks.securityGroups.add(group, [tcpIngress(port, port, cidr)]);
    cloudTrail.did('operator', trailOfIngress(group.id, added, world.accountId));
  }
  if (attachInterface !== undefined) {
    const { openPorts, vpcOf, associateAddress } = attachInterface;
    const worker = workerOf(state, change);
    const owner = vpcOf === undefined ? cluster : eks.cluster(vpcOf);
    const place = vpcOf === undefined ? undefined : { vpcId: owner.vpcId, subnetId: subnetBeside(owner, worker) };
    const open = openPorts.length === 0 ? [] : [openGroup(state, owner.vpcId, openPorts)];
    const attached = attachCniInterface(state, worker, [owner.securityGroupId, ...open], place);
    cloudTrail.did('operator', trailOfAttachment(attached));
    if (associateAddress) associateNewAddress(state, { id: worker.id, interfaces: [attached] }, true);
  }
}

/**
 * A subnet of another cluster's VPC in the Availability Zone of an instance: EC2 attaches no interface of another zone.
 * Source: EC2 user guide, "Multiple network interfaces for your Amazon EC2 instances" (dual-homed instances).
 * @throws Error where the VPC has none
 */
function subnetBeside(owner: EksCluster, { availabilityZone }: Instance): string {
  const found = owner.subnets.find((subnet) => subnet.availabilityZone === availabilityZone);
  if (found === undefined) throw new Error(`the VPC of cluster ${owner.name} has no subnet in ${availabilityZone}`);
  return found.id;
}

/** @throws Error when the group has too few workers then, so that the file asks for something impossible */
function workerOf(state: FleetState, change: Change): Instance {
  const { cluster, index, at } = change;
  const { value, found } = workersOf(state, change);
  const worker = found[index];
  if (worker !== undefined) return worker;
  throw new Error(`changes at ${at}: ${value} of cluster ${cluster} has only ${found.length} running workers then`);
}

/** The running workers of the group that a change names, and the group's name in their tags. */
function workersOf({ instances }: FleetState, change: Change) {
  const { cluster, nodeGroup, selfManagedGroup, karpenterNodePool } = change;
  const [key, value] =
    nodeGroup !== undefined
      ? ['eks:nodegroup-name', nodeGroup]
      : selfManagedGroup !== undefined
        ? ['aws:autoscaling:groupName', `${cluster}-${selfManagedGroup}`]
        : ['karpenter.sh/nodepool', karpenterNodePool];
  const found = instances
    .list()
    .filter(({ state, kubernetes }) => state === 'running' && kubernetes?.clusterName === cluster)
    .filter(({ tags }) => tags.get(key ?? '') === value);
  return { value, found };
}
