/** The lifecycle hook on terminations that is made here. Hooks of other names are never completed, changed or removed. */
export const HOOK = {
  name: 'eks-host-remediator-drain',
  /**
   * Seconds. It bounds how long a node waits where nobody drains it, because the event is lost or the function is broken. One of
   * half an hour or more has the longest global timeout, 48 hours. Source: Auto Scaling API reference, LifecycleHook.
   */
  heartbeatTimeout: 3_600,
  /** Only an action that is abandoned, or times out so, has the instance retained. Source: Auto Scaling user guide, "Configure instance retention". */
  defaultResult: 'ABANDON',
} as const;

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** What marks a node that is drained here, so that nothing new is scheduled onto it. */
export const DRAIN_TAINT = { key: 'eks-host-remediator/drain', value: 'true', effect: 'NoSchedule' } as const;
