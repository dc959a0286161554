import type { Instance } from '@aws-sdk/client-ec2';
import { workerOf } from '../shared/fleet/worker.ts';
import { type DecisionKind, decisionKind } from '../shared/records/record.ts';
import { meansQuarantine } from '../shared/records/status.ts';

/** How things stand with a worker or a group: by the last decision about it, or in quarantine, or nothing is recorded. */
export const TONES = [
  'failed',
  'refused',
  'quarantined',
  'acted',
  'would-act',
  'waiting',
  'done',
  'skipped',
  'quiet',
] as const;
export type Tone = (typeof TONES)[number];

/** The last word of one function on one subject. */
export interface LastWord {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly instance: string;
  readonly decision: DecisionKind;
  readonly reason: string;
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

export interface FleetCluster {
  readonly name: string;
  readonly groups: readonly FleetGroup[];
}

const QUIET: SubjectStatus = { tone: 'quiet', reason: '' };

/** `manage-ssm-agent shop/web/i-0abc` and `done agent-verified`, as the query gives them; undefined for anything else. */
export function readLastWord(subject: string, word: string): LastWord | undefined {
  const [, cluster = '', nodegroup = '', instance = ''] = /^\S+ ([^/]*)\/(.*)\/([^/]*)$/.exec(subject) ?? [];
  const [decision = '', reason = ''] = word.split(' ');
  const known = decisionKind.safeParse(decision);
  return known.success && cluster !== '' ? { cluster, nodegroup, instance, decision: known.data, reason } : undefined;
}

export const toneOf = ({ decision, reason }: Pick<LastWord, 'decision' | 'reason'>): Tone =>
  meansQuarantine(reason) && decision !== 'failed' ? 'quarantined' : decision;

/**
 * The fleet as it is: clusters, their groups, their workers, each with what needs most attention of what the functions
 * last said about it. What comes first needs it most.
 */
export function fleetStatusOf(instances: readonly Instance[], lastWords: readonly LastWord[]): FleetCluster[] {
  const workerWords = Map.groupBy(lastWords, ({ instance }) => instance);
  const groupWords = Map.groupBy(workerWords.get('') ?? [], ({ cluster, nodegroup }) => `${cluster}/${nodegroup}`);
  const workers = instances.flatMap((instance) => {
    const worker = workerOf(instance);
    return worker === undefined ? [] : [{ ...worker, instance: instance.InstanceId ?? '' }];
  });
  const clusters = Map.groupBy(workers, ({ cluster }) => cluster);
  return [...clusters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ours]) => ({
      name,
      groups: [...Map.groupBy(ours, ({ nodegroup = '' }) => nodegroup)]
        .map(([nodegroup, members]) => ({
          cluster: name,
          nodegroup,
          ...worst(groupWords.get(`${name}/${nodegroup}`) ?? []),
          workers: members
            .map(({ instance }) => ({ instance, ...worst(workerWords.get(instance) ?? []) }))
            .sort((a, b) => urgency(a) - urgency(b) || (a.instance < b.instance ? -1 : 1)),
        }))
        .sort((a, b) => mostUrgent(a) - mostUrgent(b) || (a.nodegroup < b.nodegroup ? -1 : 1)),
    }));
}

const urgency = ({ tone }: SubjectStatus): number => TONES.indexOf(tone);
const mostUrgent = (group: FleetGroup): number => Math.min(urgency(group), ...group.workers.map(urgency));

const worst = (words: readonly LastWord[]): SubjectStatus =>
  words
    .map((word): SubjectStatus => ({ tone: toneOf(word), reason: word.reason }))
    .reduce((most, each) => (urgency(each) < urgency(most) ? each : most), QUIET);
