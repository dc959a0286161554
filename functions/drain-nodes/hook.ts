import { DRAIN_HOOK_NAME } from '../shared/fleet/drain-hook.ts';

/**
 * The lifecycle hook on terminations that is made here. Hooks of other names are never completed, changed or removed.
 */
export const HOOK = {
  name: DRAIN_HOOK_NAME,
  /**
   * Seconds, the most that Auto Scaling takes. A lost event must not cost the drain: sweeps come once an hour. It
   * bounds how long a node waits where the function is broken. The global timeout is 48 hours then. Source: Auto
   * Scaling API reference, PutLifecycleHook and LifecycleHook.
   */
  heartbeatTimeout: 7_200,
  /**
   * Only an action that is abandoned, or times out so, has the instance retained. Source: Auto Scaling user guide,
   * "Configure instance retention".
   */
  defaultResult: 'ABANDON',
} as const;

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** What marks a node that is drained here, so that nothing new is scheduled onto it. */
export const DRAIN_TAINT = { key: 'eks-host-remediator/drain', value: 'true', effect: 'NoSchedule' } as const;
