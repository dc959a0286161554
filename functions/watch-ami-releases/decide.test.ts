import { describe, expect, it } from 'vitest';
import type { KnownRelease } from '../shared/releases/release-ledger.ts';
import { decide } from './decide.ts';

const NOW = Date.parse('2026-07-14T18:05:00Z');
const pair = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };
const [OLD, NEW] = ['1.33.12-20260625', '1.33.13-20260714'];
const recommended = (releaseVersion: string) => ({ kind: 'release', releaseVersion }) as const;
const known = (overrides: Partial<KnownRelease> = {}): KnownRelease => ({
  newest: OLD,
  firstSeenAt: 1,
  recommended: OLD,
  announced: true,
  ...overrides,
});

describe('decide', () => {
  it('sets the time of the first release seen of a pair, and announces it', () => {
    expect(decide({ pair, recommended: recommended(OLD), known: undefined }, NOW)).toMatchObject({
      known: { newest: OLD, firstSeenAt: NOW, recommended: OLD, announced: false },
      announce: true,
      outcome: { decision: 'acted', reason: 'release-seen' },
    });
  });

  it('announces a newer release, and keeps the name of the one before', () => {
    expect(decide({ pair, recommended: recommended(NEW), known: known() }, NOW)).toMatchObject({
      known: { newest: NEW, previous: OLD, firstSeenAt: NOW },
      announce: true,
    });
  });

  it('does nothing while nothing changes', () => {
    expect(decide({ pair, recommended: recommended(OLD), known: known() }, NOW)).toEqual({ announce: false });
  });

  it('announces again what a crash kept from being announced, without another record', () => {
    const crashed = known({ announced: false });
    expect(decide({ pair, recommended: recommended(OLD), known: crashed }, NOW)).toEqual({ announce: true });
  });

  it('takes an older release in place of a newer one for a withdrawal: told once, never announced', () => {
    const newer = known({ newest: NEW, recommended: NEW });
    const decision = decide({ pair, recommended: recommended(OLD), known: newer }, NOW);
    expect(decision).toMatchObject({
      known: { newest: NEW, recommended: OLD, firstSeenAt: 1 },
      announce: false,
      outcome: { decision: 'skipped', reason: 'release-withdrawn' },
    });
    expect(decide({ pair, recommended: recommended(OLD), known: decision.known }, NOW)).toEqual({ announce: false });
  });

  it('lets a release that is recommended again bake anew', () => {
    const withdrawn = known({ newest: NEW, recommended: OLD });
    expect(decide({ pair, recommended: recommended(NEW), known: withdrawn }, NOW)).toMatchObject({
      known: { newest: NEW, firstSeenAt: NOW },
      announce: true,
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

  it('keeps the newest release in mind while none is published', () => {
    const gone = decide(
      { pair, recommended: { kind: 'missing' }, known: known({ newest: NEW, recommended: NEW }) },
      NOW,
    );
    expect(gone.known).toMatchObject({ newest: NEW });
    expect(decide({ pair, recommended: recommended(OLD), known: gone.known }, NOW).announce).toBe(false);
  });
});
