import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { keysAt, meantKey, rightType } from './fix-of-issue.ts';

const schema = z.strictObject({
  clusters: z
    .array(z.strictObject({ name: z.string(), nodeGroups: z.array(z.strictObject({ desiredSize: z.number() })) }))
    .default([]),
  either: z.union([z.strictObject({ left: z.string() }), z.strictObject({ right: z.string() })]).optional(),
  byName: z.record(z.string(), z.strictObject({ weight: z.number() })).prefault({}),
});
const misfit = { schema, input: {} };

describe('the keys that are known', () => {
  it.each([
    [[], ['clusters', 'either', 'byName']],
    [
      ['clusters', 0],
      ['name', 'nodeGroups'],
    ],
    [['clusters', 3, 'nodeGroups', 1], ['desiredSize']],
    [['either'], ['left', 'right']],
    [['byName', 'any'], ['weight']],
    [['nothing', 'there'], []],
    [['constructor'], []],
  ])('at %j', (path, keys) => {
    expect(keysAt(schema, path)).toEqual(keys);
  });

  it('name the one that was meant', () => {
    expect(meantKey('nodegroups', ['clusters', 0], misfit)).toBe(' Did you mean "nodeGroups"?');
    expect(meantKey('weigth', ['byName', 'a'], misfit)).toBe(' Did you mean "weight"?');
    expect(meantKey('colour', [], misfit)).toBe('');
  });
});

it.each([
  ['string', 1.34, 'must be a text: write "1.34", in quotes'],
  ['string', 1.3, 'must be a text: write "1.3" or "1.30", in quotes'],
  ['string', true, 'must be a text: write "true", in quotes'],
  ['number', '3', 'must be a number: write 3, without quotes'],
  ['number', 'three', undefined],
  ['boolean', 'true', 'must be true or false: write true, without quotes'],
  ['array', {}, 'must be a list: put it into [ ]'],
  ['object', [], 'must be an object: write { }, not a list'],
  ['string', undefined, undefined],
])('where a %s is wanted and %j given, it says what to write', (expected, value, text) => {
  expect(rightType(expected, ['a', 0], { input: { a: [value] } })).toBe(text);
});
