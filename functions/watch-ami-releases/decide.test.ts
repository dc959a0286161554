import { describe, expect, it } from 'vitest';
import type { KnownRelease } from '../shared/releases/release-ledger.ts';
import { decide as decideAbout } from './decide.ts';
import { watchedPairs } from './observe.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-07-14T18:05:00Z');
const pair = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };
const [OLDEST, OLD, NEW] = ['1.33.11-20260505', '1.33.12-20260625', '1.33.13-20260714'];
const release = (releaseVersion: string) => ({ kind: 'release', releaseVersion }) as const;
const missing = { kind: 'missing' } as const;
/** The ledger state after these releases were seen, an hour apart, the last one an hour ago. */
const known = (...releases: string[]): KnownRelease => ({
  seen: releases.map((releaseVersion, index) => ({
    releaseVersion,
    firstSeenAt: NOW - (releases.length - index) * HOUR,
  })),
  recommended: releases.at(-1) ?? '',
  announced: true,
});

type PairOf = Parameters<typeof decideAbout>[0];
type Reading = PairOf['recommended'];
const decide = (observation: Omit<PairOf, 'isInUse'>, now: number, isInUse = true) =>
  decideAbout({ ...observation, isInUse }, now);

/** The ledger state, and what was recorded, after readings an hour apart, the first of them now. */
function readings(before: KnownRelease | undefined, ...looks: Reading[]) {
  let ledger = before;
  const told: string[] = [];
  for (const [index, recommended] of looks.entries()) {
    const { known: next, outcome, recovered } = decide({ pair, recommended, known: ledger }, NOW + index * HOUR);
    ledger = next ?? ledger;
    for (const each of [recovered, outcome]) if (each !== undefined) told.push(`${each.decision} ${each.reason}`);
  }
  return { known: ledger, told };
}

describe('decide', () => {
  it('sets the time of the first release seen of a pair, and announces it', () => {
    expect(decide({ pair, recommended: release(OLD), known: undefined }, NOW)).toMatchObject({
      known: { seen: [{ releaseVersion: OLD, firstSeenAt: NOW }], recommended: OLD, announced: false },
      announce: true,
      outcome: { decision: 'acted', reason: 'release-seen' },
    });
  });

  it('announces a newer release at once, and keeps the time of each one before', () => {
    expect(decide({ pair, recommended: release(NEW), known: known(OLDEST, OLD) }, NOW)).toMatchObject({
      known: { seen: [...known(OLDEST, OLD).seen, { releaseVersion: NEW, firstSeenAt: NOW }], recommended: NEW },
      announce: true,
    });
  });

  it('does nothing while nothing changes', () => {
    expect(decide({ pair, recommended: release(OLD), known: known(OLD) }, NOW)).toEqual({ announce: false });
  });

  it('announces again what a crash kept from being announced, without another record', () => {
    const crashed = { ...known(OLD), announced: false };
    expect(decide({ pair, recommended: release(OLD), known: crashed }, NOW)).toEqual({ announce: true });
  });

  it.each([
    ['an older release', release(OLD)],
    ['no release', missing],
    ['one that was never seen', release('1.33.12-20260601')],
  ])('does not believe a single reading of %s, and tells nobody', (_what, reading) => {
    const before = known(OLD, NEW);
    expect(readings(before, reading).known).toMatchObject({
      seen: before.seen,
      recommended: NEW,
      doubt: { since: NOW },
    });
    expect(readings(before, reading, release(NEW))).toEqual({ known: before, told: [] });
    const everyThirdHour = [reading, release(NEW), release(NEW)];
    expect(readings(before, ...everyThirdHour, ...everyThirdHour, ...everyThirdHour)).toEqual({
      known: before,
      told: [],
    });
  });

  it('does not take a run that is repeated within minutes for a second look', () => {
    const doubted = readings(known(OLD, NEW), release(OLD)).known;
    expect(decide({ pair, recommended: release(OLD), known: doubted }, NOW + 60_000)).toEqual({ announce: false });
  });

  it('announces nothing of a pair of which Amazon has withdrawn every release before one was announced', () => {
    const { known: left } = readings({ ...known(OLD), announced: false }, missing, missing);
    expect(left).toMatchObject({ announced: false });
    expect(left).not.toHaveProperty('recommended');
    expect(decide({ pair, recommended: missing, known: left }, NOW + 2 * HOUR)).toEqual({ announce: false });
    const unreadable = { kind: 'unreadable', error: 'X: no', code: 'X', isThrottled: false } as const;
    expect(decide({ pair, recommended: unreadable, known: left }, NOW + 2 * HOUR).announce).toBe(false);
    // A release that comes afterwards is.
    expect(decide({ pair, recommended: release(NEW), known: left }, NOW + 2 * HOUR).announce).toBe(true);
  });

  it('takes two looks an hour apart that agree for a withdrawal: told once, never announced', () => {
    const { known: ledger, told } = readings(known(OLD, NEW), release(OLD), release(OLD), release(OLD));
    expect(told).toEqual(['skipped release-withdrawn']);
    expect(ledger).toMatchObject({
      seen: [{ releaseVersion: OLD }, { releaseVersion: NEW, withdrawnAt: NOW + HOUR }],
      recommended: OLD,
    });
    expect(ledger).not.toHaveProperty('doubt');
  });

  it('believes of two looks that found different things only what neither of them found', () => {
    const { known: ledger } = readings(known(OLDEST, OLD, NEW), missing, release(OLD));
    expect(ledger).toMatchObject({ recommended: OLD });
    const gone = (ledger?.seen ?? []).filter(({ withdrawnAt }) => withdrawnAt !== undefined);
    expect(gone.map(({ releaseVersion }) => releaseVersion)).toEqual([NEW]);
  });

  it('takes in a release that is older than all that were seen, and bakes it from its first reading', () => {
    const { known: ledger } = readings(known(OLD, NEW), release('1.33.12-20260601'), release('1.33.12-20260601'));
    expect(ledger?.seen[0]).toEqual({ releaseVersion: '1.33.12-20260601', firstSeenAt: NOW });
    expect(ledger?.seen.slice(1).every(({ withdrawnAt }) => withdrawnAt !== undefined)).toBe(true);
  });

  it('lets a release that returns keep its age, on the second look, and announces it', () => {
    const withdrawn = readings(known(OLD, NEW), release(OLD), release(OLD)).known;
    const { known: ledger, told } = readings(withdrawn, release(NEW), release(NEW));
    expect(told).toEqual(['acted release-seen']);
    expect(ledger).toMatchObject({ seen: known(OLD, NEW).seen, recommended: NEW, announced: false });
    expect(ledger?.seen[1]).not.toHaveProperty('withdrawnAt');
  });

  it('goes on from a withdrawn release to a newer one', () => {
    const withdrawn = readings(known(OLD, NEW), missing, missing).known;
    expect(readings(withdrawn, release('1.33.14-20260801')).known).toMatchObject({
      seen: [{ withdrawnAt: NOW + HOUR }, { withdrawnAt: NOW + HOUR }, { releaseVersion: '1.33.14-20260801' }],
      recommended: '1.33.14-20260801',
    });
  });

  it.each([
    ['missing', 'no-release-for-version'],
    ['unknown-type', 'unknown-ami-type'],
  ] as const)('tells once that a release is %s', (kind, reason) => {
    const decision = decide({ pair, recommended: { kind }, known: undefined }, NOW);
    expect(decision).toMatchObject({ announce: false, outcome: { decision: 'skipped', reason } });
    expect(decide({ pair, recommended: { kind }, known: decision.known }, NOW)).toEqual({ announce: false });
  });
});

describe('a pair that nobody uses any more', () => {
  it('is watched for as long as releases of it are on offer', () => {
    const other = { kubernetesVersion: '1.34', amiType: 'BOTTLEROCKET_x86_64' };
    const ledger = new Map([
      ['1.33/AL2023_x86_64_STANDARD', known(OLD)],
      ['1.32/AL2_x86_64', known(OLD)],
      ['1.31/CUSTOM', { seen: [], announced: true }],
    ]);
    expect(watchedPairs([pair, other], ledger, true)).toEqual([
      { pair, isInUse: true },
      { pair: other, isInUse: true },
      { pair: { kubernetesVersion: '1.32', amiType: 'AL2_x86_64' }, isInUse: false },
    ]);
  });

  it('counts as used in a run that could not read the whole fleet', () => {
    const ledger = new Map([['1.33/AL2023_x86_64_STANDARD', known(OLD)]]);
    expect(watchedPairs([], ledger, false)).toEqual([{ pair, isInUse: true }]);
  });

  it('has what is withdrawn off offer, and nobody is told', () => {
    const doubted = decide({ pair, recommended: release(OLD), known: known(OLD, NEW) }, NOW, false);
    const { known: ledger, ...told } = decide(
      { pair, recommended: release(OLD), known: doubted.known },
      NOW + HOUR,
      false,
    );
    expect(told).toEqual({ announce: false });
    expect(ledger?.seen).toEqual([
      expect.not.objectContaining({ withdrawnAt: expect.anything() }),
      expect.objectContaining({ releaseVersion: NEW, withdrawnAt: NOW + HOUR }),
    ]);
  });

  it('has its newest release announced once it is used again', () => {
    const unused = decide({ pair, recommended: release(NEW), known: known(OLD) }, NOW, false);
    expect(unused).toMatchObject({ known: { recommended: NEW, announced: false }, announce: false });
    expect(decide({ pair, recommended: release(NEW), known: unused.known }, NOW)).toEqual({ announce: true });
  });

  it('is not told of where it cannot be read, but has an end told of what was', () => {
    const recommended = { kind: 'unreadable', code: 'X', error: 'X: no', isThrottled: false } as const;
    expect(decide({ pair, recommended, known: known(OLD) }, NOW, false)).toEqual({ announce: false });
    const { known: told } = decide({ pair, recommended, known: known(OLD) }, NOW);
    expect(decide({ pair, recommended: release(OLD), known: told }, NOW, false).recovered).toMatchObject({
      reason: 'release-readable',
    });
  });
});

describe('what Amazon recommends cannot be read', () => {
  const unreadable = (code: string, isThrottled = false, id = 0): Reading => ({
    kind: 'unreadable',
    code,
    error: `${code}: no, request ${id}`,
    isThrottled,
  });
  const denied = (id: number) => unreadable('AccessDeniedException', false, id);

  it('tells it once, changes nothing that is known, and tells when it can be read again', () => {
    const { known: after, told } = readings(known(OLDEST, OLD), denied(1), denied(2), denied(3), release(OLD));
    expect(told).toEqual(['failed unreadable', 'done release-readable']);
    expect(after).toEqual(known(OLDEST, OLD));
  });

  it('sees a newer release as soon as it can be read', () => {
    const { known: after, told } = readings(known(OLD), denied(1), release(NEW));
    expect(told).toEqual(['failed unreadable', 'done release-readable', 'acted release-seen']);
    expect(after).toMatchObject({ recommended: NEW, seen: [{}, { releaseVersion: NEW, firstSeenAt: NOW + HOUR }] });
    expect(after).not.toHaveProperty('unreadable');
  });

  it('is no second look that would confirm a withdrawal, nor one that would refute it', () => {
    const [before, slow] = [known(OLD, NEW), unreadable('ThrottlingException', true)];
    expect(readings(before, release(OLD), slow, release(OLD)).told).toEqual(['skipped release-withdrawn']);
    expect(readings(before, release(OLD), slow, release(NEW)).told).toEqual([]);
  });

  it('tells of throttling only when it lasts, and then of its end', () => {
    const slow = unreadable('ThrottlingException', true);
    expect(readings(known(OLD), slow, release(OLD)).told).toEqual([]);
    expect(readings(known(OLD), slow, slow, slow, release(OLD)).told).toEqual([
      'failed unreadable',
      'done release-readable',
    ]);
  });

  it('holds for a pair of which nothing is known yet, and tells what it is once it can be read', () => {
    expect(readings(undefined, denied(1), denied(2), release(OLD)).told).toEqual([
      'failed unreadable',
      'done release-readable',
      'acted release-seen',
    ]);
    expect(readings(undefined, denied(1), missing, missing).told).toEqual([
      'failed unreadable',
      'done release-readable',
      'skipped no-release-for-version',
    ]);
  });

  it('is told anew when it is another error, as one trouble that ends once', () => {
    const broken = unreadable('InternalServerError');
    const looks: Reading[] = [denied(1), broken, broken, release(OLD)];
    expect(readings(known(OLD), ...looks).told).toEqual([
      'failed unreadable',
      'failed unreadable',
      'done release-readable',
    ]);
    const first = decide({ pair, recommended: denied(1), known: known(OLD) }, NOW);
    const second = decide({ pair, recommended: broken, known: first.known }, NOW + HOUR);
    const last = decide({ pair, recommended: release(OLD), known: second.known }, NOW + 2 * HOUR);
    expect(new Set([first.outcome?.trouble, second.outcome?.trouble, last.recovered?.trouble]).size).toBe(1);
  });

  it('still announces what a crash kept from being announced', () => {
    const crashed = { ...known(OLD), announced: false };
    expect(decide({ pair, recommended: denied(1), known: crashed }, NOW).announce).toBe(true);
  });
});
