import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemsInMemory, type Range } from './items-in-memory.ts';

type Items = Pick<ItemsInMemory, 'get' | 'put' | 'del' | 'createValueStream'>;

const dynalite: { create(options: object): { getItemDb(name: string): Items } } = createRequire(import.meta.url)(
  'dynalite/db',
);

const get = (items: Items, key: string): Promise<unknown> =>
  new Promise((resolve, reject) => items.get(key, (error, item) => (error ? reject(error) : resolve(item))));
const put = (items: Items, key: string, item: unknown): Promise<void> =>
  new Promise((resolve, reject) => items.put(key, item, (error) => (error ? reject(error) : resolve())));
const del = (items: Items, key: string): Promise<void> =>
  new Promise((resolve, reject) => items.del(key, (error) => (error ? reject(error) : resolve())));
const valuesOf = (items: Items, range: Range): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const values: unknown[] = [];
    const stream = items.createValueStream(range);
    stream.on('error', reject);
    stream.on('data', (value) => values.push(value));
    stream.on('end', () => resolve(values));
  });

const key = fc
  .array(fc.constantFrom('0', '5', 'a', '/'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(''));
const item = fc.dictionary(fc.constantFrom('n', 'm'), fc.record({ S: fc.string(), L: fc.constant([{ N: '1' }]) }), {
  noNullPrototype: true,
});
const range = fc.record(
  { from: key, to: key, opensAfter: fc.boolean(), endsWith: fc.boolean(), reverse: fc.boolean(), limit: fc.nat(4) },
  { requiredKeys: ['opensAfter', 'endsWith', 'reverse'] },
);

describe('items in memory', () => {
  it("are those of dynalite's own store after any changes, in each range", async () => {
    const change = fc.oneof(fc.record({ key, item }), fc.record({ key }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        fc.array(range, { maxLength: 4 }),
        async (changes, ranges) => {
          const own = new ItemsInMemory();
          const theirs = dynalite.create({}).getItemDb('table');
          for (const each of changes) {
            for (const items of [own, theirs]) {
              if ('item' in each) await put(items, each.key, each.item);
              else await del(items, each.key);
            }
            expect(await get(own, each.key)).toEqual(await get(theirs, each.key));
          }
          for (const { from, to, opensAfter, endsWith, reverse, limit = -1 } of ranges) {
            // A limit of dynalite's is that of its caller and one.
            const asked: Range = {
              ...(from !== undefined && (opensAfter ? { gt: from } : { gte: from })),
              ...(to !== undefined && (endsWith ? { lte: to } : { lt: to })),
              reverse,
              limit: limit < 0 ? -1 : limit + 1,
            };
            expect(await valuesOf(own, asked)).toEqual(await valuesOf(theirs, asked));
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are copies, on their way in and out', async () => {
    const items = new ItemsInMemory();
    const given = { name: { S: 'a' }, absent: undefined };
    await put(items, 'k', given);
    given.name.S = 'b';
    const first = await get(items, 'k');
    expect(first).toStrictEqual({ name: { S: 'a' } });
    Object.assign(Object(first), { name: { S: 'c' } });
    expect(await valuesOf(items, {})).toStrictEqual([{ name: { S: 'a' } }]);
  });

  it('are told as they were when they were asked for, until whoever asked has enough', async () => {
    const items = new ItemsInMemory();
    for (const each of ['a', 'b', 'c']) await put(items, each, each);
    const stream = items.createValueStream({});
    const values: unknown[] = [];
    stream.on('data', (value: unknown) => {
      values.push(value);
      if (value === 'b') stream.destroy();
    });
    items.del('b', () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(values).toEqual(['a', 'b']);
  });
});
