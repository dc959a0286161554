import type { RecordSubject } from '../shared/records/record.ts';
import { ANSWERS, QUARANTINE_GUARDS, STOPS } from '../shared/records/status.ts';
import type { Filter } from './question.ts';

/**
 * Quotes a text for a query. {@link wordsIn} removes every character with a meaning in the query language beforehand,
 * and this refuses the rest: outside input can add nothing to a query.
 */
export function quoted(text: string): string {
  if (/["'\\`|\n\r]/.test(text)) return '"no such name"';
  return `"${text}"`;
}

/** Logs Insights takes queries of at most 10,000 characters. */
const MOST_WORDS = 8;
const LONGEST_LIST = 8_000;

/** The words of a search, limited to the characters that occur in names and messages. */
export const wordsIn = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}_.:/@-]+/gu) ?? []).slice(0, MOST_WORDS);

const RECORDS = 'filter kind = "record"';
/** Removes duplicates: a function that died after it wrote a line, and ran again, wrote it twice with the same id. */
const NEWEST_FIRST = 'sort @timestamp desc, id desc | dedup id';
const SUBJECT = 'concat(coalesce(cluster, ""), "/", coalesce(nodegroup, ""), "/", coalesce(instance, ""))';

/** How many workers and node groups are covered. Logs Insights returns no more rows. */
const MOST_SUBJECTS = 10_000;

function conditions({ find, decision, remediation }: Filter): string[] {
  return [
    // The sweep writes one record an hour; they are shown only when its name is selected.
    ...(remediation === 'sweep-fleet' ? [] : ['reason != "sweep-finished"']),
    ...(decision === '' ? [] : [`decision = ${quoted(decision)}`]),
    ...(remediation === '' ? [] : [`remediation = ${quoted(remediation)}`]),
    ...wordsIn(find).map(
      (word) => `strcontains(tolower(concat(${SUBJECT}, " ", reason, " ", message)), ${quoted(word)}) = 1`,
    ),
  ];
}

const narrowed = (filter: Filter): string =>
  [RECORDS, ...conditions(filter).map((condition) => `filter ${condition}`)].join(' | ');

/** The newest records that match the filter. */
export const recordsQuery = (filter: Filter, limit: number): string =>
  `fields @timestamp, @message | ${narrowed(filter)} | ${NEWEST_FIRST} | limit ${limit}`;

/** The number of records per period and decision. */
export const countsQuery = (filter: Filter, period: string): string =>
  `${narrowed(filter)} | stats count(*) as records by bin(${period}) as at, decision`;

const listed = (reasons: readonly string[]): string => `[${reasons.map(quoted).join(', ')}]`;
/** Answers to requests do not change the state of their subject, so the record before them counts. */
const NO_ANSWERS = `filter reason not in ${listed(ANSWERS)}`;
/** Guards that leave standing what their function said before: see `isHold`. A guard of a quarantine does not end it. */
const HOLDS = `(remediation = "quarantine-workers" and reason in ${listed(QUARANTINE_GUARDS)}) or reason in ${listed(STOPS)}`;
const NO_HOLDS = `filter reason not in ${listed(STOPS)} and (remediation != "quarantine-workers" or reason not in ${listed(QUARANTINE_GUARDS)})`;

/** A function that judges a subject by several checks has a latest outcome for each check: see `standingsOf`. */
const CHECK = 'coalesce(`details.check`, "") as checked';

const WORD = `concat(remediation, " ", ${SUBJECT}) as subject, concat(decision, " ", reason) as word, ${CHECK}, @timestamp, id`;

/** The latest guard of each function that leaves standing what the function said before, by subject. */
export const lastGuardsQuery = (): string =>
  `fields ${WORD} | ${RECORDS} and ispresent(cluster) | filter ${HOLDS} | sort @timestamp desc, id desc | dedup subject | limit ${MOST_SUBJECTS}`;

/** Records by id, up to as many as fit into a query. */
export const recordsByIdQuery = (ids: readonly string[]): string =>
  `fields @timestamp, @message | ${RECORDS} | filter id in ${listed(ids)} | ${NEWEST_FIRST} | limit ${ids.length}`;

/** The latest outcome of each function, subject and check, and the time of the last finished sweep. */
export const lastWordsQuery = (): string =>
  `fields ${WORD} | ${RECORDS} and (ispresent(cluster) or reason = "sweep-finished") | ${NO_ANSWERS} | ${NO_HOLDS} | sort @timestamp desc, id desc | dedup subject, checked | limit ${MOST_SUBJECTS}`;

/** The newest record of each function and reason about one worker, or about a node group without its workers. */
export const statusQuery = (subject: RecordSubject, limit: number): string =>
  `fields @timestamp, @message, ${CHECK} | ${[RECORDS, ...about(subject)].join(' | ')} | filter ${subject.instance === undefined ? 'not ' : ''}ispresent(instance) | sort @timestamp desc, id desc | dedup remediation, reason, checked | limit ${limit}`;

/** The newest records about one subject. */
export const incidentQuery = (subject: RecordSubject, limit: number): string =>
  `fields @timestamp, @message | ${[RECORDS, ...about(subject)].join(' | ')} | ${NEWEST_FIRST} | limit ${limit}`;

/** The records of one event. */
export const answerQuery = (event: string, limit: number): string =>
  `fields @timestamp, @message | ${RECORDS} | filter \`trigger.id\` = ${quoted(event)} | ${NEWEST_FIRST} | limit ${limit}`;

/** An instance id is enough: only some of a worker's records may name its node group. */
const about = ({ cluster, nodegroup, instance }: RecordSubject): string[] =>
  Object.entries(instance === undefined ? { cluster, nodegroup } : { instance }).flatMap(([field, value]) =>
    value === undefined ? [] : [`filter ${field} = ${quoted(value)}`],
  );

/** The newest records of these incidents, whatever their subject, for as many incidents as fit into a query. */
export function correlatedQuery(correlationIds: readonly string[], limit: number): string {
  const ids = correlationIds.map(quoted);
  while (ids.join(', ').length > LONGEST_LIST) ids.pop();
  return `fields @timestamp, @message | ${RECORDS} | filter correlationId in [${ids.join(', ')}] | ${NEWEST_FIRST} | limit ${limit}`;
}
