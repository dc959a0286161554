import { gravestOf, STATES, type State, stateOf, thatStillCount, type Word } from '../shared/records/current-state.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { voiceOf, wordOf } from '../shared/records/standing.ts';
import { isAnswer } from '../shared/records/status.ts';

/** The last word of a voice on a subject, as far as it leaves something open. */
export interface OpenWord extends Word {
  /** Whose word it is: see {@link voiceOf}. */
  readonly voice: string;
}

/** How a subject stands. */
export interface SubjectNow {
  /** That of its gravest word, as the widget and the command show it. */
  readonly state: State;
  /** What of the words leaves something open, by voice. */
  readonly open: readonly OpenWord[];
}

/** What a record's subject is remembered by: a worker's records may lack its group, but not its id. */
export const subjectOf = ({ cluster, nodegroup, instance }: ReadRecord): string | undefined =>
  instance ?? (cluster === undefined ? undefined : `${cluster}/${nodegroup ?? ''}`);

/** From this state on, nothing is open. */
const CLOSED = STATES.indexOf('done');

/**
 * Follows how one subject stands through new records; a pure function. What is settled is forgotten: the state of a subject
 * is that of its gravest word, and a settled one is never that while another is open.
 *
 * @param before what was open
 * @param records about this subject, in order
 */
export function followSubject(before: readonly OpenWord[], records: readonly ReadRecord[]): SubjectNow {
  const words = new Map(before.map((word) => [word.voice, word]));
  for (const record of records) {
    if (isAnswer(record.reason)) continue;
    const { remediation, decision, reason, at } = wordOf(record);
    const voice = voiceOf(record);
    // What comes late has been overtaken.
    if ((words.get(voice)?.at ?? 0) <= at) words.set(voice, { voice, remediation, decision, reason, at });
  }
  const counting = thatStillCount([...words.values()]);
  const gravest = gravestOf(counting);
  return {
    state: gravest === undefined ? 'quiet' : stateOf(gravest),
    open: counting
      .filter((word) => STATES.indexOf(stateOf(word)) < CLOSED)
      .sort((a, b) => (a.voice < b.voice ? -1 : 1)),
  };
}
