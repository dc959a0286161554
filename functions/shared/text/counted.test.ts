import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it.each([
  [0, '0 proxies'],
  [1, '1 proxy'],
  [2, '2 proxies'],
])('counts %i', (count, text) => {
  expect(counted(count, 'proxy', 'proxies')).toBe(text);
  expect(counted(count, 'cluster')).toBe(`${count} cluster${count === 1 ? '' : 's'}`);
});
