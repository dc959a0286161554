import { expect, it } from 'vitest';
import { median, renderTable } from './table.ts';

it('lines up names to the left and numbers to the right', () => {
  const rows = [
    ['function', 'bytes'],
    ['a', '1'],
  ];
  expect(renderTable(rows)).toBe('function  bytes\na             1');
});

it.each([
  [[5], 5],
  [[9, 1, 5], 5],
  [[10, 1, 2, 4], 3],
  [[], Number.NaN],
])('takes of %j the median %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});
