import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AnyFleet, type AnyGroup, anyFleet } from './any-fleet.fixture.ts';
import { judge } from './rollout.fixture.ts';
import { free } from './rollout-goals.fixture.ts';

/** A group of the first cluster that is up to date, and with which nothing is the matter. */
const PLAIN: AnyGroup = {
  cluster: 0,
  age: 0,
  behind: 0,
  isCustom: false,
  special: undefined,
  failing: 0,
  troubles: [],
};

/** A cluster whose control plane stays at its version. */
const STEADY = { upgradedAt: undefined, rolledBackAfter: undefined };

/** What fleets have in common whose groups alone made the difference. */
const USUAL: Omit<AnyFleet, 'groups'> = {
  season: 'autumn',
  clusters: [STEADY, STEADY, STEADY],
  releases: [{ day: 5, withdrawnAfter: undefined, isBad: false }],
  images: [],
  policy: {
    bakeHours: 0,
    windows: 'always',
    perCluster: 1,
    perAccount: 1,
    isWaved: true,
    bakeBetween: 0,
    stopAfterFailures: 1,
    releaseBreaker: 1,
    followMode: 'enforce',
    followAfter: 0,
    approvalExpiresAfter: 8,
    areNodesAndPodsAGate: false,
  },
  gates: [],
  insights: undefined,
  killSwitch: undefined,
  approvesAfter: 1,
  resumesAfter: 2,
};

/** Fleets that broke a law or did not get there once. */
const ONCE_BROKEN: AnyFleet[] = [
  // A group that cannot be read once its cluster opts out: the later wave waits for the group.
  {
    ...USUAL,
    groups: [
      { ...PLAIN, cluster: 2 },
      { ...PLAIN, cluster: 1, troubles: [{ kind: 'cluster-opted-out', from: 1, hours: 9999 }] },
      { ...PLAIN, cluster: 1, troubles: [{ kind: 'unreadable', from: 1, hours: 9999 }] },
    ],
  },
  // A group whose move to the next Kubernetes version ends in the hour from which it cannot be read: nobody knows that it
  // takes releases of the version after that, so a later wave does not wait for it.
  {
    season: 'spring',
    clusters: [{ upgradedAt: 60, rolledBackAfter: undefined }, STEADY, STEADY],
    groups: [
      { ...PLAIN, behind: 4, failing: 2, troubles: [{ kind: 'unreadable', from: 95, hours: 7 }] },
      { ...PLAIN, behind: 4, special: 'late' },
      { ...PLAIN, special: 'late' },
      { ...PLAIN, cluster: 1 },
    ],
    releases: [4, 2, 5].map((day) => ({ day, withdrawnAfter: undefined, isBad: false })),
    images: [],
    policy: {
      bakeHours: 0,
      windows: 'night',
      perCluster: 1,
      perAccount: 1,
      isWaved: true,
      bakeBetween: 3,
      stopAfterFailures: 1,
      releaseBreaker: 1,
      followMode: 'enforce',
      followAfter: 12,
      approvalExpiresAfter: 8,
      areNodesAndPodsAGate: false,
    },
    gates: [],
    insights: undefined,
    killSwitch: { from: 1, hours: 30 },
    approvesAfter: 1,
    resumesAfter: 2,
  },
  // The goals took a group with an AMI of its owner for one that is too old beside its control plane, which it never is.
  {
    ...USUAL,
    groups: [
      { ...PLAIN, behind: 4, isCustom: true, troubles: [{ kind: 'unhealthy', from: 1, hours: 9999 }] },
      { ...PLAIN, cluster: 1, isCustom: true },
    ],
    images: [3],
    policy: { ...USUAL.policy, followMode: 'observe' },
  },
  // The goals took a group for one that is left alone that had moved on before its control plane was rolled back.
  {
    ...USUAL,
    clusters: [STEADY, STEADY, { upgradedAt: 60, rolledBackAfter: 4 }],
    groups: [
      { ...PLAIN, cluster: 2 },
      {
        ...PLAIN,
        cluster: 2,
        behind: 4,
        special: 'named',
        troubles: [{ kind: 'blocked', from: 50, hours: 9999 }],
      },
    ],
  },
  // The law of the breaker counted a failure that nobody could see: the group could not be read any more when it failed.
  {
    ...USUAL,
    groups: [
      { ...PLAIN, cluster: 2, age: 7 },
      { ...PLAIN, age: 6, troubles: [{ kind: 'unreadable', from: 22, hours: 9999 }] },
    ],
    releases: [
      { day: 0, withdrawnAfter: undefined, isBad: true },
      { day: 3, withdrawnAfter: undefined, isBad: false },
    ],
    policy: {
      ...USUAL.policy,
      bakeHours: 6,
      windows: 'night',
      isWaved: false,
      stopAfterFailures: 3,
      releaseBreaker: 2,
    },
    resumesAfter: undefined,
  },
  // A later wave took an older release that the first one had passed over, while that one left a withdrawn release.
  {
    ...USUAL,
    groups: [{ ...PLAIN, cluster: 2 }, { ...PLAIN, cluster: 2 }, { ...PLAIN, cluster: 1, failing: 2 }, PLAIN],
    releases: [
      { day: 0, withdrawnAfter: 30, isBad: false },
      { day: 2, withdrawnAfter: undefined, isBad: false },
      { day: 5, withdrawnAfter: undefined, isBad: false },
    ],
    policy: { ...USUAL.policy, windows: 'early', perAccount: 2 },
  },
  // The goals took a group for one that is left alone of which nobody could see any more that its control plane was
  // rolled back: a later wave waits for it.
  {
    ...USUAL,
    clusters: [{ upgradedAt: 20, rolledBackAfter: 4 }, STEADY, STEADY],
    groups: [
      { ...PLAIN, behind: 4, troubles: [{ kind: 'unreadable', from: 1, hours: 9999 }] },
      { ...PLAIN, cluster: 1 },
    ],
    policy: { ...USUAL.policy, windows: 'early' },
  },
];

/**
 * The law of the waves took an approval for one that holds once the newer release that had ended it was taken back.
 */
const ONCE_BROKEN_WHERE_PROPOSED: AnyFleet = {
  ...USUAL,
  groups: [
    { ...PLAIN, behind: 1, troubles: [{ kind: 'blocked', from: 1, hours: 60 }] },
    { ...PLAIN, cluster: 1, behind: 1, special: 'shut' },
    { ...PLAIN, behind: 1 },
    { ...PLAIN, behind: 1, special: 'shut' },
  ],
  releases: [
    { day: 2, withdrawnAfter: 5, isBad: false },
    { day: 5, withdrawnAfter: undefined, isBad: false },
  ],
  policy: { ...USUAL.policy, followMode: 'observe', approvalExpiresAfter: 48 },
  killSwitch: { from: 3, hours: 30 },
};

it('over any fleet and history no start breaks a law, and whoever is not forbidden for ever gets there', async () => {
  const seen = { starts: 0, failures: 0, approvals: 0, resumed: 0, followed: 0, free: 0, groups: 0 };
  const holds = async (fleet: AnyFleet) => {
    const play = await judge(fleet);
    const count = (kind: string) => play.events.filter((event) => event.kind === kind).length;
    seen.starts += count('start');
    seen.failures += count('failure');
    seen.approvals += count('approve');
    seen.resumed += count('resume');
    seen.followed += play.events.filter(({ from, version }) => from !== undefined && from.version !== version).length;
    seen.free += free(play).length;
    seen.groups += play.model.groups.length;
  };
  await fc.assert(fc.asyncProperty(anyFleet, holds), {
    numRuns: 300,
    examples: ONCE_BROKEN.map((fleet) => [fleet]),
  });
  // Plays without these happenings would prove nothing.
  expect(Math.min(seen.starts, seen.failures, seen.approvals, seen.resumed, seen.followed)).toBeGreaterThan(20);
  expect(seen.free).toBeGreaterThan(seen.groups / 2);
});

it('over any fleet with waves whose moves to the next Kubernetes version are only proposed, those that are approved keep to the same laws', async () => {
  // The first group of the first wave is approved with all others, and something keeps that group from moving for a
  // while.
  const proposing = fc
    .tuple(anyFleet, fc.constantFrom('blocked' as const, 'unhealthy' as const, 'unreadable' as const))
    .map(
      ([fleet, kind]): AnyFleet => ({
        ...fleet,
        groups: [...fleet.groups, ...fleet.groups.slice(0, 1)].map((each, index) => ({
          ...each,
          isCustom: false,
          behind: 1,
          ...(index === 0 && { cluster: 0, special: undefined, troubles: [{ kind, from: 1, hours: 60 }] }),
          ...(index === 1 && { cluster: 1 }),
        })),
        policy: { ...fleet.policy, isWaved: true, followMode: 'observe', windows: 'always' },
        approvesAfter: fleet.approvesAfter ?? 1,
      }),
    );
  let followed = 0;
  const holds = async (fleet: AnyFleet) => {
    const play = await judge(fleet);
    followed += play.events.filter(({ from, version }) => from !== undefined && from.version !== version).length;
  };
  await fc.assert(fc.asyncProperty(proposing, holds), { numRuns: 100, examples: [[ONCE_BROKEN_WHERE_PROPOSED]] });
  expect(followed).toBeGreaterThan(20);
});
