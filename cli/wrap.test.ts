import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { relative, spanOf } from './age.ts';
import { table } from './table.ts';
import { widthOf, wrap } from './wrap.ts';

describe('wrapping', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }).map((all) => all.join(' '));

  it('loses no word, and has no line wider than the terminal', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 80 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join(' ')).toBe(text);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('breaks nothing where no terminal shows it, or where it is too narrow to help', () => {
    const text = 'a word and '.repeat(30);
    expect([wrap(text, undefined), wrap(text, 10)]).toEqual([[text], [text]]);
  });

  it('keeps a word whole that is wider by itself', () => {
    expect(wrap(`a ${'x'.repeat(40)} b`, 20)).toEqual(['a', 'x'.repeat(40), 'b']);
  });

  it('hangs the last column of a table below itself', () => {
    const rows = table(
      [
        ['RESOURCE', 'WHAT'],
        ['shop/web', 'one two three four five six seven'],
      ],
      34,
    ).split('\n');
    expect(rows).toEqual(['  RESOURCE  WHAT', '  shop/web  one two three four', '            five six seven']);
  });
});

describe('a relative time', () => {
  it.each([
    [40_000, '40s'],
    [12 * 60_000, '12m'],
    [5 * 3_600_000, '5h'],
    [3 * 86_400_000, '3d'],
    [-5, '0s'],
  ])('of %d ms is %s', (ms, text) => {
    expect(spanOf(ms)).toBe(text);
  });

  it('is past or to come', () => {
    expect([relative(0, 600_000), relative(600_000, 0)]).toEqual(['10m ago', 'in 10m']);
  });
});
