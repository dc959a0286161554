import { expect, it } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';

const workers = (count: number, last: string): string =>
  [...Array.from({ length: count }, (_, index) => `i-${index}`), last].join(' ');

it('is the reason and the variant, as they are', () => {
  expect(fingerprintOf({ reason: 'baking', variant: '1.33.13-20260714' })).toBe('baking 1.33.13-20260714');
  expect(fingerprintOf({ reason: 'up-to-date', variant: '' })).toBe('up-to-date');
});

it('stays short for ten thousand workers, and differs where one of them does', () => {
  const [one, other] = ['i-a', 'i-b'].map((last) => fingerprintOf({ reason: 'x', variant: workers(10_000, last) }));
  expect(one?.length).toBeLessThan(1_100);
  expect(one).not.toBe(other);
  expect(fingerprintOf({ reason: 'x', variant: workers(10_000, 'i-a') })).toBe(one);
});
