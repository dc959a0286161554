import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeLifecycleHooksCommand,
  paginateDescribeInstanceRefreshes,
} from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { DRAIN_HOOK_NAME } from '../../shared/fleet/drain-hook.ts';
import { describeImages } from '../../shared/fleet/images.ts';
import type { Drained } from '../../shared/ledger/drained-groups.ts';
import { imageOf } from '../../shared/releases/read-wanted-images.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import { knownRefresh } from '../model/known-refresh.ts';
import type { KnownRefresh, LaunchSource, Member, Observation } from '../model/observation.ts';
import { stayingMembers } from '../model/staying-members.ts';

/**
 * Reads the latest refreshes. An active one is the first. Auto Scaling gives them newest first, so the first page that has
 * any is enough; a page may be empty and have a token all the same.
 */
export async function readRefreshes(
  autoScaling: AutoScalingClient,
  AutoScalingGroupName: string,
): Promise<KnownRefresh[]> {
  const pages = paginateDescribeInstanceRefreshes({ client: autoScaling }, { AutoScalingGroupName });
  for await (const { InstanceRefreshes = [] } of pages)
    if (InstanceRefreshes.length > 0) return InstanceRefreshes.map(knownRefresh);
  return [];
}

/**
 * Whether somebody drains the group's nodes.
 *
 * @param drainedHere whether `drain-nodes` does; its hook alone says nothing, since it stands on where the cluster was
 *   closed since
 */
export async function readDrains(
  autoScaling: AutoScalingClient,
  AutoScalingGroupName: string,
  drainedHere: Drained | undefined,
): Promise<Observation['drains']> {
  const { LifecycleHooks = [] } = await autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  const names = LifecycleHooks.flatMap(({ LifecycleTransition, LifecycleHookName = '' }) =>
    LifecycleTransition === 'autoscaling:EC2_INSTANCE_TERMINATING' ? LifecycleHookName : [],
  );
  if (names.some((name) => name !== DRAIN_HOOK_NAME)) return true;
  if (names.length === 0 || drainedHere === undefined) return false;
  return drainedHere === 'drained' || 'in-doubt';
}

/** The AMIs of the workers in service and in the warm pool, oldest first; empty where EC2 does not show one of them. */
export async function readImages(ec2: EC2Client, members: readonly Member[]): Promise<MachineImage[]> {
  const serving = stayingMembers(members).filter(({ imageId }) => imageId !== '');
  const images = await describeImages(ec2, [...new Set(serving.map(({ imageId }) => imageId))]);
  const known = [...images.values()].flatMap((image) => imageOf(image) ?? []);
  // An AMI that EC2 does not show may be newer than all others, so none counts as the newest.
  if (known.length < new Set(serving.map(({ imageId }) => imageId)).size) return [];
  return known.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** The source of a group's launches. */
export function sourceOf({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup): LaunchSource {
  if (MixedInstancesPolicy !== undefined) return { kind: 'mixed' };
  if (LaunchTemplate === undefined) return { kind: 'launch-configuration' };
  // A specification without a version means the template's default version. Source: API reference,
  // LaunchTemplateSpecification.
  const { LaunchTemplateId: templateId = '', Version: version = '$Default' } = LaunchTemplate;
  return /^\d+$/.test(version) ? { kind: 'version', templateId, version } : { kind: 'floating', templateId, version };
}
