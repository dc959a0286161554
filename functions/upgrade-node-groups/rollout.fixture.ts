import fc from 'fast-check';
import { NEW_NODE_GROUP, type NodeGroupState, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import type { KnownRelease } from '../shared/releases/release-ledger.ts';
import { targetOf } from '../shared/releases/target-release.ts';
import { decide as watch } from '../watch-ami-releases/decide.ts';
import { circumstancesOf } from './circumstances.ts';
import type { Decision } from './decision.ts';
import { HOUR, nodeGroup, nodesOn, observation, unreadable } from './observation.fixture.ts';
import type { Observation, UpdateView, View } from './observation.ts';
import { plan, type withSlot } from './plan.ts';
import { policyOf } from './policy.fixture.ts';
import { progressAfter } from './progress.ts';
import { callNext, contendersOf, waitingSinceAfter } from './waitlist.ts';
import { rolloutsIn } from './waves.ts';

/** A Monday. */
export const START = Date.parse('2026-07-06T00:00:00Z');
const STEP = HOUR / 2;
export const DAY = 24 * HOUR;
const PAIR = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };
export const versionAt = (day: number): string =>
  `1.33.1-${new Date(START + day * DAY).toISOString().slice(0, 10).replaceAll('-', '')}`;
/** All groups initially run releases of this age in days, or older. */
export const oldest = versionAt(-40);

export interface Group {
  readonly key: { cluster: string; nodegroup: string };
  /** How many of its next updates fail. */
  failing: number;
  /** Until this day, it is opted out or unreadable. */
  readonly hindered: 'no' | 'opted-out' | 'unreadable';
  readonly until: number;
  releaseVersion: string;
  nodes: string;
  update?: { readonly releaseVersion: string; readonly endsAt: number; result?: 'successful' | 'failed' };
  state: NodeGroupState;
}

export interface Scenario {
  readonly groups: ReadonlyArray<Pick<Group, 'hindered' | 'until' | 'failing'> & { cluster: number; age: number }>;
  readonly releases: ReadonlyArray<{ readonly day: number; readonly withdrawnAfter: number | undefined }>;
  readonly bakeDays: number;
  readonly hasWindow: boolean;
  readonly concurrency: { readonly perCluster: number; readonly perAccount: number };
  /** Clusters c0, c1 and c2 are a wave each, in this order; undefined: no waves. */
  readonly bakeBetweenDays: number | undefined;
}

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  groups: fc.array(
    fc.record({
      cluster: fc.nat(2),
      age: fc.integer({ min: 0, max: 30 }),
      failing: fc.constantFrom(0, 0, 0, 1, 2),
      hindered: fc.constantFrom(
        'no' as const,
        'no' as const,
        'no' as const,
        'opted-out' as const,
        'unreadable' as const,
      ),
      until: fc.constantFrom(3, 99),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  releases: fc.uniqueArray(
    fc.record({ day: fc.integer({ min: 1, max: 16 }), withdrawnAfter: fc.constantFrom(undefined, undefined, 1, 3) }),
    { selector: ({ day }) => day, minLength: 1, maxLength: 4 },
  ),
  bakeDays: fc.constantFrom(0, 1, 3, 6),
  hasWindow: fc.boolean(),
  concurrency: fc.record({ perCluster: fc.integer({ min: 1, max: 2 }), perAccount: fc.integer({ min: 1, max: 3 }) }),
  bakeBetweenDays: fc.constant(undefined),
});

export const WAVES = ['canary', 'stage', 'prod'];
export const waved: fc.Arbitrary<Scenario> = scenario.chain((given) =>
  fc.constantFrom(0, 1, 2).map((bakeBetweenDays) => ({
    ...given,
    // One of an earlier wave that can never be read holds up the later ones for ever.
    groups: given.groups.map((group) => (group.hindered === 'unreadable' ? { ...group, until: 3 } : group)),
    bakeBetweenDays,
  })),
);

/** Runs a fleet through the real decisions, in small batches like those of the queue. */
export class Rollout {
  readonly groups: Group[];
  readonly #scenario: Scenario;
  readonly #policy;
  #known: KnownRelease | undefined;
  #slots: Parameters<typeof withSlot>[0] = {};
  now = START;
  readonly starts: Array<{ readonly group: Group; readonly at: number; readonly from: string; readonly to: string }> =
    [];
  /** When each group came to run each release, and what the others ran at the time of each start. */
  readonly took = new Map<Group, Map<string, number>>();
  readonly others: Array<ReadonlyMap<Group, string>> = [];
  readonly faults: string[] = [];

  constructor(given: Scenario) {
    this.#scenario = given;
    this.#policy = policyOf({
      upgrades: {
        bakeAge: `${given.bakeDays}d`,
        windows: given.hasWindow ? [{ cron: '0 3 * * *', duration: '3h' }] : [],
        concurrency: given.concurrency,
        retryAfter: '2h',
        stopAfterFailures: 5,
        ...(given.bakeBetweenDays !== undefined && { waves: WAVES, bakeBetween: `${given.bakeBetweenDays}d` }),
      },
      ...(given.bakeBetweenDays !== undefined && {
        overrides: WAVES.map((wave, index) => ({
          name: wave,
          match: { clusters: [`c${index}`] },
          upgrades: { wave },
        })),
      }),
    });
    this.groups = given.groups.map(({ cluster, age, ...group }, index) => {
      const releaseVersion = versionAt(-40 - age);
      const key = { cluster: `c${cluster}`, nodegroup: `g${index}` };
      return { ...group, key, releaseVersion, nodes: releaseVersion, state: NEW_NODE_GROUP };
    });
  }

  /** Amazon's recommendation at a time. */
  #recommended(now: number): string {
    const offered = this.#scenario.releases
      .filter(({ day, withdrawnAfter = 999 }) => START + day * DAY <= now && now < START + (day + withdrawnAfter) * DAY)
      .map(({ day }) => versionAt(day));
    return offered.sort().at(-1) ?? versionAt(-39);
  }

  play(days: number): void {
    for (const end = START + days * DAY; this.now < end; this.now += STEP) {
      if ((this.now - START) % HOUR === 0) {
        const recommended = { kind: 'release', releaseVersion: this.#recommended(this.now) } as const;
        this.#known = watch({ pair: PAIR, recommended, known: this.#known }, this.now).known ?? this.#known;
      }
      for (const group of this.groups) this.#advance(group);
      const isSweep = (this.now - START) % HOUR === 0;
      const due = this.groups.filter(
        ({ state, update }) =>
          isSweep || update !== undefined || (state.wakeAt !== undefined && state.wakeAt <= this.now),
      );
      // Three at a time, in an order unrelated to how long each waits.
      for (let first = 0; first < due.length; first += 3) this.#reconcile(due.slice(first, first + 3), 0);
    }
  }

  #advance({ update, ...rest }: Group): void {
    const group = this.groups.find(({ key }) => key === rest.key);
    if (group === undefined || update === undefined || update.result !== undefined || update.endsAt > this.now) return;
    update.result = group.failing > 0 ? 'failed' : 'successful';
    if (group.failing > 0) group.failing -= 1;
    else {
      group.releaseVersion = update.releaseVersion;
      const taken = this.took.get(group) ?? new Map<string, number>();
      this.took.set(group, taken.set(update.releaseVersion, this.now));
      group.nodes = update.releaseVersion;
    }
  }

  #isHindered = ({ hindered, until }: Group): boolean => hindered !== 'no' && this.now < START + until * DAY;

  #view(group: Group): View {
    if (this.#isHindered(group) && group.hindered === 'unreadable') return unreadable('ServerException');
    const { update, releaseVersion, nodes } = group;
    const how: UpdateView | undefined =
      update === undefined
        ? undefined
        : update.result === undefined
          ? { kind: 'in-progress', updateId: 'u' }
          : update.result === 'failed'
            ? { kind: 'failed', updateId: 'u', errors: [{ code: 'PodEvictionFailure', message: '' }] }
            : { kind: 'successful', updateId: 'u' };
    return nodeGroup({
      status: update !== undefined && update.result === undefined ? 'UPDATING' : 'ACTIVE',
      releaseVersion,
      nodes: nodesOn(nodes, 2),
      tags: this.#isHindered(group) ? { 'eks-host-remediator:ignore': '' } : {},
      target: targetOf(PAIR, { kind: 'release', releaseVersion: this.#recommended(this.now) }, this.#known),
      ...(how !== undefined && { update: how }),
    });
  }

  #reconcile(batch: readonly Group[], depth: number): void {
    const seen = new Map<Observation, Group>(
      batch.map((group) => [observation(this.#view(group), group.state, group.key), group]),
    );
    const line = new Map(this.groups.map(({ key, state }) => [subjectOf(key), state]));
    const rollouts = this.#scenario.bakeBetweenDays === undefined ? undefined : rolloutsIn(line, this.#policy);
    const contenders = contendersOf(line, new Set(), this.#policy, this.now, rollouts);
    const circumstances = {
      policy: this.#policy,
      now: this.now,
      account: '111122223333',
      slots: this.#slots,
      ...(rollouts !== undefined && { rollouts }),
    };
    const before = this.#slots;
    const planned = plan([...seen.keys()], circumstances, contenders);
    const { decided, slots, hasYielded } = planned;
    this.#slots = slots;
    for (const { observation: each, decision } of decided) {
      const group = seen.get(each);
      if (group !== undefined) this.#conclude(group, each, decision);
    }
    const observed = new Set(batch.map(({ key }) => subjectOf(key)));
    const freed = Object.keys(before).some((subject) => !(subject in slots));
    if ((!hasYielded && !freed && depth === 0) || depth > 20) return;
    const others = contendersOf(
      new Map(this.groups.map(({ key, state }) => [subjectOf(key), state])),
      new Set(),
      this.#policy,
      this.now,
      planned.rollouts,
    ).filter(({ subject }) => !observed.has(subject));
    const options = { account: '1', region: 'r', now: this.now, caller: 'c' };
    for (const { detail } of callNext(others, this.#slots, this.#policy.upgrades.concurrency, options)) {
      const called = this.groups.filter(({ key }) => key.nodegroup === detail.nodegroupName);
      this.#reconcile(called, depth + 1);
    }
  }

  #conclude(group: Group, seen: Observation, decision: Decision): void {
    const { memory, turn, wakeAt, releaseVersion } = decision;
    if (decision.start !== undefined && memory.upgrade !== undefined) {
      this.others.push(new Map(this.groups.map((each) => [each, each.releaseVersion])));
      this.starts.push({ group, at: this.now, from: group.releaseVersion, to: memory.upgrade.releaseVersion });
      group.update = { releaseVersion: memory.upgrade.releaseVersion, endsAt: this.now + HOUR / 2 };
    } else if (memory.upgrade === undefined) delete group.update;
    if (decision.reason === 'up-to-date' && group.nodes !== releaseVersion)
      this.faults.push(`${group.key.nodegroup} is not up to date`);
    if (/may start at (\S+Z)/.test(decision.message) && wakeAt === undefined)
      this.faults.push(`promised: ${decision.message}`);
    const since = waitingSinceAfter(group.state, decision, this.now);
    const upgrade = memory.upgrade && { ...memory.upgrade, updateId: 'u' };
    const { policy } = circumstancesOf(seen, { policy: this.#policy, now: this.now, account: '', slots: {} });
    const progress = progressAfter(seen, decision, policy, this.now);
    group.state = {
      outcomes: 0,
      reason: decision.reason,
      ...(progress !== undefined && { progress }),
      ...memory,
      ...(upgrade !== undefined && { upgrade }),
      ...(decision.decision !== 'acted' && turn !== undefined && { turn }),
      ...(since !== undefined && { since }),
      ...(wakeAt !== undefined && { wakeAt }),
    };
  }

  /**
   * The newest release that has baked and was not withdrawn, by the history alone, ignoring the hours between readings.
   */
  newestBaked(): string {
    const { releases, bakeDays } = this.#scenario;
    const baked = releases.filter(
      ({ day, withdrawnAfter }) =>
        withdrawnAfter === undefined && START + (day + bakeDays) * DAY + 3 * HOUR <= this.now,
    );
    return (
      baked
        .map(({ day }) => versionAt(day))
        .sort()
        .at(-1) ?? versionAt(-39)
    );
  }

  withdrawn(): string[] {
    return this.#scenario.releases
      .filter(({ withdrawnAfter }) => withdrawnAfter !== undefined)
      .map(({ day }) => versionAt(day));
  }

  /** Whether another one of the same wave took a release. */
  tookInWave = (group: Group, release: string): boolean =>
    this.groups.some(({ key }, index) => {
      const taken = this.took.get(this.groups[index] ?? group)?.get(release);
      return key.cluster === group.key.cluster && taken !== undefined;
    });

  /** Until when a group ran a release that it has taken, or `now`, epoch milliseconds. */
  ranUntil(group: Group, release: string, now: number): number {
    const own = this.took.get(group) ?? new Map<string, number>();
    const taken = own.get(release) ?? now;
    return Math.min(now, ...[...own.values()].filter((at) => at > taken));
  }

  /** Whether one of the same wave had run a release for so long. */
  bakedInWave = (group: Group, release: string, now: number, bakeBetween: number): boolean =>
    this.groups.some((each) => {
      if (each.key.cluster !== group.key.cluster) return false;
      const taken = this.took.get(each)?.get(release);
      return taken !== undefined && this.ranUntil(each, release, now) - taken >= bakeBetween;
    });

  isFree = (group: Group): boolean => !this.#isHindered(group);
  isOpen = (at: number): boolean => nextOpening(this.#policy.upgrades.windows, at) === at;
}
