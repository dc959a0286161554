import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, type PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { yieldToFirst } from './go-first.ts';
import type { Member } from './rollouts.ts';
import { rolloutsOf } from './waves.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const HOUR = 3_600_000;
const PAIR = '1.33/AL2023_x86_64_STANDARD';
const OTHER_PAIR = '1.33/AL2023_ARM_64_STANDARD';
const [OLD, NEW] = ['1.33.12-20260601', '1.33.13-20260701'];
const candidate = { pair: PAIR, releaseVersion: NEW };

interface Item {
  readonly sk: string;
  readonly revision: number;
}

/**
 * A ledger with the items of first starts, whose calls happen one after the other.
 *
 * @param step runs before each call: when the call happens
 */
function ledgerOf(step: () => Promise<unknown> = async () => undefined) {
  const items = new Map<string, Item>();
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  const send = async (command: PutCommand | QueryCommand) => {
    await step();
    if (command instanceof QueryCommand) {
      const found = items.get(String(command.input.ExpressionAttributeValues?.[':sk']));
      return { Items: found === undefined ? [] : [found] };
    }
    const item = command.input.Item as Item;
    if ((items.get(item.sk)?.revision ?? 0) !== item.revision - 1) {
      throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
    }
    items.set(item.sk, item);
    return {};
  };
  return { documents: Object.assign(documents, { send }), table: 't' };
}

const member = (name: string, more: Partial<Member> = {}): [string, Member] => [
  `shop/${name}`,
  {
    key: { cluster: 'shop', nodegroup: name },
    wave: 0,
    progress: { pair: PAIR, runs: { releaseVersion: OLD, since: NOW - 90 * HOUR }, health: 'well', seenAt: NOW },
    ...more,
  },
];
const claim = (
  ledger: ReturnType<typeof ledgerOf>,
  by: string,
  name: string,
  members: ReadonlyMap<string, Member>,
  now = NOW,
) =>
  yieldToFirst(
    { ledger, by, caller: by, now },
    { key: { cluster: 'shop', nodegroup: name }, candidates: [candidate], bakeBetween: HOUR },
    rolloutsOf(members),
  );
const two = new Map([member('web'), member('api')]);

describe('the first group of a release', () => {
  it('goes alone whichever functions read at the same time: exactly one of them starts a group', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 3 }), async (scheduler, count) => {
        const members = new Map(Array.from({ length: count }, (_, index) => member(`group-${index}`)));
        const ledger = ledgerOf(() => scheduler.schedule(Promise.resolve()));
        let moving = 0;
        let most = 0;
        const act = async (index: number) => {
          const name = `group-${index}`;
          await scheduler.schedule(Promise.resolve());
          const read = new Map(members);
          const entry = rolloutsOf(read).entryOf({ cluster: 'shop', nodegroup: name }, 0, candidate, HOUR, NOW);
          if (entry.kind !== 'open' || (await claim(ledger, `function-${index}`, name, read)) !== undefined) return;
          // Others read before this start is saved.
          await scheduler.schedule(Promise.resolve());
          members.set(...member(name, { taking: NEW }));
          moving += 1;
          most = Math.max(most, moving);
        };
        await scheduler.waitFor(Promise.all(Array.from({ length: count }, (_, index) => act(index))));
        expect(most).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it('is told to whoever comes second, and only for its own pair', async () => {
    const ledger = ledgerOf();
    expect(await claim(ledger, 'upgrade-node-groups', 'web', two)).toBeUndefined();
    const after = await claim(ledger, 'steer-node-classes', 'api', two);
    const key = { cluster: 'shop', nodegroup: 'api' };
    expect(after?.entryOf(key, 0, candidate, HOUR, NOW)).toMatchObject({
      kind: 'alone',
      first: { key: { cluster: 'shop', nodegroup: 'web' }, why: 'is moving to it' },
    });
    expect(after?.entryOf(key, 0, { ...candidate, pair: OTHER_PAIR }, HOUR, NOW).kind).toBe('open');
    expect(after?.entryOf(key, 1, { ...candidate, pair: OTHER_PAIR }, HOUR, NOW).kind).toBe('open');
  });

  it('may be another one of the same function, which knows that the former did not start; of another function after an hour', async () => {
    const ledger = ledgerOf();
    expect(await claim(ledger, 'upgrade-node-groups', 'web', two)).toBeUndefined();
    expect(await claim(ledger, 'upgrade-node-groups', 'api', two)).toBeUndefined();
    expect(await claim(ledger, 'refresh-groups', 'own', two, NOW + HOUR - 1)).toBeDefined();
    expect(await claim(ledger, 'refresh-groups', 'own', two, NOW + HOUR)).toBeUndefined();
  });

  it('needs no claim once a group has taken the release', async () => {
    const ledger = ledgerOf();
    const runs = { releaseVersion: NEW, since: NOW - HOUR };
    const taken = new Map([...two, member('first', { progress: { pair: PAIR, runs, health: 'well', seenAt: NOW } })]);
    for (const by of ['upgrade-node-groups', 'steer-node-classes']) {
      expect(await claim(ledger, by, 'web', taken)).toBeUndefined();
    }
  });
});
