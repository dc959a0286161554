/**
 * Whether an instance waits for a hook on its termination, or on the replacement of its root volume. Source: Auto Scaling
 * user guide, "Replace root volumes during instance refresh".
 */
export const isWaiting = (lifecycleState: string): boolean =>
  /(Terminating|ReplacingRootVolume):Wait$/.test(lifecycleState);

/** Whether the instance may wait for the hook. Whether it really does, the next heartbeat tells. */
export const isAtHook = (lifecycleState: string): boolean =>
  // On its way into a warm pool, by the states that the user guide names: docs/unverified.md.
  isWaiting(lifecycleState) || lifecycleState === 'Warmed:Pending:Wait';

/** Whether the instance is kept beside its group, because its hook was abandoned. */
export const isRetained = (lifecycleState: string): boolean => /:Retained$/.test(lifecycleState);

/**
 * States in a warm pool in which no kubelet runs, so that nothing is scheduled onto the node. A node that still had its
 * taint when a scale-out starts it would serve nobody until the next look.
 */
export const RESTS: ReadonlySet<string> = new Set(['Warmed:Stopped', 'Warmed:Hibernated']);

/**
 * States in which a node serves. Auto Scaling checks the health of one with a new root volume, and whether it shows
 * `InService` after that is not documented. Kubernetes itself keeps pods from a node that is not Ready yet.
 */
export const SERVES: ReadonlySet<string> = new Set(['InService', 'RootVolumeReplaced']);
