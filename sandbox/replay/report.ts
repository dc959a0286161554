import { table } from '../../cli/table.ts';
import { median } from '../fleet/ami-age.ts';
import { type Replay, type ReplayVerdict, type Sample, updatesOf } from './replay-fleet.ts';
import { HOUR } from './rules.ts';
import type { GroupVerdict } from './verdict.ts';

/**
 * One line about a month of the replay.
 *
 * @param month as `2025-07`
 */
export function monthLine(replay: Replay, month: string): string {
  const isInMonth = (at: number) => new Date(at).toISOString().startsWith(month);
  const groups = new Map(replay.samples.map((sample) => [`${sample.cluster}/${sample.nodegroup}`, sample]));
  const started = [...groups.values()]
    .flatMap(({ cluster, nodegroup }) => updatesOf(replay, cluster, nodegroup))
    .filter(({ startedAt }) => isInMonth(startedAt));
  const ages = inWords(agesOf(replay.samples.filter(({ at }) => isInMonth(at))));
  const calls = replay.calls.toLocaleString('en');
  return `  ${month}  ${started.length} updates started, AMI age: ${ages}, ${calls} AWS calls so far`;
}

/**
 * The final summary for a person.
 *
 * @param seconds real time that the replay took
 */
export function summary({ peaks, samples, calls }: Replay, { groups, faults }: ReplayVerdict, seconds: number): string {
  const headings = [
    'node group',
    'AMI type',
    'taken',
    'excused',
    'missed',
    'taken after, h',
    'AMI age, days',
    'end told',
  ];
  const clusters = [...peaks.byCluster].map(([cluster, most]) => `${cluster} ${most}`).join(', ');
  const verdict = 'Every release was taken that its bake time allowed, and no budget was exceeded.';
  return [
    table([headings, ...groups.map((group) => row(group, samples))]),
    '',
    '  Median / worst. Taken after: from the appearance of a release to the start of the update.',
    `  AMI age of all nodes: ${inWords(agesOf(samples))}`,
    `  most node groups under update at a time: ${clusters}; in the account ${peaks.account}`,
    `  ${calls.toLocaleString('en')} AWS calls of functions in ${seconds.toFixed(0)} s`,
    '',
    ...(faults.length === 0 ? [`  ✓ ${verdict}`] : faults.map((fault) => `  ✗ ${fault}`)),
  ].join('\n');
}

function row({ group, taken, excused, missed, endTold }: GroupVerdict, samples: readonly Sample[]): string[] {
  const { cluster, nodegroup, amiType } = group;
  const own = samples.filter((sample) => sample.cluster === cluster && sample.nodegroup === nodegroup);
  return [
    `${cluster}/${nodegroup}`,
    amiType,
    String(taken.length),
    excused.join(' ') || '-',
    missed.join(' ') || '-',
    spread(taken.map(({ delay }) => delay / HOUR)),
    spread(agesOf(own)),
    endTold.map((at) => new Date(at).toISOString().slice(0, 10)).join(' ') || '-',
  ];
}

const agesOf = (samples: readonly Sample[]): number[] => samples.flatMap(({ ages }) => ages);

const worst = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

const spread = (values: readonly number[]): string =>
  values.length === 0 ? '-' : `${median(values).toFixed(1)} / ${worst(values).toFixed(1)}`;

const inWords = (days: readonly number[]): string =>
  `median ${median(days).toFixed(1)} days, worst ${worst(days).toFixed(1)} days`;
