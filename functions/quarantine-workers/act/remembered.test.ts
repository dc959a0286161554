import { expect, it } from 'vitest';
import { isAskedFor } from './remembered.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const after = (seconds: number) => NOW + seconds * 1000;

it.each([
  ['no reconcile was requested', undefined, after(15), false],
  ['it is over', after(-1), after(15), false],
  ['it comes earlier', after(10), after(15), true],
  ['it comes a little later', after(60), after(15), true],
  ['it comes minutes later', after(600), after(15), false],
  ['none is wanted', after(600), undefined, true],
])(
  'a reconcile that was requested before serves, unless it comes much later: %s',
  (_what, lookAt, wanted, expected) => {
    expect(
      isAskedFor({ ...(lookAt !== undefined && { lookAt }) }, { ...(wanted !== undefined && { lookAt: wanted }) }, NOW),
    ).toBe(expected);
  },
);
