import fc from 'fast-check';

/** So many hours of a play, beginning with the hour `from`. */
export interface Span {
  readonly from: number;
  readonly hours: number;
}

/** A number of hours that outlasts every play. */
const FOR_EVER = 9999;

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

/** The tag by which an override of the policy finds a node group. An override finds a `named` group by its name. */
export type Special = 'named' | 'slow' | 'late' | 'asked' | 'shut';

export interface AnyGroup {
  readonly cluster: number;
  /** By how many days the node group's release is older than all others. */
  readonly age: number;
  /** By how many Kubernetes versions the node group is behind its control plane. */
  readonly behind: number;
  readonly isCustom: boolean;
  readonly special: Special | undefined;
  /** How many of the node group's next updates fail, whatever the release. */
  readonly failing: number;
  readonly troubles: readonly Trouble[];
}

/** The hour at which operators upgrade a control plane, and the hours after which they roll it back. */
export interface AnyCluster {
  readonly upgradedAt: number | undefined;
  readonly rolledBackAfter: number | undefined;
}

export interface AnyRelease {
  readonly day: number;
  /** The hours until Amazon withdraws the release; undefined: never. */
  readonly withdrawnAfter: number | undefined;
  /** Whether every update to the release fails. */
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
  /** The days on which there is another AMI for groups with custom AMIs. */
  readonly images: readonly number[];
  readonly policy: AnyPolicy;
  readonly gates: readonly AnyGate[];
  readonly insights: Span | undefined;
  readonly killSwitch: Span | undefined;
  /** The hours between two rounds in which operators approve proposals; undefined: they never do. */
  readonly approvesAfter: number | undefined;
  /** The hours between two rounds in which operators resume what has failed; undefined: they never do. */
  readonly resumesAfter: number | undefined;
}

/** The hour by which all that happens to a fleet has happened. */
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

/** Any fleet, and whatever happens to it. A failing fleet shrinks to fewer groups, troubles and releases. */
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
