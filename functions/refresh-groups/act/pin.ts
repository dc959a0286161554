import { type AutoScalingClient, UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { Acted, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';

/** Pins a floating group to the number of the version that it resolves to now. A repetition changes nothing more. */
export async function pin(
  { autoScaling }: { readonly autoScaling: AutoScalingClient },
  { group, template }: Observation,
  decision: Decision,
  now: number,
): Promise<Acted> {
  if (group.source.kind !== 'floating' || template === undefined)
    throw new Error('Only a group that floats is pinned.');
  const version = String(template.version);
  const { $metadata } = await autoScaling.send(
    new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName: group.name,
      LaunchTemplate: { LaunchTemplateId: group.source.templateId, Version: version },
    }),
  );
  const requestId = $metadata.requestId ?? '';
  return {
    decision: { ...decision, memory: { ...decision.memory, pinned: { version, at: now } } },
    calls: [{ service: 'autoscaling', operation: 'UpdateAutoScalingGroup', requestId }],
  };
}
