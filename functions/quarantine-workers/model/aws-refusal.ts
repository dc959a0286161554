/** `InvalidGroup.Duplicate` means that another reconcile has made the group, and that reads do not show it yet. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'InvalidGroup.NotFound',
  'InvalidInstanceID.NotFound',
  'InvalidGroup.Duplicate',
]);

/**
 * Whether EC2 does not know a group or an instance. A new one may be unknown to some calls for up to half a minute (EC2
 * API reference, "Eventual consistency"). The next reconcile sees whether it is gone.
 */
export const isUnknownYet = (error: unknown): boolean => error instanceof Error && UNKNOWN.has(error.name);
