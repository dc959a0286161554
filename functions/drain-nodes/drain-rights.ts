import { arnHere, type Right } from '../shared/declaration/right.ts';

const groups = [arnHere('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')];

/** Those of managed node groups, which are EKS's, and those that opted out. */
const notKept = Object.fromEntries(
  ['eks:nodegroup-name', 'eks:cluster-name', 'eks-host-remediator:ignore'].map((key) => [
    `aws:ResourceTag/${key}`,
    'true',
  ]),
);

/** What a request that sets retention must not set besides. Source: service authorization reference of Auto Scaling. */
const notSet = Object.fromEntries(
  ['LaunchConfigurationName', 'LaunchTemplateVersionSpecified', 'MinSize', 'MaxSize', 'VPCZoneIdentifiers'].map(
    (key) => [`autoscaling:${key}`, 'true'],
  ),
);

/** The rights to make and remove a termination hook, to answer it, and to end what it retained. */
export const DRAIN_RIGHTS: readonly Right[] = [
  {
    sid: 'DrainHooks',
    actions: [
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:DeleteLifecycleHook',
      'autoscaling:PutLifecycleHook',
      'autoscaling:RecordLifecycleActionHeartbeat',
    ],
    resources: groups,
    conditions: { Null: notKept },
    wildcardReason: 'Any self-managed group may be one of workers, which is proven first; IAM knows no names of hooks.',
    unlessOff: 'drainRights',
  },
  {
    sid: 'Retention',
    actions: ['autoscaling:UpdateAutoScalingGroup'],
    resources: groups,
    conditions: { Null: { ...notKept, ...notSet } },
    wildcardReason: 'Any self-managed group may retain nodes that could not be drained.',
    unlessOff: 'drainRights',
  },
  {
    sid: 'EndRetained',
    actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
    resources: groups,
    conditions: { Null: notKept },
    wildcardReason: 'Only this call ends a retained instance; IAM cannot tell it from others of its group.',
    unlessOff: 'drainRights',
  },
];
