import { type AutoScalingClient, paginateDescribeAutoScalingInstances } from '@aws-sdk/client-auto-scaling';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';
import type { DescribedInstance } from './described-instance.ts';
import { isIsolated } from './scope.ts';
import { AUTO_SCALING_GROUP_TAG, tagsOf } from './worker.ts';

/** DescribeAutoScalingInstances takes at most 50 ids. */
const INSTANCES_PER_CALL = 50;

/** Lifecycle states of instances in their Auto Scaling groups, by id. Instances outside of any group are missing. */
export function readLifecycleStates(
  autoScaling: AutoScalingClient,
  instances: readonly DescribedInstance[],
): Promise<Map<string, string>> {
  const grouped = instances.filter((instance) => tagsOf(instance)[AUTO_SCALING_GROUP_TAG] !== undefined);
  return lifecycleStatesOf(
    autoScaling,
    grouped.map(({ InstanceId = '' }) => InstanceId),
  );
}

/** Lifecycle states of members of Auto Scaling groups, by id. */
export async function lifecycleStatesOf(
  autoScaling: AutoScalingClient,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  const read = async (InstanceIds: string[]) => {
    for await (const page of paginateDescribeAutoScalingInstances({ client: autoScaling }, { InstanceIds })) {
      for (const { InstanceId = '', LifecycleState = '' } of page.AutoScalingInstances ?? []) {
        states.set(InstanceId, LifecycleState);
      }
    }
  };
  await pMap(chunks(ids, INSTANCES_PER_CALL), read, { concurrency: READ_CONCURRENCY });
  return states;
}

/**
 * Whether a worker is intentionally out of service: in standby, in a warm pool, being detached, terminating, or about to
 * get a new root volume. Sources: Auto Scaling user guide, "Amazon EC2 Auto Scaling instance lifecycle" and "Replace root
 * volumes during instance refresh".
 */
export const isOutOfService = (lifecycleState: string | undefined): boolean =>
  lifecycleState !== undefined &&
  /^(Terminat|Standby|EnteringStandby|Detach|Warmed|ReplacingRootVolume)/.test(lifecycleState);

/**
 * Whether an instance is in the warm pool of its group, or on its way into it. It is no worker, but may become one by
 * the AMI that it has. Source: Auto Scaling user guide, "Warm pools for Amazon EC2 Auto Scaling".
 */
export const isWarmed = (lifecycleState: string): boolean =>
  /^Warmed:(Pending|Running|Stopped|Hibernated)/.test(lifecycleState) && !lifecycleState.endsWith(':Retained');

/**
 * Why a worker gets neither advice nor a remedy: it is isolated on purpose, or somebody took it out of service.
 * Undefined when it is in service.
 */
export function whyNotServing(
  tags: Readonly<Record<string, string>>,
  lifecycleState: string | undefined,
): { readonly reason: 'in-quarantine' | 'out-of-service'; readonly message: string } | undefined {
  if (isIsolated(tags)) return { reason: 'in-quarantine', message: 'The worker is in quarantine.' };
  if (!isOutOfService(lifecycleState)) return undefined;
  return { reason: 'out-of-service', message: `Auto Scaling has the worker in ${lifecycleState}.` };
}
