import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Requestable } from '../../events/remediation-request.ts';
import { type Host, readHosts } from '../shared/fleet/hosts.ts';
import { read } from '../shared/fleet/reading.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readOtherNodesSeen } from '../shared/ledger/other-nodes-ledger.ts';
import { readAllGroupStates } from '../shared/posture/group-states.ts';
import { stateOf } from '../shared/records/current-state.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import { type ReadRecord, readRecordLine } from '../shared/records/record-line.ts';
import { byTime, concerns, isAbout } from '../shared/records/record-subject.ts';
import { awaitAnswer } from './answer.ts';
import { fleetStatusOf, LAST_WORDS_FROM, lastWordsIn, needsOf, summaryOf, sweptAtIn } from './fleet-status.ts';
import { incidentNow } from './incident-now.ts';
import { ask, type InsightsDeps, type Row } from './insights.ts';
import { offersFor } from './offers.ts';
import {
  correlatedQuery,
  countsQuery,
  incidentQuery,
  lastGuardsQuery,
  lastWordsQuery,
  recordsByIdQuery,
  recordsQuery,
  statusQuery,
} from './queries.ts';
import type { Cursor, Question } from './question.ts';
import { countsIn, periodFor, timeIn } from './time-axis.ts';
import type { Incident, Need, Overview, Posture } from './view.ts';
import { INSTANCE_PAGES, readWorkers } from './workers.ts';

export interface ObserveDeps extends InsightsDeps {
  readonly ledger: Ledger;
  readonly ec2: EC2Client;
  /** The actions that operators can request, by function. */
  readonly requestable: readonly Requestable[];
}

/** Records per page, and per incident. */
const PAGE_SIZE = 25;
const INCIDENT_SIZE = 200;
/** How many subjects that need attention are listed; the rest are counted. */
const MOST_NEEDS = 40;
/** How many distinct incidents of one subject are followed. */
const MOST_CORRELATIONS = 40;

/** Reads everything that the overview shows, in parallel. */
export async function observeOverview(deps: ObserveDeps, question: Question): Promise<Overview> {
  const { filter, range, trail } = question;
  const cursor = trail.at(-1);
  const now = deps.clock.now();
  const period = periodFor(range);
  const pageRange = { start: range.start, end: cursor === undefined ? range.end : cursor.second * 1_000 };
  const skip = cursor?.skip ?? 0;
  const lately = { start: now - LAST_WORDS_FROM, end: now };
  const [found, counted, words, guards, { instances, hosts }, otherNodes] = await Promise.all([
    ask(deps, recordsQuery(filter, skip + PAGE_SIZE + 1), pageRange),
    ask(deps, countsQuery(filter, period.text), range),
    ask(deps, lastWordsQuery(), lately),
    ask(deps, lastGuardsQuery(), lately),
    readFleet(deps.ec2, now),
    readOtherNodesSeen(deps.ledger),
  ]);
  const lines = found.slice(skip);
  const shown = lines.slice(0, PAGE_SIZE);
  const older = lines.length > PAGE_SIZE ? cursorAfter(shown, cursor) : undefined;
  const lastWords = lastWordsIn([...words, ...guards]);
  const there = new Set(instances.found.map(({ InstanceId }) => InstanceId));
  const isThere = (instance: string): boolean => instances.more || there.has(instance);
  const needed = needsOf(lastWords, isThere);
  const first = needed.slice(0, MOST_NEEDS);
  const told = new Map(
    first.length === 0
      ? []
      : recordsIn(await ask(deps, recordsByIdQuery(first.map(({ id }) => id)), lately)).map((record) => [
          record.id,
          record,
        ]),
  );
  const needs = first.flatMap((word): Need[] => {
    const record = told.get(word.id);
    return record === undefined
      ? []
      : [{ tone: stateOf(word), record, actions: offersFor([record], deps.requestable).map(({ action }) => action) }];
  });
  return {
    records: recordsIn(shown),
    ...(older !== undefined && { older }),
    period,
    counts: countsIn(counted),
    clusters: fleetStatusOf(instances.found, lastWords),
    hosts,
    moreWorkers: instances.more,
    otherNodes,
    needs,
    moreNeeds: needed.length - needs.length,
    summary: summaryOf(lastWords, isThere),
    readAt: now,
    sweptAt: sweptAtIn(words),
  };
}

/** Reads the workers, and what they run. Where EC2 does not tell of AMIs, the fleet is shown without them. */
async function readFleet(ec2: EC2Client, now: number) {
  const instances = await readWorkers(ec2);
  const reading = await read(() => readHosts(ec2, instances.found, now, INSTANCE_PAGES), 'tell');
  const hosts: ReadonlyMap<string, Host> = reading.kind === 'found' ? reading.found : new Map();
  return { instances, hosts };
}

/**
 * Reads all records about a subject in the time range, up to a limit, as the `explain` command does. The current state,
 * and so the offered actions, does not depend on the time range.
 */
export async function observeIncident(
  deps: ObserveDeps,
  { range: asked, awaits }: Question,
  subject: RecordSubject,
): Promise<Incident> {
  const answer = awaits === undefined ? undefined : await awaitAnswer(deps, awaits);
  // The awaited records are newer than the end of the viewer's time range.
  const range = answer === undefined ? asked : { ...asked, end: Math.max(asked.end, deps.clock.now()) };
  const [rows, words] = await Promise.all([
    ask(deps, incidentQuery(subject, INCIDENT_SIZE), range),
    readStatus(deps, subject),
  ]);
  const found = recordsIn(rows);
  const { cluster = '', nodegroup, instance } = subject;
  const wanted = instance === undefined ? { cluster, ...(nodegroup !== undefined && { nodegroup }) } : { instance };
  const own = found.filter((record) => isAbout(record, wanted)).sort(byTime);
  const correlationIds = [...new Set(own.map(({ correlationId }) => correlationId))].slice(0, MOST_CORRELATIONS);
  const correlated =
    correlationIds.length === 0
      ? []
      : recordsIn(await ask(deps, correlatedQuery(correlationIds, INCIDENT_SIZE), range));
  const known = new Set(own.map(({ id }) => id));
  const others = correlated.filter((record) => !known.has(record.id) && own.some((mine) => concerns(record, mine)));
  return {
    subject,
    records: [...own, ...others].sort(byTime),
    ...incidentNow(subject, { inRange: own, latest: words, answer: answer?.records ?? [] }, deps.requestable),
    ...(answer !== undefined && { answer }),
    more: found.length === INCIDENT_SIZE,
  };
}

/** Reads the results of the last check of each group. A subject limits them to its cluster or group. */
export async function observePosture({ ledger }: ObserveDeps, { subject = {} }: Question): Promise<Posture> {
  const { cluster, nodegroup } = subject;
  const states = [...(await readAllGroupStates(ledger))].filter(
    ([group]) =>
      cluster === undefined ||
      (nodegroup === undefined ? group.startsWith(`${cluster}/`) : group === `${cluster}/${nodegroup}`),
  );
  return { groups: new Map(states.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/**
 * Reads the records that give the current state of a worker or node group. Clusters accept no requests, so they need
 * none.
 */
async function readStatus(deps: ObserveDeps, subject: RecordSubject): Promise<ReadRecord[]> {
  if (subject.nodegroup === undefined && subject.instance === undefined) return [];
  const end = deps.clock.now();
  const rows = await ask(deps, statusQuery(subject, INCIDENT_SIZE), { start: end - LAST_WORDS_FROM, end });
  return recordsIn(rows).sort(byTime);
}

export const recordsIn = (rows: readonly Row[]): ReadRecord[] =>
  rows.flatMap((row) => readRecordLine(row.get('@message') ?? '') ?? []);

/** The start of the next page: the second of the last line, and how many records of that second were already shown. */
function cursorAfter(shown: readonly Row[], before: Cursor | undefined): Cursor | undefined {
  const seconds = shown.map((row) => Math.floor(timeIn(row.get('@timestamp') ?? '') / 1_000));
  const second = seconds.at(-1);
  if (second === undefined) return undefined;
  const shownOfIt = seconds.filter((each) => each === second).length;
  return { second, skip: shownOfIt + (before?.second === second ? before.skip : 0) };
}
