import type { Instance } from '@aws-sdk/client-ec2';
import { isBorneOut, workerOf } from '../shared/fleet/worker.ts';
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

/** How things stand with a worker or a group. */
export const TONES = STATES;
export type Tone = State;

/** The last word of one function on one subject. */
export interface LastWord extends Word {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly instance: string;
  /** The id of its record. */
  readonly id: string;
}

export interface SubjectStatus {
  readonly tone: Tone;
  /** A reason code; empty where nothing is recorded. */
  readonly reason: string;
}

export interface FleetWorker extends SubjectStatus {
  readonly instance: string;
}

export interface FleetGroup extends SubjectStatus {
  readonly cluster: string;
  /** Empty for workers that belong to none, such as those of EKS Auto Mode. */
  readonly nodegroup: string;
  readonly workers: readonly FleetWorker[];
}

/** A cluster, with what is said of it as a whole. */
export interface FleetCluster extends SubjectStatus {
  readonly name: string;
  readonly groups: readonly FleetGroup[];
}

const QUIET: SubjectStatus = { tone: 'quiet', reason: '' };

/** How far back the last word on a worker or group is looked for, ms: how things stand is not a matter of the time range. */
export const LAST_WORDS_FROM = 30 * 86_400_000;

/**
 * What rows of the queries about last words tell. A worker whose records name its group only sometimes has a row for each
 * way: the later one counts.
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

/** `manage-ssm-agent shop/web/i-0abc` and `done agent-verified`, as the query gives them; undefined for anything else. */
export function readLastWord(subject: string, word: string, at: number, id: string): LastWord | undefined {
  const [, remediation = '', cluster = '', nodegroup = '', instance = ''] =
    /^(\S+) ([^/]*)\/(.*)\/([^/]*)$/.exec(subject) ?? [];
  const [decision = '', reason = ''] = word.split(' ');
  const known = decisionKind.safeParse(decision);
  return known.success && cluster !== ''
    ? { remediation, cluster, nodegroup, instance, decision: known.data, reason, at, id }
    : undefined;
}

/** How each subject stands, by its gravest word: the gravest first, and of those the oldest. Workers that are gone are left out. */
export function statesOf(lastWords: readonly LastWord[], isThere: (instance: string) => boolean): LastWord[] {
  const subjects = Map.groupBy(lastWords, subjectOf);
  return [...subjects.values()]
    .flatMap((words) => gravestOf(words) ?? [])
    .filter(({ instance }) => instance === '' || isThere(instance))
    .sort((a, b) => gravityOf(a) - gravityOf(b) || a.at - b.at);
}

/** Those of them that somebody should look at. */
export const needsOf = (lastWords: readonly LastWord[], isThere: (instance: string) => boolean): LastWord[] =>
  statesOf(lastWords, isThere).filter(needsSomebody);

/** What somebody should look at, counted. */
export type NeedsSummary = ReadonlyArray<{ readonly tone: Tone; readonly count: number }>;

/**
 * How many subjects stand in each state that somebody should look at, and how many proposals are to be approved: a subject
 * that is exposed or has failed may have one, too.
 */
export function summaryOf(lastWords: readonly LastWord[], isThere: (instance: string) => boolean): NeedsSummary {
  const needed = needsOf(lastWords, isThere);
  const proposals = [...Map.groupBy(lastWords, subjectOf).values()]
    .flatMap(thatStillCount)
    .filter(({ decision, instance }) => decision === 'would-act' && (instance === '' || isThere(instance)));
  return [...NEEDS_SOMEBODY].map((tone) => ({
    tone,
    count: tone === 'would-act' ? proposals.length : needed.filter((word) => stateOf(word) === tone).length,
  }));
}

/** A worker's records may lack its group, but not its id. */
const subjectOf = ({ cluster, nodegroup, instance }: LastWord): string =>
  instance === '' ? `${cluster}/${nodegroup}` : instance;

/** When the last sweep finished, of rows of the queries about last words, epoch milliseconds; undefined when none did. */
export const sweptAtIn = (rows: ReadonlyArray<{ get(field: string): string | undefined }>): number | undefined => {
  const at = timeIn(rows.find((row) => row.get('word') === 'done sweep-finished')?.get('@timestamp') ?? '');
  return Number.isFinite(at) ? at : undefined;
};

/**
 * The fleet as it is: clusters, their groups, their workers, each with what needs most attention of what the functions
 * last said about it. What comes first needs it most. Instances that only claim to be workers, by tags that anybody can set,
 * are none; what was said of them stands among what needs somebody.
 */
export function fleetStatusOf(instances: readonly Instance[], lastWords: readonly LastWord[]): FleetCluster[] {
  const workerWords = Map.groupBy(lastWords, ({ instance }) => instance);
  const groupWords = Map.groupBy(workerWords.get('') ?? [], ({ cluster, nodegroup }) => `${cluster}/${nodegroup}`);
  const workers = instances.flatMap((instance) => {
    const worker = workerOf(instance);
    if (worker === undefined) return [];
    const id = instance.InstanceId ?? '';
    const isKnown = isBorneOut(worker, instance) || (workerWords.get(id) ?? []).some(isOfWorker);
    return isKnown ? [{ ...worker, instance: id }] : [];
  });
  const clusters = Map.groupBy(workers, ({ cluster }) => cluster);
  return [...clusters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ours]) => ({
      name,
      ...worst(groupWords.get(`${name}/`) ?? []),
      groups: [...Map.groupBy(ours, ({ nodegroup = '' }) => nodegroup)]
        .map(([nodegroup, members]) => ({
          cluster: name,
          nodegroup,
          // What is said of no group is said of the cluster.
          ...(nodegroup === '' ? QUIET : worst(groupWords.get(`${name}/${nodegroup}`) ?? [])),
          workers: members
            .map(({ instance }) => ({ instance, ...worst(workerWords.get(instance) ?? []) }))
            .sort((a, b) => urgency(a) - urgency(b) || (a.instance < b.instance ? -1 : 1)),
        }))
        .sort((a, b) => mostUrgent(a) - mostUrgent(b) || (a.nodegroup < b.nodegroup ? -1 : 1)),
    }));
}

/** What is only said of an instance whose identity was proven: one that has not joined its cluster yet may be isolated. */
const isOfWorker = ({ remediation, reason }: LastWord): boolean =>
  remediation === 'quarantine-workers' && OF_WORKERS.has(reason);
const OF_WORKERS: ReadonlySet<string> = new Set(IN_QUARANTINE);

const urgency = ({ tone }: Pick<SubjectStatus, 'tone'>): number => TONES.indexOf(tone);
const mostUrgent = (group: FleetGroup): number => Math.min(urgency(group), ...group.workers.map(urgency));

function worst(words: readonly LastWord[]): SubjectStatus {
  const gravest = gravestOf(words);
  return gravest === undefined ? QUIET : { tone: stateOf(gravest), reason: gravest.reason };
}
