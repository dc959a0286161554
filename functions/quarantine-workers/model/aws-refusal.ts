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

/** Others change the same resource, or snapshots of it come too fast. */
const BUSY: ReadonlySet<string> = new Set(['ConcurrentTagAccess', 'SnapshotCreationPerVolumeRateExceeded']);

/**
 * Whether EC2 is busy with a resource for some seconds. A call whose reply was lost may have made it so: CreateSnapshots
 * has no idempotency token, and the SDK repeats it at once. Source: EC2 API reference, "Error codes for the Amazon EC2
 * API".
 */
export const isBusy = (error: unknown): error is Error => error instanceof Error && BUSY.has(error.name);
