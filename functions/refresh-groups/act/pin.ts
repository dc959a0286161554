import { type AutoScalingClient, UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { Acted, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';

type Pinned = NonNullable<RefreshState['pinned']>;

/** The number of the version that a floating group resolves to now. */
export function pinOf({ group, template }: Observation, now: number): Pinned {
  if (group.source.kind !== 'floating' || template === undefined)
    throw new Error('Only a group that floats is pinned.');
  return { version: String(template.version), at: now };
}

/** Pins a floating group to that number. A repetition changes nothing more. */
export async function pin(
  { autoScaling }: { readonly autoScaling: AutoScalingClient },
  { group: { name, source } }: Observation,
  decision: Decision,
  pinned: Pinned,
): Promise<Acted> {
  if (source.kind !== 'floating') throw new Error('Only a group that floats is pinned.');
  const { $metadata } = await autoScaling.send(
    new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      LaunchTemplate: { LaunchTemplateId: source.templateId, Version: pinned.version },
    }),
  );
  const requestId = $metadata.requestId ?? '';
  return {
    decision: { ...decision, memory: { ...decision.memory, pinned } },
    calls: [{ service: 'autoscaling', operation: 'UpdateAutoScalingGroup', requestId }],
  };
}
