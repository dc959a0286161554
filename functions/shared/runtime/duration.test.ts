import fc from 'fast-check';
import { expect, it } from 'vitest';
import { duration } from './duration.ts';

const faultOf = (text: string): string => duration.safeParse(text).error?.issues[0]?.message ?? '';

it.each([
  ['86400s', '1d'],
  ['90 minutes', '90m'],
  ['24 hours', '1d'],
  ['24H', '1d'],
  ['1w', '7d'],
  ['PT1H30M', '90m'],
  ['P1DT2H', '26h'],
  ['1h30m', '90m'],
  ['1 day', '1d'],
])('a span of time in other words is written as it was meant: %s', (text, meant) => {
  expect(faultOf(text)).toMatch(new RegExp(`, for example .*: write "${meant}"$`));
  expect(duration.safeParse(meant).success).toBe(true);
});

it('a number may be seconds or minutes', () => {
  expect(faultOf('86400')).toContain(': write "1d" if 86400 are seconds, or "60d" if 86400 are minutes');
  expect(faultOf('4')).toContain(': write "4m" if 4 are minutes');
});

it.each(['', 'soon', '10s', '1.5h', '-1h', '1 fortnight', '0', '1h and more', '999999999w'])(
  'nothing is made of what nobody can tell: %s',
  (text) => {
    expect(faultOf(text)).toMatch(/^must be a whole number with a unit m, h or d, for example "30m", "24h" or "7d"$/);
  },
);

it('whatever is proposed is valid', () => {
  const spans = fc
    .tuple(fc.nat(100_000), fc.constantFrom('s', ' sec', 'min', ' hours', 'D', 'w', ''))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(spans, (text) => {
      for (const [, meant] of faultOf(text)
        .replace(/^.*"7d"/, '')
        .matchAll(/"([^"]+)"/g))
        expect(faultOf(meant ?? '')).toBe('');
    }),
  );
});
