import type { FaultPlan } from '../../../sandbox/account/faults.ts';
import type { Draw } from '../choices.ts';
import type { Ground, Part } from '../part.ts';

/** A call that a policy of the organization, or a webhook of a cluster, denies to all functions for some hours. */
export interface Denial {
  readonly operation: string;
  readonly fromMinute: number;
  readonly untilMinute: number;
}

/**
 * The calls that may be denied: nothing is lost, and once they are allowed again all heals by itself. Others are no less
 * safe, but without them a function sees nothing at all, such as instances or its policy, or leaves something behind, such
 * as the installer of agents: its messages become dead letters, of which an alarm tells.
 */
const OPERATIONS = [
  ...[
    'AssociateAddress',
    'AuthorizeSecurityGroupEgress',
    'AuthorizeSecurityGroupIngress',
    'CreateLaunchTemplateVersion',
  ],
  ...['CreateSecurityGroup', 'CreateTags', 'DeleteTags', 'DisassociateAddress', 'ModifyInstanceAttribute'],
  ...['ModifyInstanceMetadataOptions', 'ModifyNetworkInterfaceAttribute', 'RevokeSecurityGroupEgress'],
  ...['TerminateInstances', 'DescribeDhcpOptions', 'DescribeInstanceAttribute', 'DescribeInstanceConnectEndpoints'],
  ...['DescribeInstanceImageMetadata', 'DescribeInstanceStatus', 'DescribeInstanceTypeOfferings'],
  ...['DescribeInstanceTypes', 'DescribeLaunchTemplateVersions', 'DescribeLaunchTemplates', 'DescribeNatGateways'],
  ...['DescribeTargetGroups', 'DescribeVolumes', 'DescribeVpcEndpoints', 'GetEbsEncryptionByDefault'],
  ...['CompleteLifecycleAction', 'DescribeInstanceRefreshes', 'DescribeLifecycleHooks', 'DetachInstances'],
  ...['EnterStandby', 'ExitStandby', 'PutLifecycleHook', 'RecordLifecycleActionHeartbeat', 'StartInstanceRefresh'],
  ...['TerminateInstanceInAutoScalingGroup', 'UpdateAutoScalingGroup'],
  ...[
    'DescribeAccessEntry',
    'DescribeCluster',
    'DescribeNodegroup',
    'DescribeUpdate',
    'ListInsights',
    'ListNodegroups',
  ],
  ...['ListUpdates', 'UpdateNodegroupVersion'],
  ...['GetCalendarState', 'GetCommandInvocation', 'GetConnectionStatus', 'GetDocument', 'GetParameters'],
  ...['GetServiceSetting', 'ListCommandInvocations', 'SendCommand'],
  ...['AttachRolePolicy', 'GetInstanceProfile', 'GetRole', 'ListAttachedRolePolicies', 'ListRolePolicies'],
  ...['BatchGetAccountStatus', 'ListCoverage', 'ListFindingAggregations', 'ListFindings'],
  ...['DescribeAlarms', 'GetMetricData', 'GetQueueAttributes'],
  ...['GET ec2nodeclasses', 'GET nodeclaims', 'GET nodepools', 'GET nodes', 'GET poddisruptionbudgets', 'GET pods'],
  ...['PATCH daemonsets', 'PATCH ec2nodeclasses', 'PATCH nodes', 'POST pods/eviction'],
];

/** The members of a scenario for it. */
export interface OfDenials {
  /** Absent: nothing is denied. */
  readonly denials?: readonly Denial[];
}

/** How long before the last step of a day nothing is denied any more, minutes: what was left is to heal within the day. */
const OVER_BEFORE = 60;

/** Draws denied calls for an eighth of all days. */
function drawDenials(draw: Draw, { busyMinutes }: Ground): OfDenials {
  if (!draw.happens(0.12)) return {};
  const last = busyMinutes - OVER_BEFORE;
  return {
    denials: draw.some(1, 3, () => {
      const fromMinute = draw.number(0, last - 60);
      return {
        operation: draw.of('EnterStandby', ...OPERATIONS),
        fromMinute,
        untilMinute: Math.min(last, fromMinute + draw.number(30, 360)),
      };
    }),
  };
}

/** The faults of a day with its denied calls. */
export const faultsWith = (faults: FaultPlan, { denials }: OfDenials): FaultPlan =>
  denials === undefined
    ? faults
    : {
        ...faults,
        refusals: denials.map(({ operation, fromMinute, untilMinute }) => ({
          operation,
          as: 'denied' as const,
          from: fromMinute * 60_000,
          until: untilMinute * 60_000,
        })),
      };

export const DENIALS: Part<OfDenials> = { stream: 'denials', draw: drawDenials };
