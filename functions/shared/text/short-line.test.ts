import { expect, it } from 'vitest';
import { shortLine } from './short-line.ts';

it('a text becomes one line that is not too long, and ends in no half of a character', () => {
  expect(shortLine(' a\r\n\u2028 b ', 100)).toBe('a b');
  expect(shortLine('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxxx');
  expect(shortLine('😀😀', 3).isWellFormed()).toBe(true);
});
