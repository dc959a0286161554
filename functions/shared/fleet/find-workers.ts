import type { EC2Client } from '@aws-sdk/client-ec2';
import type { MessageTrigger } from '../intake/messages.ts';
import type { WorkerScope } from '../intake/worker-batch.ts';
import { describeClusterInstances } from './cluster-instances.ts';
import type { DescribedInstance } from './described-instance.ts';
import { describeInstances, filtersOf, LIVE } from './instances.ts';
import { type Worker, workerOf } from './worker.ts';

/** A worker that a reconcile is about. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly instance: DescribedInstance;
  readonly worker: Worker;
  readonly trigger: MessageTrigger;
}

/**
 * Finds the workers of the scope, with a few calls for a thousand of them. Instances that are not workers are left out.
 */
export async function findWorkers(
  ec2: EC2Client,
  { instances, clusters }: Pick<WorkerScope, 'instances' | 'clusters'>,
): Promise<FoundWorker[]> {
  const named = filtersOf('instance-id', [...instances.keys()]).map((filter) => [filter]);
  const [ofNames, ofClusters] = await Promise.all([
    describeInstances(ec2, named),
    describeClusterInstances(ec2, [...clusters.keys()], { states: LIVE, operated: true }),
  ]);
  const found = new Map([...ofNames, ...ofClusters].map((instance) => [instance.InstanceId ?? '', instance]));
  return [...found].flatMap(([instanceId, instance]) => {
    const worker = workerOf(instance);
    const trigger = instances.get(instanceId) ?? (worker && clusters.get(worker.cluster));
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger }];
  });
}
