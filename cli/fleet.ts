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

/** How many record ids one query names; a query has at most 10,000 characters. */
const PER_QUERY = 200;

/** The state of the fleet, by the same rules as on the dashboard. */
export interface FleetNow {
  /** The latest outcomes that still count, by function and subject. */
  readonly words: readonly LastWord[];
  /** The gravest outcome of each worker and node group with records, gravest first. */
  readonly states: readonly LastWord[];
  readonly clusters: readonly FleetCluster[];
  /** Instances by id. */
  readonly workers: ReadonlyMap<string, Instance>;
  /** Whether there are more workers than were read. */
  readonly more: boolean;
}

/** Reads the latest outcomes of all functions, and the existing workers. */
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

/** The records of these outcomes, by id. */
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

/** A worker's records may lack its node group, but never its instance id. */
export const subjectOf = ({
  cluster = '',
  nodegroup = '',
  instance = '',
}: Readonly<Partial<Record<'cluster' | 'nodegroup' | 'instance', string | undefined>>>): string =>
  instance === '' ? `${cluster}/${nodegroup}` : instance;

/** The name of a subject such as `shop/web/i-0abc`, as far as the parts are known. */
export const placeOf = ({
  cluster,
  nodegroup,
  instance = '',
}: Pick<LastWord, 'cluster' | 'nodegroup'> & { readonly instance?: string }): string =>
  [cluster, nodegroup, instance].filter((part) => part !== '').join('/');
