/** The last: another reconcile has made the group, and reads do not show it yet. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'InvalidGroup.NotFound',
  'InvalidInstanceID.NotFound',
  'InvalidGroup.Duplicate',
]);

/**
 * EC2 does not know a group or an instance: one that was just made may be unknown to some calls for up to half a minute
 * (EC2 API reference, "Eventual consistency"), and one that is gone is seen to be gone by the next look.
 */
export const isUnknownYet = (error: unknown): boolean => error instanceof Error && UNKNOWN.has(error.name);
