import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { Identity } from '../../shared/fleet/identity.ts';
import { firstLaunchOf } from '../../shared/fleet/instances.ts';
import { isIsolated } from '../../shared/fleet/scope.ts';
import { groupNameOf, whyNotOurs } from '../../shared/fleet/self-managed-groups.ts';
import { tagsOf } from '../../shared/fleet/worker.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { Member, Observation } from '../model/observation.ts';
import { sourceOf } from './read-group.ts';

/** What EC2 shows of instances, and whose workers they are, by id. */
interface Instances {
  readonly byId: ReadonlyMap<string, DescribedInstance>;
  readonly identities: ReadonlyMap<string, Identity>;
}

/**
 * A group with its members; a pure function.
 *
 * @param group as Auto Scaling describes it; undefined where it shows none
 */
export function groupView(
  { byId, identities }: Instances,
  key: NodeGroupKey,
  group: AutoScalingGroup | undefined,
): Omit<Observation['group'], 'tags'> {
  const { Instances = [] } = group ?? {};
  return {
    name: groupNameOf(key),
    source: group === undefined ? ({ kind: 'gone' } as const) : sourceOf(group),
    suspended: (group?.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    desired: group?.DesiredCapacity ?? 0,
    members: Instances.map(({ InstanceId = '', LifecycleState = '', ProtectedFromScaleIn = false }): Member => {
      const isNotOurs = whyNotOurs(byId.get(InstanceId), identities.get(InstanceId), key.cluster);
      const worker = identities.get(InstanceId)?.worker;
      const launchedAt = firstLaunchOf(byId.get(InstanceId) ?? {});
      return {
        id: InstanceId,
        lifecycleState: LifecycleState,
        imageId: byId.get(InstanceId)?.ImageId ?? '',
        isProtected: ProtectedFromScaleIn,
        isQuarantined: isIsolated(tagsOf(byId.get(InstanceId) ?? {})),
        ...(launchedAt !== undefined && { launchedAt }),
        ...(isNotOurs !== undefined && { isNotOurs }),
        ...(worker?.certain === true && worker.cluster === key.cluster && { hasJoined: true }),
      };
    }),
    ...(group?.AutoScalingGroupARN !== undefined && { arn: group.AutoScalingGroupARN }),
    ...(group?.Operator?.Principal !== undefined && { operator: group.Operator.Principal }),
  };
}
