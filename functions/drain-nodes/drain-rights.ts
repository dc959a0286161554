import { arnHere, type Right } from '../shared/declaration/right.ts';

const groups = [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')];

const withoutTags = (tags: readonly string[]) =>
  Object.fromEntries(tags.map((tag) => [`aws:ResourceTag/${tag}`, 'true']));

/** Excludes groups of managed node groups, which are EKS's. */
const unmanaged = withoutTags(['eks:nodegroup-name', 'eks:cluster-name']);

/**
 * Excludes groups that opted out, too. Only what starts something needs that: what was made before must be taken back.
 */
const notKept = { ...unmanaged, ...withoutTags(['eks-host-remediator:ignore']) };

/**
 * What a request that sets retention must not set besides: all that IAM has a key for. It has none for the desired
 * capacity. Source: service authorization reference of Auto Scaling.
 */
const notSet = Object.fromEntries(
  [
    'CapacityReservationIds',
    'CapacityReservationResourceGroupArns',
    'ImageId',
    'InstanceTypes',
    'LaunchConfigurationName',
    'LaunchTemplateVersionSpecified',
    'MaxSize',
    'MinSize',
    'TargetCapacityTypes',
    'VPCZoneIdentifiers',
  ].map((key) => [`autoscaling:${key}`, 'true']),
);

/** The rights to make and remove a termination hook, to answer it, and to end what it retained. */
export const DRAIN_RIGHTS: readonly Right[] = [
  {
    sid: 'DrainHooks',
    actions: ['autoscaling:PutLifecycleHook'],
    resources: groups,
    conditions: { Null: notKept },
    wildcardReason: 'Any self-managed group may be one of workers, which is proven first; IAM knows no names of hooks.',
    unlessOff: 'drainRights',
  },
  {
    sid: 'AnswerHooks',
    actions: [
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:DeleteLifecycleHook',
      'autoscaling:RecordLifecycleActionHeartbeat',
    ],
    resources: groups,
    conditions: { Null: unmanaged },
    wildcardReason:
      'Any self-managed group may have the hook, also one that opted out since; IAM knows no names of hooks.',
    unlessOff: 'drainRights',
  },
  {
    sid: 'Retention',
    actions: ['autoscaling:UpdateAutoScalingGroup'],
    resources: groups,
    conditions: { Null: { ...unmanaged, ...notSet } },
    wildcardReason: 'Any self-managed group may retain nodes that could not be drained.',
    unlessOff: 'drainRights',
  },
  {
    sid: 'EndRetained',
    actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
    resources: groups,
    conditions: { Null: notKept },
    wildcardReason:
      'Only this call ends a retained instance, or one ahead of an event that EC2 has scheduled, by the hook of its group; IAM cannot tell it from others of its group.',
    unlessOff: 'drainRights',
  },
];
