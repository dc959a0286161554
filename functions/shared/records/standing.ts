import { gravestOf, gravityOf, isSettled, STATE_NAMES, type State, stateOf, type Word } from './current-state.ts';
import type { ReadRecord } from './record-line.ts';
import { recordSubject } from './record-subject.ts';
import { isAnswer, isHold } from './status.ts';

/** The state of one subject at the end of its records. */
export interface Standing {
  readonly state: State;
  /** The record that determines the state. */
  readonly record: ReadRecord;
  /** The latest records of other functions about the subject, gravest first. */
  readonly others: readonly ReadRecord[];
}

/** A record as an outcome with a time. */
export const wordOf = (record: ReadRecord): ReadRecord & Word => ({ ...record, at: Date.parse(record.time) });

/**
 * The state of each subject of these records, gravest first; a pure function. Records about the account count only
 * where there are no others.
 *
 * @param records in order, latest last
 */
export function standingsOf(records: readonly ReadRecord[]): Standing[] {
  const placed = records.filter(({ cluster, instance }) => cluster !== undefined || instance !== undefined);
  const subjects = Map.groupBy(placed.length > 0 ? placed : records.slice(-1), keyOf);
  return [...subjects.values()]
    .flatMap((ours) => standingOf(ours) ?? [])
    .sort((a, b) => gravityOf(a.record) - gravityOf(b.record));
}

/**
 * The source of a record, called its voice: a later record replaces an earlier one of the same voice. A function is one
 * voice. Its guards that leave standing what it said before are a voice of their own. So is each check, where a function
 * judges a subject by several.
 */
export const voiceOf = (record: Pick<ReadRecord, 'remediation' | 'reason' | 'details'>): string =>
  `${record.remediation} ${isHold(record)} ${record.details?.check ?? ''}`;

/** A worker's records may lack its node group, but never its instance id. */
const keyOf = ({ cluster, nodegroup, instance }: ReadRecord): string => instance ?? `${cluster}/${nodegroup ?? ''}`;

function standingOf(records: readonly ReadRecord[]): Standing | undefined {
  // An answer to a request does not change the state of its subject. It counts only where there is no other record.
  const words = records.filter(({ reason }) => !isAnswer(reason));
  const lastWords = new Map<string, ReadRecord & Word>();
  for (const record of (words.length > 0 ? words : records).map(wordOf)) lastWords.set(voiceOf(record), record);
  const record = gravestOf([...lastWords.values()]);
  if (record === undefined) return undefined;
  const others = [...lastWords.values()].filter((other) => other !== record);
  return { state: stateOf(record), record, others: others.sort((a, b) => gravityOf(a) - gravityOf(b)) };
}

/** The states of several subjects that are worth showing. */
export interface ToldStandings {
  readonly told: readonly Standing[];
  /** The latest records of other functions, when there is only one subject. */
  readonly others: readonly ReadRecord[];
  /** How many further subjects are done or skipped. */
  readonly rest: number;
}

/**
 * The states to show at the end of a subject's records. For a single subject: its state, and the latest records of
 * other functions. For several: the state of each that has something open, and of the node group if there is only one.
 * The rest is counted.
 */
export function toldStandings(records: readonly ReadRecord[]): ToldStandings {
  const all = standingsOf(records);
  const [only, ...more] = all;
  if (only !== undefined && more.length === 0) return { told: [only], others: only.others, rest: 0 };
  const groups = all.filter(({ record }) => record.instance === undefined);
  const told = all.filter((each) => !isSettled(each.record) || (groups.length === 1 && each === groups[0]));
  return { told, others: [], rest: all.length - told.length };
}

/** The states to show, as lines of text. */
export function standingLines(records: readonly ReadRecord[]): string[] {
  const { told, others, rest } = toldStandings(records);
  return [
    ...told.map(stateLine),
    ...others.map((record) => `Besides, ${record.remediation}: ${described(record)}`),
    ...(rest > 0 ? [restLine(told.length, rest)] : []),
  ];
}

export const restLine = (told: number, rest: number): string =>
  `Now: ${rest}${told > 0 ? ' more' : ''} done or skipped.`;

/**
 * When the state that a record describes ends by itself, epoch milliseconds; undefined where it does not, or the time
 * is unknown.
 */
export function endOf({ details }: Pick<ReadRecord, 'details'>): number | undefined {
  const end = typeof details?.expiresAt === 'string' ? Date.parse(details.expiresAt) : Number.NaN;
  return Number.isFinite(end) ? end : undefined;
}

const stateLine = ({ record }: Standing): string =>
  `Now: ${recordSubject(record) || 'the account'}: ${described(record)}`;

/** `in quarantine since 2026-07-15 00:12, until 2026-07-22 00:12: … (quarantined)`. */
function described(record: ReadRecord): string {
  const { time, reason, message, hint } = record;
  const end = endOf(record);
  const until = end === undefined ? '' : `, until ${minute(new Date(end).toISOString())}`;
  const state = STATE_NAMES[stateOf(wordOf(record))];
  return `${state} since ${minute(time)}${until}: ${message} (${reason})${hint === undefined ? '' : ` → ${hint}`}`;
}

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
