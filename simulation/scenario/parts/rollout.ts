import type { Draw } from '../choices.ts';
import type { Fleet, Group } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';

/** The waves of a day, the same under each of its policies. */
export interface Waves {
  /** Names in their order. Node groups that nothing places are in the first wave. */
  readonly names: readonly string[];
  /** How long a release must have run in all earlier waves, minutes. */
  readonly bakeMinutes: number;
  /** Overrides by name: the last one that matches places a node group. */
  readonly placed: ReadonlyArray<{
    readonly match: { readonly clusters?: readonly string[]; readonly nodegroups?: readonly string[] };
    readonly wave: string;
  }>;
  /** Node groups with the tag that puts them into `tagWave`, where that is a later wave than the one by name. */
  readonly tagged: readonly Group[];
  readonly tagWave: string;
}

/** The alarm of a day that keeps upgrades from starting, and what becomes of its state. */
export interface Gate {
  readonly changes: ReadonlyArray<{ readonly at: string; readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA' }>;
}

/** When upgrades and pins of a day may start. */
export interface Window {
  /** The hour at which it opens, by the clocks of its time zone, and for how many hours. */
  readonly opensAt: number;
  readonly hours: number;
  readonly timeZone: keyof typeof AHEAD_OF_UTC;
}

/** How far the clocks of a time zone are ahead of UTC in July, hours. */
const AHEAD_OF_UTC = { UTC: 0, 'Europe/Berlin': 2, 'America/New_York': -4 } as const;

/** The name of the alarm that is a gate. */
export const GATE = 'errors';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TAG = { key: 'rollout', value: 'late' };

/** The members of a scenario for it. */
export interface OfRollout {
  /** Absent: there are no waves. */
  readonly waves?: Waves;
  /** Absent: no alarm keeps upgrades from starting. */
  readonly gate?: Gate;
  /** Absent: upgrades start at any time. */
  readonly window?: Window;
}

/** Draws waves for half of all days, a gate for a third, and a window for a quarter. */
function drawRollout(draw: Draw, { groups }: Ground): OfRollout {
  return {
    ...(draw.happens(0.5) && { waves: drawWaves(draw, groups) }),
    ...(draw.happens(0.35) && { gate: drawGate(draw) }),
    ...(draw.happens(0.25) && { window: drawWindow(draw) }),
  };
}

function drawWaves(draw: Draw, groups: readonly Group[]): Waves {
  const names = draw.of(['canary', 'rest'], ['canary', 'stage', 'rest']);
  const wave = (): string => names[draw.number(0, names.length - 1)] ?? 'canary';
  const some = (): Group => groups[draw.number(0, groups.length - 1)] ?? { cluster: 'shop', nodeGroup: 'web' };
  return {
    names,
    bakeMinutes: draw.of(0, 30, 60, 120),
    placed: draw.some(1, 3, () => ({
      match: draw.of<object>(
        { clusters: [some().cluster] },
        { nodegroups: ['*b*'] },
        { nodegroups: [some().nodeGroup] },
      ),
      wave: wave(),
    })),
    tagged: draw.some(0, 2, some),
    tagWave: wave(),
  };
}

function drawGate(draw: Draw): Gate {
  let hour = draw.number(0, 3);
  const changes = draw.some(1, 3, (): Gate['changes'] => {
    const from = hour + draw.number(0, 3);
    hour = from + draw.number(1, 4);
    return [
      { at: `+${from}h`, state: draw.of('ALARM', 'ALARM', 'INSUFFICIENT_DATA') },
      { at: `+${hour}h`, state: 'OK' },
    ];
  });
  return { changes: changes.flat() };
}

const drawWindow = (draw: Draw): Window => ({
  opensAt: draw.number(0, 23),
  hours: draw.of(1, 4, 12),
  timeZone: draw.of<Window['timeZone']>('UTC', 'Europe/Berlin', 'America/New_York'),
});

/** How long a window has been closed at a time, ms; 0 while it is open. */
export function closedFor({ opensAt, hours, timeZone }: Window, now: number): number {
  const sinceOpening = (now + (AHEAD_OF_UTC[timeZone] - opensAt) * HOUR_MS) % DAY_MS;
  return Math.max(0, sinceOpening - hours * HOUR_MS);
}

/** What the policy says of windows: the same for upgrades and for pins of node classes. */
export const windowsOf = ({ window }: OfRollout): object =>
  window === undefined
    ? {}
    : {
        windows: [{ cron: `0 ${window.opensAt} * * *`, duration: `${window.hours}h`, timeZone: window.timeZone }],
      };

/** A drawn policy with the day's waves, gate and window. */
const withRollout = (policy: Policy, day: OfRollout): Policy => {
  const { waves, gate } = day;
  return {
    ...policy,
    upgrades: {
      ...policy.upgrades,
      ...(waves !== undefined && { waves: waves.names, wave: waves.names[0], bakeBetween: `${waves.bakeMinutes}m` }),
      ...(gate !== undefined && { gates: { alarms: [GATE] } }),
      ...windowsOf(day),
    },
    ...(waves !== undefined && { overrides: overridesOf(waves) }),
  };
};

const overridesOf = ({ placed, tagWave }: Waves): object[] => [
  ...placed.map(({ match, wave }, index) => ({ name: `placed-${index}`, match, upgrades: { wave } })),
  { name: 'tagged', match: { tags: { [TAG.key]: TAG.value } }, upgrades: { wave: tagWave } },
];

/** A drawn fleet with the tags of waves, and with the alarm that is a gate. */
function fleetWithRollout(fleet: Fleet, { waves, gate }: OfRollout): Fleet {
  const tagsOf = (cluster: string, nodeGroup: string): Record<string, string> =>
    waves?.tagged.some((one) => one.cluster === cluster && one.nodeGroup === nodeGroup) === true
      ? { [TAG.key]: TAG.value }
      : {};
  return {
    ...fleet,
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      nodeGroups: cluster.nodeGroups.map((group) => ({
        ...group,
        tags: { ...group.tags, ...tagsOf(cluster.name, group.name) },
      })),
    })),
    ...(gate !== undefined && { alarms: [{ name: GATE, changes: gate.changes }] }),
  };
}

/**
 * The place of the wave of a node group or node class, from 0: the one by name, or the later one by its tag.
 *
 * @param nodeGroup absent for a node class, which patterns of node groups never mean
 * @param tags of the node group
 */
export function placeOf(
  { names, placed, tagWave }: Waves,
  { cluster, nodeGroup }: Pick<Group, 'cluster'> & Partial<Group>,
  tags: Readonly<Record<string, string>>,
): number {
  const fits = (name: string, patterns: readonly string[] = ['*']): boolean =>
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name));
  const byName = placed.findLast(
    ({ match }) =>
      fits(cluster, match.clusters) &&
      (nodeGroup === undefined ? match.nodegroups === undefined : fits(nodeGroup, match.nodegroups)),
  );
  const place = byName === undefined ? 0 : names.indexOf(byName.wave);
  return tags[TAG.key] === TAG.value ? Math.max(place, names.indexOf(tagWave)) : place;
}

export const ROLLOUT: Part<OfRollout> = {
  stream: 'rollout',
  draw: drawRollout,
  policy: withRollout,
  fleet: fleetWithRollout,
};
