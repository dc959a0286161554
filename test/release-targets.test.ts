import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnownRelease } from '../functions/shared/releases/release-ledger.ts';
import { compareReleases } from '../functions/shared/releases/release-version.ts';
import { targetOf } from '../functions/shared/releases/target-release.ts';
import { decide } from '../functions/watch-ami-releases/decide.ts';

const pair = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };
const recommended = (releaseVersion: string) => ({ kind: 'release', releaseVersion }) as const;

describe('over any history of recommendations', () => {
  const release = fc.constantFrom('1.33.0-20250704', '1.33.1-20250807', '1.33.4-20250920', '1.33.5-20251007');
  const answer = fc.oneof(
    { weight: 8, arbitrary: release.map(recommended) },
    { weight: 1, arbitrary: fc.constant({ kind: 'missing' } as const) },
  );

  it('a target is what is recommended now, is the newest ever seen, and has a bake time from its (last) first sight', () => {
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 12 }), (history) => {
        let ledger: KnownRelease | undefined;
        let newest: string | undefined;
        for (const [time, now] of history.entries()) {
          const decision = decide({ pair, recommended: now, known: ledger }, time);
          ledger = decision.known ?? ledger;
          if (now.kind === 'release') {
            const order = newest === undefined ? 1 : compareReleases(pair.amiType, now.releaseVersion, newest);
            if ((order ?? 0) > 0) newest = now.releaseVersion;
          }
          const target = targetOf(pair, now, ledger);
          if (now.kind === 'release' && now.releaseVersion === newest) {
            const runs = history
              .slice(0, time + 1)
              .map((entry) => entry.kind === 'release' && entry.releaseVersion === newest);
            const since = runs.lastIndexOf(false) + 1;
            expect(target).toEqual({ kind: 'release', releaseVersion: newest, firstSeenAt: since });
          } else {
            expect(target.kind).toBe('none');
            // An older release in place of the newest one: both are named.
            const named = now.kind === 'release' ? { recommended: now.releaseVersion, withdrawn: newest } : {};
            expect(target).toMatchObject(named);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
