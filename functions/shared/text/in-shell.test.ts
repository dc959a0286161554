import { expect, it } from 'vitest';
import { inShell } from './in-shell.ts';

it('a word of a shell command is quoted where a shell would take it apart', () => {
  expect(inShell('shop-batch_1.2')).toBe('shop-batch_1.2');
  expect(inShell('')).toBe("''");
  expect(inShell("a b; $(id) 'c'")).toBe(String.raw`'a b; $(id) '\''c'\'''`);
});
