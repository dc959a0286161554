import { REMEDIATIONS } from '../functions/remediations.ts';
import { type AlarmEntry, FAILED_RUNS, recordsWhere } from '../functions/shared/declaration/remediation.ts';

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

/** The sections about what all functions have, by their anchors. */
const SHARED = {
  'dead-letters': {
    means: (subject) => `${subject} could not use some requests: they lie in its dead-letter queue.`,
    first: recordsWhere('$.reason = "invalid-event"'),
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
    first: FAILED_RUNS,
    next: 'Cure what the last error names; without one, see whether the event source mapping is enabled: aws lambda list-event-source-mappings. The requests are then worked off by themselves.',
  },
  'function-errors': {
    means: (subject) => `${subject} ended with an error. What it was about comes again by itself.`,
    first: FAILED_RUNS,
    next: 'One error that does not come again needs nothing. Else cure what it names: mostly a missing permission.',
    unhealthy: true,
  },
  throttles: {
    means: (subject) => `Lambda has had no room to run ${subject} for a quarter of an hour.`,
    first: 'aws lambda get-account-settings',
    next: 'Find who uses up the concurrency of the account, or have the quota raised.',
    unhealthy: true,
  },
  'policy-invalid': {
    means: (subject) => `The policy cannot be read or is invalid: ${subject} does not act.`,
    first: recordsWhere('$.reason = "policy-invalid"'),
    next: 'The record names the field. Correct the SSM parameter: it is read again within 30 seconds, at the next reconcile.',
    unhealthy: true,
  },
  unhealthy: {
    means: () => 'EKS Host Remediator is not well: see which of its alarms stands.',
    first: 'aws cloudwatch describe-alarms --state-value ALARM',
    next: 'Go by the section of that alarm.',
  },
} as const satisfies Record<string, Entry>;

/** The sections that functions declare for alarms of their own. */
const DECLARED: ReadonlyArray<readonly [string, AlarmEntry]> = REMEDIATIONS.flatMap(({ alarms }) =>
  Object.entries(alarms),
);

const ENTRIES: Readonly<Record<string, Entry>> = {
  ...SHARED,
  ...Object.fromEntries(DECLARED.map(([section, entry]) => [section, { ...entry, means: () => entry.means }])),
};

export type Section = keyof typeof SHARED;

export const RUNBOOK_SECTIONS: readonly string[] = Object.keys(ENTRIES);

/** What an alarm says of itself, and whether it tells that the remediator is not well. */
export interface Runbook {
  /** At most 1,024 characters: CloudWatch's limit. */
  readonly description: string;
  readonly unhealthy: boolean;
}

/** @param subject the function or queue that the alarm is about, where the section's words name it */
export const runbook = (section: Section, subject = ''): Runbook => sectionOf(section, SHARED[section], subject);

/** What an alarm that a function declares says of itself. */
export const declaredRunbook = (section: string, entry: AlarmEntry): Runbook =>
  sectionOf(section, { ...entry, means: () => entry.means });

/** What the alarms of any section say. @throws Error for an unknown one */
export function runbookOf(section: string): Runbook {
  const entry = ENTRIES[section];
  if (entry === undefined) throw new Error(`${section}: no section of the runbook`);
  return sectionOf(section, entry);
}

function sectionOf(section: string, { means, first, next, unhealthy = false }: Entry, subject = ''): Runbook {
  const description = `${means(subject)}\nFirst: ${first}\nThen: ${next}\nRunbook: docs/runbook.md#${section}`;
  return { description, unhealthy };
}
