import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnownRelease } from '../functions/shared/releases/release-ledger.ts';
import { targetOf } from '../functions/shared/releases/target-release.ts';
import { decide } from '../functions/watch-ami-releases/decide.ts';

const HOUR = 3_600_000;
const pair = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };

describe('over any history of recommendations, an hour apart', () => {
  const VERSIONS = ['1.33.0-20250704', '1.33.1-20250807', '1.33.4-20250920', '1.33.5-20251007'];
  const answer = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom(...VERSIONS).map((releaseVersion) => ({ kind: 'release', releaseVersion }) as const),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'missing' } as const) },
  );
  const versionOf = (reading: { kind: string; releaseVersion?: string }) => reading.releaseVersion ?? '';

  it('a release is on offer from when it was first seen, until two looks in a row found an older one or none', () => {
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 14 }), (history) => {
        let ledger: KnownRelease | undefined;
        for (const [hour, now] of history.entries()) {
          ledger = decide({ pair, isInUse: true, recommended: now, known: ledger }, hour * HOUR).known ?? ledger;
          const target = targetOf(pair, now, ledger);
          const read = history.slice(0, hour + 1).map(versionOf);
          if (target.kind === 'none') {
            // Nothing was ever seen, or the last two readings found nothing of what was.
            expect(ledger?.seen.every(({ withdrawnAt }) => withdrawnAt !== undefined)).toBe(true);
            continue;
          }
          for (const { releaseVersion, firstSeenAt } of target.offered) {
            expect(read.indexOf(releaseVersion) * HOUR).toBeLessThanOrEqual(firstSeenAt);
          }
          const newest = target.releaseVersion;
          const lastTwo = read.slice(-2);
          // A target in doubt is never started, so these are all possible errors of a target.
          if (!target.isInDoubt) expect(lastTwo).toContain(newest);
          if (lastTwo.length === 2 && lastTwo.every((version) => version < newest)) {
            expect(target.isInDoubt).toBe(true);
          }
          expect(target.withdrawn).not.toContain(newest);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('one reading that differs neither withdraws nor ages anything', () => {
    const [old = '', recent = ''] = VERSIONS;
    const readings = [old, recent, old, recent, '', recent, recent];
    let ledger: KnownRelease | undefined;
    for (const [hour, version] of readings.entries()) {
      const recommended =
        version === '' ? ({ kind: 'missing' } as const) : ({ kind: 'release', releaseVersion: version } as const);
      ledger = decide({ pair, isInUse: true, recommended, known: ledger }, hour * HOUR).known ?? ledger;
    }
    expect(ledger?.seen).toEqual([
      { releaseVersion: old, firstSeenAt: 0 },
      { releaseVersion: recent, firstSeenAt: HOUR },
    ]);
  });
});
