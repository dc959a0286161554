/**
 * Inspector's reasons for not scanning an instance that need no action: scanning starts by itself, AWS fixes it, or the
 * instance is stopped or gone. Source: Inspector API reference, ScanStatus ("No action required from the user").
 */
const NEED_NOBODY: ReadonlySet<string> = new Set([
  'SUCCESSFUL',
  'PENDING_INITIAL_SCAN',
  'PENDING_REVIVAL_SCAN',
  'SCAN_IN_PROGRESS',
  'INTERNAL_ERROR',
  'EC2_INSTANCE_STOPPED',
  'RESOURCE_STOPPED',
  'RESOURCE_TERMINATED',
]);

/** The action that lets Inspector scan, by its reason for not scanning. Source: Inspector API reference, ScanStatus. */
const CURES: Readonly<Record<string, string>> = {
  UNMANAGED_EC2_INSTANCE: 'no SSM agent answers: read the records of manage-ssm-agent about the worker',
  RESOURCE_UNMANAGED:
    'neither an SSM agent nor its own scanner answers: read the records of manage-ssm-agent about the worker',
  NO_INVENTORY:
    'SSM has sent no inventory yet: after 6 hours see whether the Inspector associations of SSM exist and run',
  STALE_INVENTORY: 'SSM sends no inventory any more: see whether the Inspector associations of SSM still run',
  UNSUPPORTED_OS: 'it does not support the operating system',
  EXCLUDED_BY_TAG: 'the tag InspectorEc2Exclusion leaves it out: take the tag off to have it scanned',
  ACCESS_DENIED: 'a policy of the organization or of the resource denies it: let Inspector in',
  ACCESS_DENIED_TO_ENCRYPTION_KEY: "the policy of the volume's KMS key keeps it out: let Inspector use the key",
  AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED:
    'its volumes are too large for a scan without agent: have its agent answer',
  AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED: 'a scan without agent takes too long: have its agent answer',
  NO_SCAN_CONFIGURATION_ASSOCIATED: 'no scan configuration of Inspector is for it: associate one',
  PENDING_DISABLE: 'its scanning is being switched off',
  DEEP_INSPECTION_NO_INVENTORY: 'packages of programming languages are not inventoried yet',
  DEEP_INSPECTION_COLLECTION_TIME_LIMIT_EXCEEDED: 'the inventory of packages of programming languages takes too long',
  DEEP_INSPECTION_PACKAGE_COLLECTION_LIMIT_EXCEEDED:
    'it has too many packages of programming languages: narrow the paths',
  DEEP_INSPECTION_DAILY_SSM_INVENTORY_LIMIT_EXCEEDED: 'the daily quota of SSM inventory is used up',
};

/** Whether the reason is worth reporting. Unknown reasons are reported, too. */
export const isWorthTelling = (reason: string): boolean => !NEED_NOBODY.has(reason);

/** Reasons that somebody has chosen, or of which manage-ssm-agent tells people. */
const TELL_NOBODY: ReadonlySet<string> = new Set([
  'EXCLUDED_BY_TAG',
  'PENDING_DISABLE',
  'UNMANAGED_EC2_INSTANCE',
  'RESOURCE_UNMANAGED',
]);

/** Whether people are to be told of the reason, besides the record. */
export const needsSomebody = (reason: string): boolean => !TELL_NOBODY.has(reason);

/** Reasons that lie in what a whole group runs, or in the account: another worker with one of them is no news. */
const OF_GROUP: ReadonlySet<string> = new Set([
  'NO_SCAN_CONFIGURATION_ASSOCIATED',
  'PENDING_DISABLE',
  'UNSUPPORTED_OS',
]);

/** Whether each worker that is not scanned for the reason is news. */
export const isOfWorker = (reason: string): boolean => !OF_GROUP.has(reason);

const HOUR = 3_600_000;

/** How old a worker must be to be reported for a reason, ms. Inspector scans it some minutes after its launch. */
export const settlesWithin = (reason: string): number => (reason === 'NO_INVENTORY' ? 6 * HOUR : HOUR);

/** A reason in a report: its code, and the action that lets Inspector scan, where known. */
export const reasonInWords = (reason: string, instances: string): string =>
  Object.hasOwn(CURES, reason) ? `${reason} (${instances}), ${CURES[reason]}` : `${reason} (${instances})`;
