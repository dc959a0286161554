import type { RecordSubject } from '../shared/records/record.ts';
import { ANSWERS, QUARANTINE_GUARDS } from '../shared/records/status.ts';
import type { Filter } from './question.ts';

/**
 * A text in a query. Whatever the query language could take for more than text is left out beforehand, see
 * {@link wordsIn}, or refused: nothing from outside can add to a query.
 */
export function quoted(text: string): string {
  if (/["'\\`|\n\r]/.test(text)) return '"no such name"';
  return `"${text}"`;
}

/** Logs Insights takes queries of at most 10,000 characters. */
const MOST_WORDS = 8;
const LONGEST_LIST = 8_000;

/** What somebody looks for, word by word, in the characters that names and messages are looked for by. */
export const wordsIn = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}_.:/@-]+/gu) ?? []).slice(0, MOST_WORDS);

const RECORDS = 'filter kind = "record"';
/** Each outcome once: a function that died after a line and ran again has written it twice, with the same id. */
const NEWEST_FIRST = 'sort @timestamp desc, id desc | dedup id';
const SUBJECT = 'concat(coalesce(cluster, ""), "/", coalesce(nodegroup, ""), "/", coalesce(instance, ""))';

/** Most workers and groups whose last word is known; Logs Insights gives no more rows. */
export const MOST_SUBJECTS = 10_000;

function conditions({ find, decision, remediation }: Filter): string[] {
  return [
    // One an hour, which nobody asks for unless by the name of its function.
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

/** The newest records that fit. */
export const recordsQuery = (filter: Filter, limit: number): string =>
  `fields @timestamp, @message | ${narrowed(filter)} | ${NEWEST_FIRST} | limit ${limit}`;

/** How many records there are of each decision in each period. */
export const countsQuery = (filter: Filter, period: string): string =>
  `${narrowed(filter)} | stats count(*) as records by bin(${period}) as at, decision`;

const listed = (reasons: readonly string[]): string => `[${reasons.map(quoted).join(', ')}]`;
/** Where an answer to a request is the latest record, its subject stands as it stood before. */
const NO_ANSWERS = `filter reason not in ${listed(ANSWERS)}`;
/** What keeps anybody from acting on a worker in quarantine does not end it. */
const NO_QUARANTINE_GUARDS = `filter remediation != "quarantine-workers" or reason not in ${listed(QUARANTINE_GUARDS)}`;

/** Where a function judges a subject by several checks, each has a word of its own: see `standingsOf`. */
const CHECK = 'coalesce(`details.check`, "") as checked';

const WORD = `concat(remediation, " ", ${SUBJECT}) as subject, concat(decision, " ", reason) as word, ${CHECK}, @timestamp, id`;

/** The last word of the guards of `quarantine-workers` on each worker: what it leaves exposed, by whose order. */
export const lastGuardsQuery = (): string =>
  `fields ${WORD} | ${RECORDS} and ispresent(cluster) | filter remediation = "quarantine-workers" and reason in ${listed(QUARANTINE_GUARDS)} | sort @timestamp desc, id desc | dedup subject | limit ${MOST_SUBJECTS}`;

/** Records by their ids; of as many as a query has room for. */
export const recordsByIdQuery = (ids: readonly string[]): string =>
  `fields @timestamp, @message | ${RECORDS} | filter id in ${listed(ids)} | ${NEWEST_FIRST} | limit ${ids.length}`;

/** The last word of each function on each subject, and of each of its checks, and when the last sweep finished. */
export const lastWordsQuery = (): string =>
  `fields ${WORD} | ${RECORDS} and (ispresent(cluster) or reason = "sweep-finished") | ${NO_ANSWERS} | ${NO_QUARANTINE_GUARDS} | sort @timestamp desc, id desc | dedup subject, checked | limit ${MOST_SUBJECTS}`;

/** Asks for each function's newest record of each reason about one worker, or about a group without its workers. */
export const statusQuery = (subject: RecordSubject, limit: number): string =>
  `fields @timestamp, @message, ${CHECK} | ${[RECORDS, ...about(subject)].join(' | ')} | filter ${subject.instance === undefined ? 'not ' : ''}ispresent(instance) | sort @timestamp desc, id desc | dedup remediation, reason, checked | limit ${limit}`;

/** The newest records about one subject. */
export const incidentQuery = (subject: RecordSubject, limit: number): string =>
  `fields @timestamp, @message | ${[RECORDS, ...about(subject)].join(' | ')} | ${NEWEST_FIRST} | limit ${limit}`;

/** What was recorded for one event. */
export const answerQuery = (event: string, limit: number): string =>
  `fields @timestamp, @message | ${RECORDS} | filter \`trigger.id\` = ${quoted(event)} | ${NEWEST_FIRST} | limit ${limit}`;

/** An instance id says all; a worker may have had a group for some of its records only. */
const about = ({ cluster, nodegroup, instance }: RecordSubject): string[] =>
  Object.entries(instance === undefined ? { cluster, nodegroup } : { instance }).flatMap(([field, value]) =>
    value === undefined ? [] : [`filter ${field} = ${quoted(value)}`],
  );

/** The newest records of these incidents, whatever they are about; of as many as a query has room for. */
export function correlatedQuery(correlationIds: readonly string[], limit: number): string {
  const ids = correlationIds.map(quoted);
  while (ids.join(', ').length > LONGEST_LIST) ids.pop();
  return `fields @timestamp, @message | ${RECORDS} | filter correlationId in [${ids.join(', ')}] | ${NEWEST_FIRST} | limit ${limit}`;
}
