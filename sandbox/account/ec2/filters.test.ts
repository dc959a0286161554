import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactFilter } from '../../../functions/shared/fleet/instances.ts';
import { applyFilters } from './filters.ts';

const NAME = 'tag:aws:autoscaling:groupName';

/** Those of these values that a filter finds. */
const foundBy = (wanted: string[], values: readonly string[]): string[] =>
  applyFilters(values, [{ Name: NAME, Values: wanted }], {}, (value) => new Map([[NAME.slice(4), value]]));

describe('a value of a filter', () => {
  it.each([
    ['web-*', ['web-', 'web-*', 'web-a', 'web-blue']],
    ['web-?', ['web-*', 'web-a']],
    [String.raw`web-\*`, ['web-*']],
    [String.raw`web\\a`, [String.raw`web\a`]],
    [String.raw`\w\e\b-a`, ['web-a']],
  ])('has wildcards, which a backslash takes for themselves: %s', (wanted, found) => {
    const all = ['web-', 'web-*', 'web-a', 'web-blue', String.raw`web\a`];
    expect(foundBy([wanted], all)).toEqual(found);
  });

  it('that is exact finds nothing else, whatever it is', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '\\'), { minLength: 1, maxLength: 6 })
      .map((each) => each.join(''));
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 8 }), (wanted, others) => {
        const { Values = [] } = exactFilter(NAME, [wanted]);
        const all = [wanted, ...others];
        expect(foundBy(Values, all)).toEqual(all.filter((each) => each === wanted));
      }),
      { numRuns: 1000 },
    );
  });

  it('that is exact is never too long for EC2, and finds itself', () => {
    for (const wanted of ['*'.repeat(255), `${'a'.repeat(200)}${'\\'.repeat(50)}`, 'a'.repeat(255)]) {
      const { Values = [] } = exactFilter(NAME, [wanted]);
      expect(foundBy(Values, [wanted])).toEqual([wanted]);
    }
  });
});
