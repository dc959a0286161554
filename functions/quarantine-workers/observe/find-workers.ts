import type { EC2Client } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { describeInstances, filtersOf } from '../../shared/fleet/instances.ts';
import { type Worker, workerOf } from '../../shared/fleet/worker.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { Scope } from '../batch.ts';
import type { QuarantineState } from '../model/quarantine-ledger.ts';
import { trunksOfPods } from './observe-interfaces.ts';
import { usersOfShared } from './observe-shared.ts';
import { describeClusters, describePresent, workerIn } from './view-workers.ts';

/** A worker that was found, with the triggers of its reconcile. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly instance: DescribedInstance;
  readonly worker: Worker;
  /** The first trigger. */
  readonly trigger: MessageTrigger;
  /** All triggers. */
  readonly triggers: readonly MessageTrigger[];
}

/** Adds to a scope what its resources stand for: users of shared resources, and workers that carry pods' interfaces. */
export async function widen(ec2: EC2Client, asked: Scope): Promise<Scope> {
  const named: Scope = { ...asked, ...(await usersOfShared(ec2, asked)) };
  return { ...named, interfaces: new Map([...(await trunksOfPods(ec2, named)), ...named.interfaces]) };
}

/** Finds the workers of a scope by whatever names them: id, request, interface, security group, VPC or cluster. */
export async function findWorkers(ec2: EC2Client, scope: Scope): Promise<FoundWorker[]> {
  const { instances, interfaces, securityGroups, vpcs, clusters, requests } = scope;
  const queries = [
    ...filtersOf('instance-id', [...new Set([...instances.keys(), ...requests.keys()])]),
    ...filtersOf('network-interface.network-interface-id', [...interfaces.keys()]),
    ...filtersOf('network-interface.group-id', [...securityGroups.keys()]),
  ].map((filter) => [filter]);
  const found = await Promise.all([
    describeInstances(ec2, queries),
    describeClusters(ec2, [...clusters.keys()]),
    describePresent(ec2, filtersOf('network-interface.vpc-id', [...vpcs.keys()])),
  ]);
  const byId = new Map(found.flat().map((instance) => [instance.InstanceId ?? '', instance]));
  return [...byId].flatMap(([instanceId, instance]): FoundWorker[] => {
    const worker = workerOf(instance);
    if (worker === undefined) return [];
    const triggers = triggersOf(instanceId, instance, worker, scope);
    const [trigger] = triggers;
    return trigger === undefined ? [] : [{ instanceId, instance, worker, trigger, triggers }];
  });
}

/** Finds the workers in quarantine among those wanted, by id: somebody may have removed their tags. They stay managed. */
export async function findIsolated(
  ec2: EC2Client,
  wanted: ReadonlyMap<string, MessageTrigger>,
  states: ReadonlyMap<string, QuarantineState>,
): Promise<FoundWorker[]> {
  const isolated = [...wanted.keys()].filter((id) => states.get(id)?.quarantine !== undefined);
  const queries = filtersOf('instance-id', isolated).map((filter) => [filter]);
  return (await describeInstances(ec2, queries)).flatMap((instance): FoundWorker[] => {
    const { InstanceId: instanceId = '' } = instance;
    const [trigger, quarantine] = [wanted.get(instanceId), states.get(instanceId)?.quarantine];
    if (trigger === undefined || quarantine === undefined) return [];
    return [{ instanceId, instance, worker: workerIn(instance, quarantine), trigger, triggers: [trigger] }];
  });
}

function triggersOf(instanceId: string, instance: DescribedInstance, worker: Worker, scope: Scope): MessageTrigger[] {
  const interfaces = instance.NetworkInterfaces ?? [];
  const byInterface = interfaces.map(({ NetworkInterfaceId = '' }) => scope.interfaces.get(NetworkInterfaceId));
  const groups = interfaces.flatMap(({ Groups = [] }) => Groups);
  const byGroup = groups.map(({ GroupId = '' }) => scope.securityGroups.get(GroupId));
  return [
    scope.requests.get(instanceId)?.trigger,
    scope.instances.get(instanceId),
    ...byInterface,
    ...byGroup,
    ...[instance.VpcId, ...interfaces.map(({ VpcId }) => VpcId)].map((vpcId = '') => scope.vpcs.get(vpcId)),
    scope.clusters.get(worker.cluster),
  ].filter((trigger) => trigger !== undefined);
}
