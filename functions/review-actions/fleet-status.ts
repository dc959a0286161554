import type { Instance } from '@aws-sdk/client-ec2';
import { AUTO_SCALING_GROUP_TAG, isBorneOut, type Owner, ownerOf, tagsOf, workerOf } from '../shared/fleet/worker.ts';
import {
  gravestOf,
  gravityOf,
  NEEDS_SOMEBODY,
  needsSomebody,
  STATES,
  type State,
  stateOf,
  thatStillCount,
  type Word,
} from '../shared/records/current-state.ts';
import { decisionKind } from '../shared/records/record.ts';
import { voiceOf } from '../shared/records/standing.ts';
import { IN_QUARANTINE } from '../shared/records/status.ts';
import { timeIn } from './time-axis.ts';

/** The states of a worker or a node group, each with its own colour and sign. */
export const TONES = STATES;
export type Tone = State;

/** The latest outcome of one function for one subject. */
export interface LastWord extends Word {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly instance: string;
  /** Id of the record. */
  readonly id: string;
}

export interface SubjectStatus {
  readonly tone: Tone;
  /** Reason code; empty where nothing is recorded. */
  readonly reason: string;
}

export interface FleetWorker extends SubjectStatus {
  readonly instance: string;
}

export interface FleetGroup extends SubjectStatus {
  readonly cluster: string;
  /** Empty for workers without a node group. */
  readonly nodegroup: string;
  /** Who owns workers without a node group, such as EKS Auto Mode or nobody; each owner has its own group of a cluster. */
  readonly owner?: Owner;
  readonly workers: readonly FleetWorker[];
}

/** A cluster, with the state of the cluster as a whole. */
export interface FleetCluster extends SubjectStatus {
  readonly name: string;
  readonly groups: readonly FleetGroup[];
}

const QUIET: SubjectStatus = { tone: 'quiet', reason: '' };

/**
 * How far back the latest records of workers and node groups are looked for, ms. The current state does not depend on
 * the time range.
 */
export const LAST_WORDS_FROM = 30 * 86_400_000;

/**
 * Reads the rows of the queries for the latest outcomes. A worker whose records only sometimes name its node group has
 * one row for each form; the later one counts.
 */
export function lastWordsIn(rows: ReadonlyArray<{ get(field: string): string | undefined }>): LastWord[] {
  const latest = new Map<string, LastWord>();
  for (const row of rows) {
    const at = timeIn(row.get('@timestamp') ?? '');
    const word = readLastWord(row.get('subject') ?? '', row.get('word') ?? '', at, row.get('id') ?? '');
    if (word === undefined) continue;
    const key = `${voiceOf({ ...word, details: { check: row.get('checked') ?? '' } })} ${subjectOf(word)}`;
    if (word.at > (latest.get(key)?.at ?? Number.NEGATIVE_INFINITY)) latest.set(key, word);
  }
  return [...latest.values()];
}

/**
 * Parses `manage-ssm-agent shop/web/i-0abc` and `done agent-verified`, as the query returns them; undefined for
 * anything else.
 */
export function readLastWord(subject: string, word: string, at: number, id: string): LastWord | undefined {
  const [, remediation = '', cluster = '', nodegroup = '', instance = ''] =
    /^(\S+) ([^/]*)\/(.*)\/([^/]*)$/.exec(subject) ?? [];
  const [decision = '', reason = ''] = word.split(' ');
  const known = decisionKind.safeParse(decision);
  return known.success && cluster !== ''
    ? { remediation, cluster, nodegroup, instance, decision: known.data, reason, at, id }
    : undefined;
}

/**
 * The gravest outcome of each subject: gravest subjects first, then oldest first. Workers that are gone are left out.
 */
export function statesOf(lastWords: readonly LastWord[], isThere: (instance: string) => boolean): LastWord[] {
  const subjects = Map.groupBy(lastWords, subjectOf);
  return [...subjects.values()]
    .flatMap((words) => gravestOf(words) ?? [])
    .filter(({ instance }) => instance === '' || isThere(instance))
    .sort((a, b) => gravityOf(a) - gravityOf(b) || a.at - b.at);
}

/** The same, limited to subjects that need somebody's attention. */
export const needsOf = (lastWords: readonly LastWord[], isThere: (instance: string) => boolean): LastWord[] =>
  statesOf(lastWords, isThere).filter(needsSomebody);

/** The outcomes that no later one has settled, without those of workers that are gone. */
export const thatCountNow = (lastWords: readonly LastWord[], isThere: (instance: string) => boolean): LastWord[] =>
  [...Map.groupBy(lastWords, subjectOf).values()]
    .flatMap(thatStillCount)
    .filter(({ instance }) => instance === '' || isThere(instance));

/** Counts of what needs attention, by state. */
export type NeedsSummary = ReadonlyArray<{ readonly tone: Tone; readonly count: number }>;

/**
 * Counts the subjects that need attention by state, and the proposals to be approved. An exposed or failed subject may
 * have a proposal, too.
 */
export function summaryOf(lastWords: readonly LastWord[], isThere: (instance: string) => boolean): NeedsSummary {
  const needed = needsOf(lastWords, isThere);
  const proposals = thatCountNow(lastWords, isThere).filter(({ decision }) => decision === 'would-act');
  return [...NEEDS_SOMEBODY].map((tone) => ({
    tone,
    count: tone === 'would-act' ? proposals.length : needed.filter((word) => stateOf(word) === tone).length,
  }));
}

/** A worker's records may lack its node group, but never its instance id. */
const subjectOf = ({ cluster, nodegroup, instance }: LastWord): string =>
  instance === '' ? `${cluster}/${nodegroup}` : instance;

/**
 * When the last sweep finished, from the rows of the queries for the latest outcomes, epoch milliseconds; undefined
 * when none did.
 */
export const sweptAtIn = (rows: ReadonlyArray<{ get(field: string): string | undefined }>): number | undefined => {
  const at = timeIn(rows.find((row) => row.get('word') === 'done sweep-finished')?.get('@timestamp') ?? '');
  return Number.isFinite(at) ? at : undefined;
};

/**
 * The fleet as it is now: clusters, node groups and workers, each with the gravest of the functions' latest outcomes,
 * most urgent first. Instances that only claim to be workers, by tags that anybody can set, are left out; outcomes
 * about them appear under what needs attention.
 */
export function fleetStatusOf(instances: readonly Instance[], lastWords: readonly LastWord[]): FleetCluster[] {
  const workerWords = Map.groupBy(lastWords, ({ instance }) => instance);
  const groupWords = Map.groupBy(workerWords.get('') ?? [], ({ cluster, nodegroup }) => `${cluster}/${nodegroup}`);
  const groups = groupsWithNodes(instances);
  const workers = instances.flatMap((instance) => {
    const worker = workerOf(instance);
    if (worker === undefined) return [];
    const id = instance.InstanceId ?? '';
    const isKnown =
      isBorneOut(worker, instance) ||
      (worker.ownership === 'self-managed' && groups.has(groupKeyOf(worker.cluster, instance))) ||
      (workerWords.get(id) ?? []).some(isOfWorker);
    return isKnown ? [{ ...worker, owner: ownerOf(instance), instance: id }] : [];
  });
  const clusters = Map.groupBy(workers, ({ cluster }) => cluster);
  return [...clusters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ours]) => ({
      name,
      ...worst(groupWords.get(`${name}/`) ?? []),
      groups: [...Map.groupBy(ours, ({ nodegroup, owner }) => nodegroup ?? `*${owner}`).values()]
        .flatMap((members) => members.slice(0, 1).map(({ nodegroup = '', owner }) => ({ nodegroup, owner, members })))
        .map(({ nodegroup, owner, members }) => ({
          cluster: name,
          nodegroup,
          ...(nodegroup === '' && owner !== undefined && { owner }),
          // Outcomes that name no node group belong to the cluster.
          ...(nodegroup === '' ? QUIET : worst(groupWords.get(`${name}/${nodegroup}`) ?? [])),
          workers: members
            .map(({ instance }) => ({ instance, ...worst(workerWords.get(instance) ?? []) }))
            .sort((a, b) => urgency(a) - urgency(b) || (a.instance < b.instance ? -1 : 1)),
        }))
        .sort((a, b) => mostUrgent(a) - mostUrgent(b) || (nameOf(a) < nameOf(b) ? -1 : 1)),
    }));
}

/**
 * The Auto Scaling groups of workers that have joined their cluster, which AWS's own tags tell. Their other instances
 * are theirs, too: one in a warm pool may be stopped before it has ever joined.
 */
const groupsWithNodes = (instances: readonly Instance[]): ReadonlySet<string> =>
  new Set(
    instances.flatMap((instance) => {
      const worker = workerOf(instance);
      const isInGroup = tagsOf(instance)[AUTO_SCALING_GROUP_TAG] !== undefined;
      return worker?.certain === true && isInGroup ? groupKeyOf(worker.cluster, instance) : [];
    }),
  );

const groupKeyOf = (cluster: string, instance: Instance): string =>
  `${cluster} ${tagsOf(instance)[AUTO_SCALING_GROUP_TAG] ?? ''}`;

/**
 * Whether an outcome proves that the instance is a worker. A worker that has not joined its cluster yet may already be
 * isolated.
 */
const isOfWorker = ({ remediation, reason }: LastWord): boolean =>
  remediation === 'quarantine-workers' && OF_WORKERS.has(reason);
const OF_WORKERS: ReadonlySet<string> = new Set(IN_QUARANTINE);

const urgency = ({ tone }: Pick<SubjectStatus, 'tone'>): number => TONES.indexOf(tone);
const nameOf = ({ nodegroup, owner }: FleetGroup): string => `${nodegroup} ${owner ?? ''}`;

const mostUrgent = (group: FleetGroup): number => Math.min(urgency(group), ...group.workers.map(urgency));

function worst(words: readonly LastWord[]): SubjectStatus {
  const gravest = gravestOf(words);
  return gravest === undefined ? QUIET : { tone: stateOf(gravest), reason: gravest.reason };
}
