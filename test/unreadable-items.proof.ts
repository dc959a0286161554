import { beforeAll, describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { URGENT } from './findings.fixture.ts';
import { deadLetterCount, HOUR, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { everyKind } from './mixed-fleet.fixture.ts';
import { publicLaunch } from './quarantine.fixture.ts';
import { fleet, policy } from './refresh-groups.fixture.ts';

type Attribute = Awaited<ReturnType<Run['account']['dynamoDb']['scan']>>[number][string];
type Item = Readonly<Record<string, Attribute>>;

const tableOf = ({ account }: Run): string => account.stack.ref('AWS::DynamoDB::Table');
const nameOf = ({ pk, sk }: Item): string => `${pk?.S} ${sk?.S}`;
const put = ({ account }: Run, Item: Item) =>
  account.dynamoDb.call('PutItem', { TableName: tableOf({ account } as Run), Item });

/** Kinds that say nothing of one subject, or that are written anew whatever is in their place. */
const NOT_SPOILED = new Set(['budget', 'run', 'sweep', 'incident', 'subject', 'finding', 'watched-pair', 'unreadable']);

/** What stands in place of the numbers of an item: nothing that a function writes. */
const SPOILS: readonly Attribute[] = [
  { S: 'by hand' },
  // A `Date` takes this time, but none that is a millisecond later.
  { N: '8640000000000000' },
  // The SDK would read these as a BigInt, or not at all, together with all else that is read in the same call.
  { N: '-100000000000000000000' },
  { N: '9007199254740993.5' },
  { N: `99${'0'.repeat(124)}` },
];

/** A value with something else in place of each number. */
function spoiled(value: Attribute, by: Attribute): Attribute {
  if ('N' in value) return by;
  if ('L' in value) return { L: value.L.map((each) => spoiled(each, by)) } as Attribute;
  if (!('M' in value)) return value;
  return {
    M: Object.fromEntries(Object.entries(value.M).map(([name, member]) => [name, spoiled(member, by)])),
  } as Attribute;
}

/** When DynamoDB deletes an item, and its format. */
const NO_MEMBERS = ['expiresAt', 'version'];
function spoiledItem(item: Item): Item {
  const by = SPOILS[nameOf(item).length % SPOILS.length] ?? { S: 'by hand' };
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, NO_MEMBERS.includes(name) ? value : spoiled(value, by)]),
  );
}

describe('an item of the ledger of each kind that cannot be read', () => {
  let run: Run;
  /** The items before they were spoiled, by name: of each kind, one about a subject of the cluster `shop`. */
  const was = new Map<string, Item>();
  let errorsBefore: readonly string[] = [];
  const told = (reason: string) => run.records.filter((record) => record.reason === reason);
  const spoiltNow = async () =>
    new Map((await run.account.dynamoDb.scan(tableOf(run))).map((item): [string, Item] => [nameOf(item), item]));

  beforeAll(async () => {
    const { refreshes, ...modes } = policy();
    run = await start({
      inProcess: true,
      fleet: {
        ...fleet({ ...everyKind('shop'), network: 'internet-without-address' }, everyKind('bank')),
        // Most workers of the group are exposed: its own item is read, too.
        launches: Array.from({ length: 5 }, () => publicLaunch({}, { nodeGroup: 'amazons' }).launches).flat(),
        inspector: { vulnerabilities: [URGENT] },
      },
      policy: {
        ...modes,
        refreshes: { ...refreshes, mode: 'observe' },
        ssmAgent: { mode: 'observe' },
        quarantine: { mode: 'observe' },
        posture: { mode: 'observe', every: '1d' },
        drains: { mode: 'enforce' },
        nodeClasses: { mode: 'observe', bakeAge: '1m' },
        upgrades: { mode: 'observe', bakeAge: '1m' },
      },
    });
    await run.account.play(26 * HOUR);
    errorsBefore = [...run.errors];
    for (const item of await run.account.dynamoDb.scan(tableOf(run))) {
      const kind = item.pk?.S ?? '';
      const isKnown = [...was.values()].some(({ pk }) => pk?.S === kind);
      // A cluster whose own state cannot be read has no groups checked.
      const isOther = item.sk?.S?.startsWith(kind === 'posture-group' ? 'shop' : 'bank');
      if (NOT_SPOILED.has(kind) || isKnown || isOther === true) continue;
      was.set(nameOf(item), item);
      await put(run, spoiledItem(item));
    }
    await run.account.play(26 * HOUR);
  });

  it('stops no function, and sends nothing to a dead-letter queue', () => {
    expect(errorsBefore).toEqual([]);
    expect(run.errors).toEqual([]);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('is told of once by each function that reads it, and is not written over', async () => {
    const items = await spoiltNow();
    expect(was.size).toBeGreaterThan(15);
    for (const [name, item] of was) {
      const about = told('ledger-unreadable').filter(({ message }) =>
        message.includes(`The item ${name} of the ledger`),
      );
      expect(about.length, name).toBeGreaterThan(0);
      expect(new Set(about.map(({ remediation }) => remediation)).size, name).toBe(about.length);
      expect(items.get(name), name).toEqual(spoiledItem(item));
    }
  });

  it.each([
    ['posture', 'posture-group'],
    ['plan --fleet', 'node-group'],
    ['plan --fleet', 'node-class'],
    ['get nodes -o wide', 'other-nodes'],
  ])('is left out and named by %s, where it is one of %s', async (line, kind) => {
    const { code, stdout, stderr } = await operate(run.account, ...line.split(' '));
    const name = [...was.keys()].find((one) => one.startsWith(`${kind} `));
    expect(stderr.split(`The item ${name} of the ledger cannot be read, and is left out: `)).toHaveLength(2);
    expect([code, stdout.length > 100]).toEqual([0, true]);
  });

  it('is the answer to a request about its subject, though it was told of before', async () => {
    const [name = ''] = [...was.keys()].filter((one) => one.startsWith('node-group '));
    const asked = ['resume', name.replace('node-group ', ''), '--remediation', 'upgrade-node-groups'];
    const { stdout } = await operate(run.account, ...asked, '--why', 'somebody asks', '--yes');
    expect(stdout).toContain(`The item ${name} of the ledger cannot be read`);
  });

  it('ends once it can be read again, and its subject is looked after as before', async () => {
    for (const item of was.values()) await put(run, item);
    await run.account.play(26 * HOUR);
    const ended = new Set(told('ledger-readable').map(({ correlationId }) => correlationId));
    expect(told('ledger-readable')).toHaveLength(ended.size);
    for (const { correlationId } of told('ledger-unreadable')) expect(ended).toContain(correlationId);
    const items = await spoiltNow();
    for (const [name, item] of was) expect(items.get(name)?.pk, name).toEqual(item.pk);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});
