import { describe, expect, it } from 'vitest';
import { table } from './table.ts';

const ROWS = [
  ['PLACE', 'SUBJECT', 'WHAT'],
  ['1', 'shop/web', 'baking: the release bakes until tomorrow'],
  ['2', 'shop/batch', 'baking: it waits for its turn behind shop/web'],
];

describe('a table', () => {
  it('has columns as wide as needed where there is no terminal', () => {
    expect(table(ROWS).split('\n')).toEqual([
      '  PLACE  SUBJECT     WHAT',
      '  1      shop/web    baking: the release bakes until tomorrow',
      '  2      shop/batch  baking: it waits for its turn behind shop/web',
    ]);
  });

  it('wraps its last column in a narrow terminal', () => {
    expect(table(ROWS, 55).split('\n').slice(1, 3)).toEqual([
      '  1      shop/web    baking: the release bakes until',
      '                     tomorrow',
    ]);
  });

  it('puts its last column below the others where no room is left beside them', () => {
    const lines = table(ROWS, 40).split('\n');
    expect(lines).toEqual([
      '  PLACE  SUBJECT',
      '      WHAT',
      '  1      shop/web',
      '      baking: the release bakes until',
      '      tomorrow',
      '  2      shop/batch',
      '      baking: it waits for its turn',
      '      behind shop/web',
    ]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40);
  });
});
