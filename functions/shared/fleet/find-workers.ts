import type { EC2Client } from '@aws-sdk/client-ec2';
import type { MessageTrigger } from '../intake/messages.ts';
import type { WorkerScope } from '../intake/worker-batch.ts';
import type { DescribedInstance } from './described-instance.ts';
import { describeInstances, filtersByCluster, filtersOf, LIVE } from './instances.ts';
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
  const found = await describeInstances(ec2, [
    ...filtersOf('instance-id', [...instances.keys()]).map((filter) => [filter]),
    ...filtersByCluster([...clusters.keys()]).map((filter) => [LIVE, filter]),
  ]);
  return found.flatMap((instance) => {
    const { InstanceId: instanceId = '' } = instance;
    const worker = workerOf(instance);
    const trigger = instances.get(instanceId) ?? (worker && clusters.get(worker.cluster));
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger }];
  });
}
