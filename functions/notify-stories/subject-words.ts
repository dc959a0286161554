import { gravestOf, STATES, type State, stateOf, thatStillCount, type Word } from '../shared/records/current-state.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { voiceOf, wordOf } from '../shared/records/standing.ts';
import { isAnswer } from '../shared/records/status.ts';

/** The latest outcome by one voice on a subject, if it leaves something open. */
export interface OpenWord extends Word {
  /** The source of the outcome: see {@link voiceOf}. */
  readonly voice: string;
}

/** The current state of a subject. */
export interface SubjectNow {
  /** State of the gravest outcome, as the widget and the command show it. */
  readonly state: State;
  /** The outcomes that leave something open, by voice. */
  readonly open: readonly OpenWord[];
}

/** The key of a record's subject. A worker's records may lack its node group, but never its instance id. */
export const subjectOf = ({ cluster, nodegroup, instance }: ReadRecord): string | undefined =>
  instance ?? (cluster === undefined ? undefined : `${cluster}/${nodegroup ?? ''}`);

/** From this state on, nothing is open. */
const CLOSED = STATES.indexOf('done');

/**
 * Follows the state of one subject through new records; a pure function. The gravest outcome determines the state.
 * Settled outcomes are dropped, because they never determine it while another one is open.
 *
 * @param before the outcomes that were open
 * @param records about this subject, in order
 */
export function followSubject(before: readonly OpenWord[], records: readonly ReadRecord[]): SubjectNow {
  const words = new Map(before.map((word) => [word.voice, word]));
  for (const record of records) {
    if (isAnswer(record.reason)) continue;
    const { remediation, decision, reason, at } = wordOf(record);
    const voice = voiceOf(record);
    // An older record that arrives late is ignored.
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
