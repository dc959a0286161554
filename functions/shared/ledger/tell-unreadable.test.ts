import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';
import { leavingOutUnreadable, type OperatorRequest } from './tell-unreadable.ts';

type Item = Readonly<Record<string, unknown>>;

const SCHEMA = z.object({ sk: z.string(), count: z.number() });
/** What a function of another version reads. */
const OTHER_SCHEMA = z.object({ sk: z.string(), count: z.string() });
const bad = (index: number): Item => ({ pk: 'worker', sk: `i-${index.toString(16)}`, count: 'many' });

/** A table of these items, and what runs of a function tell of them. */
function functionOn(items: readonly Item[]) {
  const table = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  let reads = 0;
  documents.send = async (command: { input: { Item?: Item; RequestItems?: { t: { Keys: Item[] } } } }) => {
    const { Item: put, RequestItems } = command.input;
    if (put !== undefined) table.set(`${put.pk} ${put.sk}`, put);
    if (!(command instanceof BatchGetCommand)) return {};
    reads += 1;
    return { Responses: { t: RequestItems?.t.Keys.flatMap(({ pk, sk }) => table.get(`${pk} ${sk}`) ?? []) } };
  };
  const ledger: Ledger = { documents, table: 't' };
  let runs = 0;
  return {
    table,
    reads: () => reads,
    async run(
      schema: z.ZodType = SCHEMA,
      { isRegular = true, afterwards = (): void => undefined, requests = [] as OperatorRequest[] } = {},
    ): Promise<string[]> {
      runs += 1;
      const told: string[] = [];
      const deps = {
        ledger,
        recorder: {
          record: ({ reason, subject }: { reason: string; subject: { instance?: string } }) =>
            void told.push(`${subject.instance} ${reason}`),
        },
        remediation: 'f',
        caller: `run ${runs}`,
        clock: { now: () => 0 },
      };
      const cause = { trigger: { id: `t${runs}`, type: 'sweep', time: 0 }, isRegular, requests };
      const keys = items.map(({ sk }) => String(sk));
      await leavingOutUnreadable(
        deps,
        () => cause,
        async (noting) => {
          await readItems(noting, 'worker', keys, schema);
          afterwards();
        },
      ).catch((error: unknown) => told.push(String(error)));
      return told;
    },
  };
}

it('tells of each item once, of many in several runs', async () => {
  const { run } = functionOn(Array.from({ length: 30 }, (_, index) => bad(index)));
  const told = [await run(), await run(), await run()];
  expect(told.map(({ length }) => length)).toEqual([20, 10, 0]);
  expect(new Set(told.flat()).size).toBe(30);
});

it('tells the end of an item that was changed, was deleted, or can be read by another version of the function', async () => {
  const { run, table } = functionOn([bad(1), bad(2), bad(3)]);
  await run();
  table.set('worker i-1', { ...bad(1), count: 1 });
  table.delete('worker i-2');
  expect(await run()).toEqual(['i-1 ledger-readable', 'i-2 ledger-readable']);
  expect(await run(OTHER_SCHEMA)).toEqual(['i-1 ledger-unreadable', 'i-3 ledger-readable']);
});

it('tells of an item anew where it was changed and still cannot be read, and of no end', async () => {
  const { run, table } = functionOn([bad(1)]);
  await run();
  table.set('worker i-1', { ...bad(1), count: 'few' });
  expect(await run()).toEqual(['i-1 ledger-unreadable']);
});

it('reads nothing more where every item can be read, but once in a regular run', async () => {
  const { run, reads } = functionOn([{ ...bad(1), count: 1 }]);
  await run(SCHEMA, { isRegular: false });
  expect(reads()).toBe(1);
  await run();
  expect(reads()).toBe(3);
});

it('tells of items that a failed run could not read, and fails as that run did', async () => {
  const { run } = functionOn([bad(1)]);
  const fail = (): never => {
    throw new Error('EC2 does not answer');
  };
  expect(await run(SCHEMA, { afterwards: fail })).toEqual(['i-1 ledger-unreadable', 'Error: EC2 does not answer']);
});

it('answers each request of an operator about an item that was told of before, once', async () => {
  const { run } = functionOn([bad(1), bad(2)]);
  expect(await run()).toHaveLength(2);
  const request = (id: string) => ({
    trigger: { id, type: 'Remediation Request', time: 0 },
    subject: { instance: 'i-1' },
  });
  const asked = (id: string) => run(SCHEMA, { isRegular: false, requests: [request(id)] });
  expect(await asked('r-1')).toEqual(['i-1 ledger-unreadable']);
  expect(await asked('r-1')).toEqual([]);
  expect(await asked('r-2')).toEqual(['i-1 ledger-unreadable']);
  expect(await run()).toEqual([]);
});
