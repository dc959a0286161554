import { REMEDIATIONS } from '../functions/remediations.ts';
import {
  type AlarmEntry,
  FAILED_RUNS,
  type Remediation,
  recordsWhere,
} from '../functions/shared/declaration/remediation.ts';
import { OPERATOR_COMMAND } from '../functions/shared/text/operator-command.ts';

/** What whoever receives an alarm should know at once. Each alarm has a section in docs/runbook.md. */
interface Entry {
  /** The meaning of the alarm, for the given function. */
  readonly means: (subject: string) => string;
  /** The first command to run. */
  readonly first: string;
  /** What to do after that. */
  readonly next: string;
}

/** What starts a function decides what happens to work that it loses. */
type Family = Remediation['start']['by'];

/** A section shared by functions, with one text per kind of start that has such alarms. */
interface SharedSection {
  readonly of: Readonly<Partial<Record<Family, Entry>>>;
  /** Whether the alarm means that the remediator itself is unhealthy; the composite alarm then fires as well. */
  readonly unhealthy: boolean;
}

const CURE_ERROR =
  'If the error does not come again, do nothing. Otherwise cure what it names, mostly a missing permission.';

const SHARED = {
  'waiting-requests': {
    of: {
      queue: {
        means: (subject) =>
          `A request has waited for ${subject} for half an hour. The function fails, hangs or is not invoked.`,
        first: FAILED_RUNS,
        next: 'Cure what the last error names. If none, Lambda has no room, or the mapping is disabled: aws lambda list-event-source-mappings --event-source-arn QUEUE_ARN.',
      },
    },
    unhealthy: true,
  },
} as const satisfies Record<string, SharedSection>;

export type Section = keyof typeof SHARED;

/** The description of an alarm, and whether it means that the remediator is unhealthy. */
export interface Runbook {
  /** The section of docs/runbook.md. */
  readonly section: string;
  /** The texts. LOG_GROUP, QUEUE_URL, QUEUE_ARN and POLICY_PARAMETER stand for the stack's resources. */
  readonly means: string;
  readonly first: string;
  readonly next: string;
  readonly unhealthy: boolean;
}

/**
 * The description of a shared alarm for one function.
 * @throws Error where the section has no text for a function with this kind of start
 */
export function runbook(section: Section, { name, start }: Pick<Remediation, 'name' | 'start'>): Runbook {
  const { of, unhealthy }: SharedSection = SHARED[section];
  const entry = of[start.by];
  if (entry === undefined) throw new Error(`${section}: no text for a function that is started by ${start.by}`);
  return { section, means: entry.means(name), first: entry.first, next: entry.next, unhealthy };
}

/** The description of an alarm that a function declares. */
export const declaredRunbook = (section: string, entry: AlarmEntry): Runbook => {
  const { means, first, next, unhealthy = false } = entry;
  return { section, means, first, next, unhealthy };
};

/** The description of the alarm about what EventBridge could not deliver. */
export const UNDELIVERED: Runbook = {
  section: 'undelivered',
  means: 'EventBridge could not deliver events to a function or its queue.',
  first: 'aws sqs receive-message --queue-url QUEUE_URL --message-attribute-names All',
  next: 'TARGET_ARN names the target, ERROR_CODE the reason. The sweep makes up for events, and the next run for a scheduled one. The request of an operator does not come back by itself, so ask again. Purge the queue when the cause is cured.',
  unhealthy: true,
};

// Lambda retries an asynchronous invocation twice (Lambda developer guide, "Understanding retry behavior").
/** The description of the alarm about failed runs of all functions. */
export const ANY_FAILED_RUN: Runbook = {
  section: 'function-errors',
  means:
    'A function ended with an error. The messages of a batch come again by themselves, the next run makes up for a scheduled one, and records are tried twice more. A request made on the dashboard does not come back by itself.',
  first: FAILED_RUNS,
  next: `${CURE_ERROR} The log stream names the function. If there is no line: output FedLogGroupName.`,
  unhealthy: true,
};

/** The description of the alarm about the failures that functions tell of together. */
export const ANY_FAILED_REMEDIATION: Runbook = {
  section: 'remediation-failed',
  means: 'Something that the remediator did, or should do, failed.',
  first: recordsWhere('$.decision = "failed"'),
  next: 'The record names the function, the cause and what to do. The section of the runbook says what each failure means.',
  unhealthy: false,
};

/** The description of the alarm about the policy. */
export const POLICY_INVALID: Runbook = {
  section: 'policy-invalid',
  means: 'The policy is invalid or cannot be read. The functions that the records name do not act.',
  first: recordsWhere('$.reason = "policy-invalid"'),
  next: `The record names the field. Check the corrected document (${OPERATOR_COMMAND} policy check FILE), then put it (policy put FILE).`,
  unhealthy: true,
};

/** The description of the composite alarm about the remediator's health. */
export const UNHEALTHY: Runbook = {
  section: 'unhealthy',
  means: 'EKS Host Remediator is unhealthy: at least one alarm on its own health is in ALARM.',
  first: 'aws cloudwatch describe-alarms --state-value ALARM --alarm-name-prefix STACK-',
  next: 'Follow the section of that alarm.',
  unhealthy: false,
};

/** All descriptions of alarms. In those of shared alarms, `subject` is "a function". */
export const ALL_RUNBOOKS: readonly Runbook[] = [
  ...Object.entries<SharedSection>(SHARED).flatMap(([section, { of, unhealthy }]) =>
    Object.values(of).map(({ means, first, next }) => ({
      section,
      means: means('a function'),
      first,
      next,
      unhealthy,
    })),
  ),
  ...REMEDIATIONS.flatMap(({ alarms }: Remediation) =>
    Object.entries(alarms).map(([section, entry]) => declaredRunbook(section, entry)),
  ),
  UNDELIVERED,
  ANY_FAILED_RUN,
  ANY_FAILED_REMEDIATION,
  POLICY_INVALID,
  UNHEALTHY,
];

export const RUNBOOK_SECTIONS: readonly string[] = [...new Set(ALL_RUNBOOKS.map(({ section }) => section))];
