import type { Offer, OperatorAction } from '../shared/intake/operator-action.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import type { FleetCluster, NeedsSummary, Tone } from './fleet-status.ts';
import type { Cursor, Question } from './question.ts';
import type { ClockFace, Count, Period } from './time-axis.ts';

/** A subject that somebody should look at. */
export interface Need {
  readonly tone: Tone;
  /** What its state goes by. */
  readonly record: ReadRecord;
  /** What can be asked for. */
  readonly actions: readonly OperatorAction[];
}

/** What the overview shows. */
export interface Overview {
  /** The gravest first. */
  readonly needs: readonly Need[];
  /** So many more there are. */
  readonly moreNeeds: number;
  readonly summary: NeedsSummary;
  /** When the fleet was read, epoch milliseconds. */
  readonly readAt: number;
  /** When everything was last put up to be reconciled, epoch milliseconds; undefined when that is long ago. */
  readonly sweptAt: number | undefined;
  /** One page, the newest first. */
  readonly records: readonly ReadRecord[];
  /** Where the next page begins; absent on the last one. */
  readonly older?: Cursor;
  readonly period: Period;
  readonly counts: readonly Count[];
  readonly clusters: readonly FleetCluster[];
  /** There are more workers than were read. */
  readonly moreWorkers: boolean;
}

/** What came of a request. */
export interface RequestAnswer {
  /** The id of its event. */
  readonly event: string;
  /** What was recorded for it, in order; nothing as long as it is not there yet. */
  readonly records: readonly ReadRecord[];
}

/** What the incident of one subject shows. */
export interface Incident {
  readonly subject: RecordSubject;
  /** In order, with the records of something wider that belong to it. */
  readonly records: readonly ReadRecord[];
  /** What tells how it stands now, in order: records about the subject itself, whatever the time range. */
  readonly standing: readonly ReadRecord[];
  /** The latest of these lies outside the time range. */
  readonly stale: boolean;
  readonly offers: readonly Offer[];
  /** What came of a request whose answer is waited for. */
  readonly answer?: RequestAnswer;
  /** There are older ones. */
  readonly more: boolean;
}

/** What all parts of the markup are written with. */
export interface Page {
  readonly question: Question;
  readonly time: ClockFace;
  /** The functions that write records, by their names. */
  readonly functions: readonly string[];
  /** The functions that the markup's buttons call. */
  readonly endpoints: { readonly view: string; readonly act: string };
}
