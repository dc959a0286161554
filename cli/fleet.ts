import type { Instance } from '@aws-sdk/client-ec2';
import {
  type FleetCluster,
  fleetStatusOf,
  LAST_WORDS_FROM,
  type LastWord,
  lastWordsIn,
  statesOf,
} from '../functions/review-actions/fleet-status.ts';
import { lastGuardsQuery, lastWordsQuery, recordsByIdQuery } from '../functions/review-actions/queries.ts';
import { readWorkers } from '../functions/review-actions/workers.ts';
import { thatStillCount } from '../functions/shared/records/current-state.ts';
import { type ReadRecord, readRecordLine } from '../functions/shared/records/record-line.ts';
import { chunks } from '../functions/shared/runtime/chunks.ts';
import type { Surroundings } from './command.ts';
import { queryLogs } from './insights.ts';

/** As many records as one query names: it takes 10,000 characters. */
const PER_QUERY = 200;

/** How the fleet stands, by the same rule as on the dashboard. */
export interface FleetNow {
  /** The last word of each function on each of them, as far as it still counts. */
  readonly words: readonly LastWord[];
  /** Each worker and group that something is recorded about: by its gravest word, the gravest first. */
  readonly states: readonly LastWord[];
  readonly clusters: readonly FleetCluster[];
  /** Instances by their ids. */
  readonly workers: ReadonlyMap<string, Instance>;
  /** There are more workers than were read. */
  readonly more: boolean;
}

/** Reads the last words of all functions, and which workers there are. */
export async function readFleetNow(surroundings: Surroundings): Promise<FleetNow> {
  const { clients, clock } = surroundings;
  const since = Math.max(0, clock.now() - LAST_WORDS_FROM);
  const [words, guards, { found, more }] = await Promise.all([
    queryLogs(surroundings, lastWordsQuery(), since),
    queryLogs(surroundings, lastGuardsQuery(), since),
    readWorkers(clients.ec2),
  ]);
  const lastWords = lastWordsIn([...words, ...guards].map((row) => new Map(Object.entries(row))));
  const workers = new Map(found.flatMap((each) => (each.InstanceId === undefined ? [] : [[each.InstanceId, each]])));
  const isThere = (instance: string): boolean => instance === '' || more || workers.has(instance);
  return {
    words: [...Map.groupBy(lastWords, subjectOf).values()]
      .flatMap(thatStillCount)
      .filter(({ instance }) => isThere(instance)),
    states: statesOf(lastWords, isThere),
    clusters: fleetStatusOf(found, lastWords),
    workers,
    more,
  };
}

/** The records that these words come from, by their ids. */
export async function readTheirRecords(
  surroundings: Surroundings,
  words: readonly Pick<LastWord, 'id'>[],
): Promise<Map<string, ReadRecord>> {
  const since = Math.max(0, surroundings.clock.now() - LAST_WORDS_FROM);
  const ids = [...new Set(words.map(({ id }) => id).filter((id) => id !== ''))];
  const records = new Map<string, ReadRecord>();
  for (const some of chunks(ids, PER_QUERY)) {
    for (const row of await queryLogs(surroundings, recordsByIdQuery(some), since)) {
      const record = readRecordLine(row['@message'] ?? '');
      if (record !== undefined) records.set(record.id, record);
    }
  }
  return records;
}

/** A worker's records may lack its group, but not its id. */
export const subjectOf = ({
  cluster = '',
  nodegroup = '',
  instance = '',
}: Readonly<Partial<Record<'cluster' | 'nodegroup' | 'instance', string | undefined>>>): string =>
  instance === '' ? `${cluster}/${nodegroup}` : instance;

/** `shop/web/i-0abc`, as much of it as there is. */
export const placeOf = ({
  cluster,
  nodegroup,
  instance = '',
}: Pick<LastWord, 'cluster' | 'nodegroup'> & { readonly instance?: string }): string =>
  [cluster, nodegroup, instance].filter((part) => part !== '').join('/');
