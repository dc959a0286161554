import type { Host } from '../shared/fleet/hosts.ts';
import type { Offer, OperatorAction } from '../shared/intake/operator-action.ts';
import type { OtherNodesSeen } from '../shared/ledger/other-nodes-ledger.ts';
import type { LookedAt } from '../shared/posture/group-states.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import type { PlannedLine } from './fleet-plan.ts';
import type { FleetCluster, NeedsSummary, Tone } from './fleet-status.ts';
import type { Cursor, Question } from './question.ts';
import type { ClockFace, Count, Period } from './time-axis.ts';

/** A subject that needs somebody's attention. */
export interface Need {
  readonly tone: Tone;
  /** The record that determines the state. */
  readonly record: ReadRecord;
  /** The actions on offer. */
  readonly actions: readonly OperatorAction[];
}

/** The data of the overview. */
export interface Overview {
  /** Gravest first. */
  readonly needs: readonly Need[];
  /** How many more need attention. */
  readonly moreNeeds: number;
  readonly summary: NeedsSummary;
  /** When the fleet was read, epoch milliseconds. */
  readonly readAt: number;
  /** When the last sweep finished, epoch milliseconds; undefined when that is long ago. */
  readonly sweptAt: number | undefined;
  /** One page of records, newest first. */
  readonly records: readonly ReadRecord[];
  /** Where the next page begins; absent on the last page. */
  readonly older?: Cursor;
  readonly period: Period;
  readonly counts: readonly Count[];
  readonly clusters: readonly FleetCluster[];
  /** What workers run, by instance id; empty where EC2 does not tell. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** Whether there are more workers than were read. */
  readonly moreWorkers: boolean;
  /** Nodes of Fargate and hybrid ones, as last seen, by cluster. */
  readonly otherNodes: ReadonlyMap<string, OtherNodesSeen>;
}

/** The result of an operator's request. */
export interface RequestAnswer {
  /** Id of the request's event. */
  readonly event: string;
  /** The records of the request, in order; empty until they appear. */
  readonly records: readonly ReadRecord[];
}

/** The data of one subject's incident. */
export interface Incident {
  readonly subject: RecordSubject;
  /** The records in order, including wider records that belong to the incident. */
  readonly records: readonly ReadRecord[];
  /** Records about the subject itself that determine its current state, in order, whatever the time range. */
  readonly standing: readonly ReadRecord[];
  /** Whether the latest of these lies outside the time range. */
  readonly stale: boolean;
  readonly offers: readonly Offer[];
  /** The result of an awaited request. */
  readonly answer?: RequestAnswer;
  /** Whether there are older records. */
  readonly more: boolean;
}

/** The data of the plan page. */
export interface FleetPlan {
  /** The plan's lines in order, each with its record where there is one, and with the approval on offer. */
  readonly lines: ReadonlyArray<PlannedLine & { readonly record?: ReadRecord; readonly approval?: Offer }>;
  /** How many more lines there are. */
  readonly more: number;
  /** All clusters of the plan, by name. */
  readonly clusters: readonly string[];
  /** When the plan was read, epoch milliseconds. */
  readonly readAt: number;
}

/** The data of the posture page. */
export interface Posture {
  /** The results of the last check of each group, by the group's name, in order. */
  readonly groups: ReadonlyMap<string, LookedAt>;
}

/** The data that every part of the markup needs. */
export interface Page {
  readonly question: Question;
  readonly time: ClockFace;
  /** Names of the functions that write records. */
  readonly functions: readonly string[];
  /** The functions that the buttons invoke: one renders, one takes requests. */
  readonly endpoints: { readonly view: string; readonly act: string };
}
