import fc from 'fast-check';
import { expect, it } from 'vitest';
import { didYouMean, nearestOf } from './did-you-mean.ts';

const COMMANDS = ['status', 'explain', 'approve', 'retry', 'get'];

it.each([
  ['explian', 'explain'],
  ['staus', 'status'],
  ['aprove', 'approve'],
  ['gt', 'get'],
])('%s: %s was meant', (given, meant) => {
  expect(nearestOf(given, COMMANDS)).toBe(meant);
  expect(didYouMean(given, COMMANDS)).toBe(` Did you mean "${meant}"?`);
});

it('knows a word in another case', () => {
  expect(nearestOf('nodegroups', ['name', 'nodeGroups'])).toBe('nodeGroups');
});

it('knows the only word that begins like that', () => {
  expect(nearestOf('desired', ['name', 'desiredSize'])).toBe('desiredSize');
  expect(nearestOf('AL2023_x86_64', ['AL2023_x86_64_NVIDIA', 'AL2023_x86_64_STANDARD'])).toBeUndefined();
  expect(nearestOf('exp', ['explainsMore'])).toBeUndefined();
});

it('says nothing where nothing is near, or it is the word itself', () => {
  for (const given of ['terminator', 'x', '', 'status'.repeat(1_000), 'status']) {
    expect(didYouMean(given, ['status', 'explain'])).toBe('');
  }
});

it('finds any word with one letter left out', () => {
  const slip = fc
    .constantFrom(...COMMANDS.filter((word) => word.length > 3))
    .chain((word) => fc.nat(word.length - 1).map((at) => ({ word, given: word.slice(0, at) + word.slice(at + 1) })));
  fc.assert(
    fc.property(slip, ({ word, given }) => {
      expect(nearestOf(given, COMMANDS)).toBe(word);
    }),
  );
});
