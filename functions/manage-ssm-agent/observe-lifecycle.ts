import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import pMap from 'p-map';
import type { FoundWorker } from '../shared/fleet/find-workers.ts';
import { tagsOf } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';

/** DescribeAutoScalingInstances takes at most 50 ids. */
const INSTANCES_PER_CALL = 50;

/** Where workers stand in their Auto Scaling groups, by instance id; one outside of any group is missing. */
export async function readLifecycleStates(
  autoScaling: AutoScalingClient,
  workers: readonly FoundWorker[],
): Promise<Map<string, string>> {
  const grouped = workers.filter(({ instance }) => tagsOf(instance)['aws:autoscaling:groupName'] !== undefined);
  const ids = grouped.map(({ instanceId }) => instanceId);
  const read = async (InstanceIds: string[]) => {
    const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds });
    return (await autoScaling.send(asked)).AutoScalingInstances ?? [];
  };
  const found = await pMap(chunks(ids, INSTANCES_PER_CALL), read, { concurrency: READ_CONCURRENCY });
  return new Map(found.flat().map(({ InstanceId = '', LifecycleState = '' }) => [InstanceId, LifecycleState]));
}

/**
 * Whether a worker is out of service by somebody's will: in standby, in a warm pool, being detached, or on its way out.
 * Source: "Amazon EC2 Auto Scaling instance lifecycle", Auto Scaling user guide.
 */
export const isOutOfService = (lifecycleState: string | undefined): boolean =>
  lifecycleState !== undefined && /^(Terminat|Standby|EnteringStandby|Detach|Warmed)/.test(lifecycleState);
