import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesWildcard } from './wildcard.ts';

const text = (characters: string, maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((letters) => letters.join(''));

describe('a pattern with wildcards', () => {
  it('means what a regular expression with .* for each star means', () => {
    fc.assert(
      fc.property(text('ab*?', 8), text('ab?', 8), (pattern, name) => {
        const stars = pattern.replaceAll('?', '\\?').replaceAll('*', '.*');
        expect(matchesWildcard(pattern, name)).toBe(new RegExp(`^${stars}$`).test(name));
        const both = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesWildcard(pattern, name, '?')).toBe(new RegExp(`^${both}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['only stars', '*'.repeat(10_000)],
    ['stars between letters', 'a*'.repeat(10_000)],
    ['stars, and an end that is not there', `${'*a'.repeat(10_000)}b`],
    ['stars and single ones', '?*'.repeat(10_000)],
  ])('of 10,000 stars costs no more than its length: %s', (_what, pattern) => {
    const begun = process.threadCpuUsage();
    matchesWildcard(pattern, 'a'.repeat(200), '?');
    const { user, system } = process.threadCpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(100);
  });
});
