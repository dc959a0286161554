import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fixOf, keysAt, meantKey } from './fix-of-issue.ts';

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

  it('name where a key belongs that stands at the wrong place', () => {
    const member = z.strictObject({ windows: z.string().optional(), a: z.string().optional() });
    const sections = { schema: z.strictObject({ one: member.prefault({}), two: member.optional() }), input: {} };
    expect(meantKey('windows', [], sections)).toBe(' Its place is one.windows, two.windows');
    expect(meantKey('two', ['one'], sections)).toBe(' Its place is the top of the document');
  });
});

const version = z.string();
const duration = z.string().regex(/^\d+[mhd]$/, 'must be a number with a unit, such as "24h"');

it.each<[z.ZodType, unknown, string | undefined]>([
  [version, 1.34, 'must be a text: write "1.34", in quotes'],
  [version, 1.3, 'must be a text: write "1.3" or "1.30", in quotes'],
  [version, true, 'must be a text: write "true", in quotes'],
  [duration, 3, 'must be a number with a unit, such as "24h"'],
  [z.number(), '3', 'must be a number: write 3, without quotes'],
  [z.number(), 'three', 'must be a number'],
  [z.boolean(), 'true', 'must be true or false: write true, without quotes'],
  [z.array(z.string()), {}, 'must be a list: put it into [ ]'],
  [z.object({}), [], 'must be an object: write { }, not a list'],
  [version, undefined, 'missing: give a text'],
  [z.string('must name a zone'), undefined, undefined],
  [z.enum(['enforce', 'observe']), 'enforced', 'must be one of "enforce", "observe". Did you mean "enforce"?'],
  [z.enum(['enforce', 'observe']), 'on', 'must be one of "enforce", "observe". Did you mean "enforce"?'],
  [z.enum(['enforce', 'observe', 'off']), true, 'must be one of "enforce", "observe", "off". Did you mean "enforce"?'],
  [z.enum(['enforce', 'off']), 'disabled', 'must be one of "enforce", "off". Did you mean "off"?'],
  [z.enum(['enforce', 'observe']), 'dry-run', 'must be one of "enforce", "observe". Did you mean "observe"?'],
  [z.enum(['enforce', 'off']), { toString: {} }, 'must be one of "enforce", "off"'],
  [z.boolean(), { toString: {} }, 'must be true or false'],
  [z.object({ mode: z.string() }), [{ toString: {} }], 'must be an object: write { }, not a list'],
  [z.enum(['block', 'warn']), true, 'must be one of "block", "warn"'],
  [z.number(), '50%', 'must be a number: write 50, without quotes and %'],
  [z.boolean(), 'yes', 'must be true or false: write true'],
  [z.boolean(), 0, 'must be true or false: write false'],
  [version, null, 'must be a text, not null: leave the key out for its default'],
  [z.object({ mode: z.string() }), 'observe', 'must be an object: write { "mode": "observe" }'],
  [z.object({ mode: z.string() }), false, 'must be an object: write { "mode": "off" }'],
  [z.object({ cron: version, duration: version }), '0 22', 'must be an object: write { }, with cron, duration'],
  [z.record(version, version), ['env=prod'], 'must be an object: write {"env":"prod"}, not a list'],
  [z.record(version, version), [{ Key: 'a', Value: 'b' }], 'must be an object: write {"a":"b"}, not a list'],
  [z.record(version, version), ['env'], 'must be an object: write { }, not a list'],
  [z.literal('all'), 3, 'must be "all"'],
  [z.enum(['enforce'], { error: 'must be enforce, since …' }), 'on', undefined],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.int().max(10), 11, 'must be at most 10'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 entries'],
  [z.string().min(3), 'ab', 'must have at least 3 characters'],
  [z.number().min(1, 'must be a whole number of hours'), 0, undefined],
])('a value that does not fit gets what to write instead: case %#', (wanted, value, text) => {
  const schema = z.object({ a: z.array(wanted) });
  const input = { a: [value] };
  const [issue] = schema.safeParse(input).error?.issues ?? [];
  expect(issue && fixOf(issue, issue.path, { schema, input })).toBe(text);
});

it('builds a lazy part of a schema once, however many keys are unknown in it', () => {
  let built = 0;
  const part = z.lazy(() => {
    built += 1;
    return z.strictObject({ mode: z.string() });
  });
  const schema = z.object({ part });
  const keys = Array.from({ length: 300 }, (_, index) => `mods${index}`);
  const input = { part: Object.fromEntries(keys.map((key) => [key, 1])) };
  expect(schema.safeParse(input).success).toBe(false);
  for (const key of keys) meantKey(key, ['part'], { schema, input });
  expect(built).toBe(1);
});
