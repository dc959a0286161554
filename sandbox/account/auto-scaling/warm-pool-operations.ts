import {
  DeleteWarmPool$,
  type DeleteWarmPoolCommandInput,
  type DeleteWarmPoolCommandOutput,
  DescribeWarmPool$,
  type DescribeWarmPoolCommandInput,
  type DescribeWarmPoolCommandOutput,
  PutWarmPool$,
  type PutWarmPoolCommandInput,
  type PutWarmPoolCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import { describeMember, describeWarmPool } from './descriptions.ts';
import type { AutoScalingGroup, Member, WarmPool } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';
import { isWarm, pooledMembers } from './warm-pools.ts';

/** Source: API reference, DescribeWarmPool. */
const MAX_PAGE = 50;

const invalid = (message: string) => new AwsError('ValidationError', message);

/** The operations on warm pools. AWS does not document the texts of the refusals. */
export function warmPoolOperations(
  groups: AutoScalingGroups,
  groupPermissions: (action: string) => (input: { AutoScalingGroupName: string | undefined }) => Permission[],
): Service['operations'] {
  const existing = (name = ''): AutoScalingGroup => groups.existing(name);
  return {
    DescribeWarmPool: operation<DescribeWarmPoolCommandInput, DescribeWarmPoolCommandOutput>(
      DescribeWarmPool$,
      ['AutoScalingGroupName', 'MaxRecords', 'NextToken'],
      ({ AutoScalingGroupName, MaxRecords = MAX_PAGE, NextToken }) => {
        const group = existing(AutoScalingGroupName);
        if (MaxRecords < 1 || MaxRecords > MAX_PAGE) {
          throw invalid(`MaxRecords must be between 1 and ${MAX_PAGE}`);
        }
        if (group.warmPool === undefined) return { Instances: [] };
        const id = ({ instance }: Member) => instance.id;
        const { items, nextToken } = pageOf(pooledMembers(group).sort(byText(id)), id, MaxRecords, NextToken, () => {
          return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
        });
        return {
          WarmPoolConfiguration: describeWarmPool(group.warmPool),
          Instances: items.map((member) => describeMember(group, member)),
          NextToken: nextToken,
        };
      },
    ),
    PutWarmPool: operation<PutWarmPoolCommandInput, PutWarmPoolCommandOutput>(
      PutWarmPool$,
      ['AutoScalingGroupName', 'MaxGroupPreparedCapacity', 'MinSize', 'PoolState', 'InstanceReusePolicy'],
      (input) => {
        const group = existing(input.AutoScalingGroupName);
        if (group.tags['eks:nodegroup-name'] !== undefined) {
          throw new NotImplemented('PutWarmPool of the group of a managed node group');
        }
        if (group.launchesFrom === 'mixed-instances' || group.launchesFrom === 'instance-requirements') {
          throw new NotImplemented('PutWarmPool of a group with a mixed instances policy');
        }
        // Source: API reference, PutWarmPool, Errors.
        if (group.isLocked === true) {
          throw new AwsError('InstanceRefreshInProgress', 'An active instance refresh already exists for the group.');
        }
        group.warmPool = poolAfter(input, group.warmPool);
        groups.settleSoon(group);
        return {};
      },
      groupPermissions('PutWarmPool'),
    ),
    DeleteWarmPool: operation<DeleteWarmPoolCommandInput, DeleteWarmPoolCommandOutput>(
      DeleteWarmPool$,
      ['AutoScalingGroupName', 'ForceDelete'],
      ({ AutoScalingGroupName, ForceDelete = false }) => {
        const group = existing(AutoScalingGroupName);
        if (group.warmPool === undefined) throw invalid(`No warm pool found for Auto Scaling group ${group.name}`);
        if (!ForceDelete && !pooledMembers(group).every(isWarm)) {
          throw new AwsError('ScalingActivityInProgress', 'There are scaling activities in progress in the warm pool.');
        }
        group.warmPool = { ...group.warmPool, isEnding: true };
        groups.settleSoon(group);
        return {};
      },
      groupPermissions('DeleteWarmPool'),
    ),
  };
}

/** The settings after a put. Omitted members stay unchanged; -1 removes a maximum of prepared capacity. */
function poolAfter(
  { MaxGroupPreparedCapacity, MinSize, PoolState, InstanceReusePolicy }: PutWarmPoolCommandInput,
  known: WarmPool | undefined,
): WarmPool {
  if (MinSize !== undefined && MinSize < 0) throw invalid('MinSize must not be negative.');
  if (MaxGroupPreparedCapacity !== undefined && MaxGroupPreparedCapacity < -1) {
    throw invalid('MaxGroupPreparedCapacity must be -1 or more.');
  }
  if (PoolState !== undefined && PoolState !== 'Stopped' && PoolState !== 'Running' && PoolState !== 'Hibernated') {
    throw invalid(`The state of a warm pool must be Stopped, Running or Hibernated, and not ${PoolState}.`);
  }
  const maxPrepared = MaxGroupPreparedCapacity ?? known?.maxPrepared ?? -1;
  return {
    minSize: MinSize ?? known?.minSize ?? 0,
    maxPrepared: maxPrepared === -1 ? undefined : maxPrepared,
    state: PoolState ?? known?.state ?? 'Stopped',
    reuseOnScaleIn: InstanceReusePolicy?.ReuseOnScaleIn ?? known?.reuseOnScaleIn ?? false,
  };
}
