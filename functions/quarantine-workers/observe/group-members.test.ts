import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { worker } from '../model/observation.fixture.ts';
import { groupFacts } from './group-facts.ts';
import { type ShareLimits, shareOf } from './group-members.ts';
import { networkReader } from './network-reader.ts';

const region = 'eu-central-1';
const FILTERS = {
  group: 'tag:aws:autoscaling:groupName',
  address: 'network-interface.addresses.association.public-ip',
};
const instance = (InstanceId: string): Instance => ({ InstanceId, State: { Name: 'running' }, NetworkInterfaces: [] });
type Asked = Record<string, readonly string[]>;

/** EC2 with a group of so many workers, of which those are known by a public address; `held`: those without any. */
function ec2Of(size: number, known: readonly string[], held: readonly string[] = []) {
  const described: number[] = [];
  const asks: string[] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  const answer = async ({ input }: { input: { Filters?: Array<{ Name: string; Values: string[] }> } & Asked }) => {
    const asked: Asked = Object.fromEntries((input.Filters ?? []).map(({ Name, Values }) => [Name, Values]));
    asks.push(Object.keys(asked).at(-1) ?? '');
    if (!(FILTERS.group in asked)) {
      const shown = held.filter((id) => asked['instance-id']?.includes(id));
      return { Reservations: [{ Instances: shown.map(instance) }] };
    }
    const ids =
      FILTERS.address in asked ? known : Object.keys(asked).some((name) => name.includes('ipv6')) ? [] : undefined;
    const all = ids ?? Array.from({ length: size }, (_, n) => `i-${n}`);
    const start = Number((input as { NextToken?: string }).NextToken ?? 0);
    const page = all.slice(start, start + Number(input.MaxResults));
    described.push(page.length);
    const next = start + page.length;
    return { Reservations: [{ Instances: page.map(instance) }], ...(next < all.length && { NextToken: String(next) }) };
  };
  return {
    ec2: Object.assign(ec2, { send: answer }) as EC2Client,
    read: () => described.reduce((a, b) => a + b, 0),
    asks,
  };
}

const clientsOf = (ec2: EC2Client) => ({ ec2, eks: new EKSClient({ region: 'eu-central-1' }) });
const group = { key: { cluster: 'shop', nodegroup: 'web' }, owner: { autoScalingGroups: ['eks-web'] } };
const noCluster = async () => ({ kind: 'gone' }) as const;
const seen = (...ids: string[]) => new Map(ids.map((id) => [id, worker()]));
const slotsOf = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, { ...group.key, expiresAt: 0 }]));
const look = (
  ec2: EC2Client,
  ids: readonly string[],
  by: Partial<ShareLimits> = {},
  slots: ReturnType<typeof slotsOf> = {},
  nodegroup = group.key.nodegroup,
) =>
  shareOf(
    {
      clients: clientsOf(ec2),
      readCluster: noCluster,
      facts: groupFacts({ ec2, autoScaling: new AutoScalingClient({ region }), readTemplate: async () => undefined }),
      network: networkReader(ec2),
    },
    { ...group, key: { ...group.key, nodegroup } },
    seen(...ids),
    slots,
    { isConfigured: false, exposedShare: 50, families: ['ipv4', 'ipv6'], ...by },
  );

it.each([
  ['none but it', 10_000, ['i-1'], { exposed: ['i-1'], moreWorkers: false }, 1],
  ['three of 10,000, which are too few by seven', 10_000, ['i-1', 'i-2', 'i-3'], { size: 7, moreWorkers: true }, 13],
  ['three of four', 4, ['i-1', 'i-2', 'i-3'], { size: 4, moreWorkers: false }, 7],
])('counts %s, and reads no more workers than decide', async (_what, size, known, share, most) => {
  const { ec2, read } = ec2Of(size, known);
  expect(await look(ec2, known)).toMatchObject({ ...share, moreExposed: false });
  expect(read()).toBeLessThanOrEqual(most);
});

it('counts a group that is public by its configuration up to 200, and says that there are more', async () => {
  const known = Array.from({ length: 5_000 }, (_, n) => `i-${n}`);
  const { ec2, read } = ec2Of(10_000, known);
  expect(await look(ec2, ['i-1'], { isConfigured: true })).toMatchObject({ moreExposed: true, moreWorkers: true });
  expect(read()).toBeLessThanOrEqual(400);
});

it('takes every worker for too many where no share is allowed', async () => {
  const { ec2, read } = ec2Of(10_000, ['i-1', 'i-2']);
  const { exposed, size } = await look(ec2, ['i-1', 'i-2'], { exposedShare: 0 });
  expect((exposed.length / size) * 100).toBeGreaterThan(0);
  expect(read()).toBeLessThan(10);
});

describe('the holders of slots', () => {
  it('are not looked for where the group is too large even with all of them', async () => {
    const { ec2, asks } = ec2Of(10_000, ['i-1']);
    expect(await look(ec2, ['i-1'], {}, slotsOf('i-2', 'i-3'))).toMatchObject({ size: 7, moreWorkers: true });
    expect(asks).not.toContain('instance-id');
  });

  it.each([
    ['are there', ['i-2', 'i-3'], ['i-1', 'i-2', 'i-3']],
    ['are gone', [], ['i-1']],
  ])('count in a small group if they %s', async (_what, held, exposed) => {
    const { ec2, asks } = ec2Of(4, ['i-1'], held);
    expect(await look(ec2, ['i-1'], {}, slotsOf('i-2', 'i-3'))).toMatchObject({ exposed, size: 4 });
    expect(asks).toContain('instance-id');
  });
});

it('counts nobody where even all of a group are allowed', async () => {
  const { ec2, read } = ec2Of(10_000, ['i-1']);
  expect(await look(ec2, ['i-1'], { exposedShare: 100 }, slotsOf('i-2'))).toMatchObject({ moreWorkers: false });
  expect(read()).toBe(1);
});

it('does not ask for IPv6 addresses where no subnet has any', async () => {
  const { ec2, asks } = ec2Of(10_000, ['i-1']);
  await look(ec2, ['i-1'], { families: ['ipv4'] });
  expect(asks).toEqual([FILTERS.address]);
});

it('counts no members of groups that the name of a group would match with wildcards', async () => {
  const { ec2 } = ec2Of(4, ['i-1', 'i-2', 'i-3']);
  const asked = new Set<string>();
  const { send } = ec2;
  ec2.send = async (command: { input: { Filters?: Array<{ Name: string; Values: string[] }> } }) => {
    for (const { Name, Values } of command.input.Filters ?? []) if (Name === FILTERS.group) asked.add(Values.join());
    return send(command as never);
  };
  await look(ec2, ['i-1', 'i-2', 'i-3'], {}, {}, 'self-managed:web-*');
  expect([...asked]).toEqual([String.raw`web-\*`]);
});
