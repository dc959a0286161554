/** What whoever is woken by an alarm should know at once. Each has a section of its own in docs/runbook.md. */
interface Entry {
  /** What it means, of the function or queue that the alarm is about. */
  readonly means: (subject: string) => string;
  /** The first command to run. */
  readonly first: string;
  /** What to do then. */
  readonly next: string;
  /** Whether the remediator itself is not well: then the composite alarm fires, too. */
  readonly unhealthy?: boolean;
}

/** Runs that said themselves that they failed, and those that were stopped before they could: Lambda reports these. */
const FAILURES = `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.level = "ERROR" || ($.type = "platform.report" && $.record.status != "success") }'`;
const records = (pattern: string): string =>
  `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "record" && ${pattern} }'`;

/** What an operator can do about a worker in quarantine. */
const END_QUARANTINE =
  'npm run -s remediator -- release INSTANCE --why "…", or remediator -- terminate, or remediator -- extend with --by 3d.';

/** The sections, by their anchors. */
const ENTRIES = {
  'dead-letters': {
    means: (subject) => `${subject} could not use some requests: they lie in its dead-letter queue.`,
    first: records('$.reason = "invalid-event"'),
    next: 'Correct the sender, or what failed; then redrive the queue.',
    unhealthy: true,
  },
  undelivered: {
    means: (subject) => `EventBridge could not deliver events to ${subject}.`,
    first: 'aws sqs receive-message --queue-url QUEUE_URL --message-attribute-names All',
    next: 'ERROR_CODE names the reason. The sweep makes up for what was lost; purge the queue when the cause is cured.',
    unhealthy: true,
  },
  'waiting-requests': {
    means: (subject) =>
      `A request has waited for ${subject} for more than an hour: the function fails, hangs or is not invoked.`,
    first: FAILURES,
    next: 'Cure what the last error names; without one, see whether the event source mapping is enabled: aws lambda list-event-source-mappings. The requests are then worked off by themselves.',
  },
  'function-errors': {
    means: (subject) => `${subject} ended with an error. What it was about comes again by itself.`,
    first: FAILURES,
    next: 'One error that does not come again needs nothing. Else cure what it names: mostly a missing permission.',
    unhealthy: true,
  },
  throttles: {
    means: (subject) => `Lambda had no room to run ${subject}.`,
    first: 'aws lambda get-account-settings',
    next: 'Find who uses up the concurrency of the account, or have the quota raised.',
    unhealthy: true,
  },
  'policy-invalid': {
    means: () => 'The policy cannot be read or is invalid: nothing acts.',
    first: records('$.reason = "policy-invalid"'),
    next: 'The record names the field. Correct the SSM parameter: it is read again within 30 seconds, at the next reconcile.',
    unhealthy: true,
  },
  'stale-sweep': {
    means: () => 'Three sweeps in a row did not finish: events that were lost since are not made up for.',
    first: FAILURES,
    next: 'See whether the rule of sweep-fleet is enabled and whether the function fails.',
    unhealthy: true,
  },
  'upgrade-failed': {
    means: () => 'The upgrade of a node group failed. It is tried again by itself, up to upgrades.stopAfterFailures.',
    first: records('$.reason = "upgrade-*"'),
    next: "The record of decision failed names EKS's error and what stands behind it.",
  },
  'breaker-tripped': {
    means: () =>
      'A node group is halted: its upgrade failed as often as the policy allows. No further attempt is made.',
    first: records('$.reason = "halted"'),
    next: 'Cure what the upgrade-failed records name, then: npm run -s remediator -- resume CLUSTER/NODEGROUP --why "…". A newer release starts afresh by itself.',
  },
  'upgrade-stuck': {
    means: () => 'An upgrade has been under way for longer than it should take. It holds its slot of the blast budget.',
    first: records('$.reason = "upgrade-in-flight"'),
    next: 'aws eks describe-update shows where EKS stands; look for pods that cannot be evicted and nodes that do not join.',
  },
  'agent-failed': {
    means: () => 'A worker does not answer in Systems Manager, and what was tried did not help.',
    first: records('$.remediation = "manage-ssm-agent" && $.decision = "failed"'),
    next: 'The record names the missing piece and what to do.',
  },
  'quarantine-failed': {
    means: () => 'A worker could not be isolated, or not be given back all that it had.',
    first: records('$.remediation = "quarantine-workers" && $.decision = "failed"'),
    next: 'The record names what is left. What was not isolated is tried again by itself; close its exposure by hand if you cannot wait.',
  },
  'quarantine-expiring': {
    means: () => 'A quarantine ends within a day.',
    first: records('$.remediation = "quarantine-workers"'),
    next: `npm run -s remediator -- quarantines lists them. Save what is needed from the worker, then end or extend it: ${END_QUARANTINE}`,
  },
  'quarantine-expired': {
    means: () => 'The time of a quarantine is over, and the worker is still isolated.',
    first: records('$.remediation = "quarantine-workers"'),
    next: `npm run -s remediator -- quarantines lists them; until it is ended or extended it costs money and a place in the quarantine budget: ${END_QUARANTINE}`,
  },
  unhealthy: {
    means: () => 'EKS Host Remediator is not well: see which of its alarms stands.',
    first: 'aws cloudwatch describe-alarms --state-value ALARM',
    next: 'Go by the section of that alarm.',
  },
} as const satisfies Record<string, Entry>;

export type Section = keyof typeof ENTRIES;

export const RUNBOOK_SECTIONS = Object.keys(ENTRIES) as Section[];

/** What an alarm says of itself, and whether it tells that the remediator is not well. */
export interface Runbook {
  /** At most 1,024 characters: CloudWatch's limit. */
  readonly description: string;
  readonly unhealthy: boolean;
}

/** @param subject the function or queue that the alarm is about, where the section's words name it */
export function runbook(section: Section, subject = ''): Runbook {
  const { means, first, next, unhealthy = false }: Entry = ENTRIES[section];
  const description = `${means(subject)}\nFirst: ${first}\nThen: ${next}\nRunbook: docs/runbook.md#${section}`;
  return { description, unhealthy };
}
