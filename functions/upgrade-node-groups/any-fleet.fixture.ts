import fc from 'fast-check';

/** From one hour of the play on, for so many hours. */
export interface Span {
  readonly from: number;
  readonly hours: number;
}

/** So long that a play ends before. */
export const FOR_EVER = 9999;

/** What is the matter with a node group, or with its cluster, for a while. */
export interface Trouble extends Span {
  readonly kind:
    | 'opted-out'
    | 'cluster-opted-out'
    | 'unreadable'
    | 'unhealthy'
    | 'updated-by-somebody'
    | 'blocked'
    | 'quarantined'
    | 'pods-pending'
    | 'pods-unreadable';
}

/** What a tag of a node group makes stricter there; `named`: what an override by its name changes. */
export type Special = 'named' | 'slow' | 'late' | 'asked' | 'shut';

export interface AnyGroup {
  readonly cluster: number;
  /** How many days older than all others its release is. */
  readonly age: number;
  /** By how many Kubernetes versions it is behind its control plane. */
  readonly behind: number;
  readonly isCustom: boolean;
  readonly special: Special | undefined;
  /** How many of its next updates fail, whatever the release. */
  readonly failing: number;
  readonly troubles: readonly Trouble[];
}

/** A control plane is upgraded, and rolled back a while later; hours. */
export interface AnyCluster {
  readonly upgradedAt: number | undefined;
  readonly rolledBackAfter: number | undefined;
}

export interface AnyRelease {
  readonly day: number;
  /** Hours. */
  readonly withdrawnAfter: number | undefined;
  /** No update to it succeeds. */
  readonly isBad: boolean;
}

export interface AnyPolicy {
  readonly bakeHours: number;
  readonly windows: 'always' | 'early' | 'night';
  readonly perCluster: number;
  readonly perAccount: number;
  readonly isWaved: boolean;
  readonly bakeBetween: number;
  readonly stopAfterFailures: number;
  readonly releaseBreaker: number;
  readonly followMode: 'enforce' | 'observe';
  readonly followAfter: number;
  readonly approvalExpiresAfter: number;
  readonly areNodesAndPodsAGate: boolean;
}

export interface AnyGate extends Span {
  readonly kind: 'alarm' | 'alarm-without-data' | 'alarm-unreadable' | 'calendar' | 'calendar-unreadable';
}

export interface AnyFleet {
  /** Whether clocks go forward or back during the play. */
  readonly season: 'spring' | 'autumn';
  readonly clusters: readonly AnyCluster[];
  readonly groups: readonly AnyGroup[];
  readonly releases: readonly AnyRelease[];
  /** Days on which there is another AMI for groups with one of their owner's. */
  readonly images: readonly number[];
  readonly policy: AnyPolicy;
  readonly gates: readonly AnyGate[];
  readonly insights: Span | undefined;
  readonly killSwitch: Span | undefined;
  /** Hours until operators approve, and resume what has failed; undefined: never. */
  readonly approvesAfter: number | undefined;
  readonly resumesAfter: number | undefined;
}

/** All that happens to a fleet has happened by this hour. */
export const QUIET_FROM = 7 * 24;
/** The day of the last release, which is a good one. */
export const LAST_RELEASE = 5;

const mostly = <T>(value: T, ...others: readonly T[]) => fc.constantFrom(value, value, value, ...others);
const hour = fc.integer({ min: 1, max: 100 });
const span = fc.record({ from: hour, hours: fc.constantFrom(2, 7, 30) });

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('opted-out' as const, 'unreadable' as const, 'unhealthy' as const, 'blocked' as const),
    from: hour,
    hours: fc.constantFrom(2, 7, 30, FOR_EVER),
  }),
  fc.record({
    kind: fc.constantFrom('cluster-opted-out' as const, 'quarantined' as const),
    from: hour,
    hours: fc.constantFrom(2, 30, FOR_EVER),
  }),
  fc.record({
    kind: fc.constantFrom('pods-pending' as const, 'pods-unreadable' as const),
    from: hour,
    hours: fc.constantFrom(2, 30),
  }),
  fc.record({ kind: fc.constant('updated-by-somebody' as const), from: hour, hours: fc.constantFrom(1, 3) }),
);

const group: fc.Arbitrary<AnyGroup> = fc.record({
  cluster: fc.nat(2),
  age: fc.nat(9),
  behind: mostly(0, 1, 4),
  isCustom: mostly(false, true),
  special: mostly<Special | undefined>(undefined, 'named', 'slow', 'late', 'asked', 'shut'),
  failing: mostly(0, 1, 2),
  troubles: fc.array(trouble, { maxLength: 2 }),
});

const release = fc.record({
  day: fc.integer({ min: 0, max: LAST_RELEASE - 1 }),
  withdrawnAfter: mostly<number | undefined>(undefined, 5, 30),
  isBad: mostly(false, true),
});

const policy: fc.Arbitrary<AnyPolicy> = fc.record({
  bakeHours: fc.constantFrom(0, 6, 24),
  windows: fc.constantFrom('always', 'early', 'night'),
  perCluster: fc.integer({ min: 1, max: 2 }),
  perAccount: fc.integer({ min: 1, max: 3 }),
  isWaved: fc.boolean(),
  bakeBetween: fc.constantFrom(0, 3, 12),
  stopAfterFailures: fc.integer({ min: 1, max: 3 }),
  releaseBreaker: fc.integer({ min: 1, max: 3 }),
  followMode: mostly('enforce', 'observe'),
  followAfter: fc.constantFrom(0, 12),
  approvalExpiresAfter: fc.constantFrom(8, 48),
  areNodesAndPodsAGate: fc.boolean(),
});

/** Any fleet, and whatever happens to it. It shrinks to fewer groups, troubles and releases. */
export const anyFleet: fc.Arbitrary<AnyFleet> = fc
  .record({
    season: fc.constantFrom('autumn' as const, 'spring' as const),
    clusters: fc.array(
      fc.record({
        upgradedAt: mostly<number | undefined>(undefined, 20, 60),
        rolledBackAfter: mostly<number | undefined>(undefined, 4, 20),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    groups: fc.array(group, { minLength: 1, maxLength: 6 }),
    releases: fc.uniqueArray(release, { selector: ({ day }) => day, maxLength: 3 }),
    images: fc.subarray([1, 3]),
    policy,
    gates: fc.array(
      fc.record({
        kind: fc.constantFrom<AnyGate['kind']>(
          'alarm',
          'alarm-without-data',
          'alarm-unreadable',
          'calendar',
          'calendar-unreadable',
        ),
        from: hour,
        hours: fc.constantFrom(2, 7, 30),
      }),
      { maxLength: 2 },
    ),
    insights: fc.option(span, { nil: undefined, freq: 3 }),
    killSwitch: fc.option(span, { nil: undefined, freq: 6 }),
    approvesAfter: mostly<number | undefined>(1, 5, undefined),
    resumesAfter: mostly<number | undefined>(2, 9, undefined),
  })
  .map((fleet) => ({
    ...fleet,
    releases: [...fleet.releases, { day: LAST_RELEASE, withdrawnAfter: undefined, isBad: false }],
  }));
