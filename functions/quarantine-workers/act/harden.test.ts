import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { ec2Account, nodeGroup } from '../../../sandbox/account/ec2/ec2.fixture.ts';
import { say } from '../model/decision.ts';
import type { ExposedGroupState } from '../model/exposed-group-ledger.ts';
import { group } from '../model/observation.fixture.ts';
import { carryOutGroup } from './harden.ts';

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const ssh6 = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: '::/0' }] };
const GONE = 'sg-00000000000000000';

/** A node group in public subnets with port 22 open to the world, and what is saved and recorded about it. */
function hardening() {
  const { ec2, at, workers } = ec2Account([nodeGroup({ exposure: { subnets: 'public', openPorts: [22] } })]);
  const [, groupId = ''] = workers()[0]!.interfaces[0]!.securityGroupIds;
  const { subnetId } = workers()[0]!;
  const records: Array<{ decision: string; message: string; fingerprint: string; calls: readonly unknown[] }> = [];
  let state: ExposedGroupState = { outcomes: 0 };
  /** How many writes succeed before another reconcile is first. */
  const writes = { left: Number.POSITIVE_INFINITY };
  const deps = {
    ec2,
    ledger: { table: 't', documents: { send: async ({ input }: { input: { Item: object } }) => save(input.Item) } },
    recorder: { record: (record: (typeof records)[number]) => records.push(record) },
  };
  const save = (item: object) => {
    if (writes.left <= 0) throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
    writes.left -= 1;
    const { pk: _pk, sk: _sk, ...saved } = JSON.parse(JSON.stringify(item));
    state = saved;
  };
  const carryOut = async (decision: object, remembered: object = {}) => {
    state = { ...state, ...remembered };
    const told = { ...say('acted', 'group-hardened', 'Notified.', 'v'), publicByDesign: true, ...decision };
    await carryOutGroup(deps as never, { observation: group({ state }), decision: told });
    return state;
  };
  const openRanges = async () => {
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    return SecurityGroups?.[0]?.IpPermissions?.flatMap(({ IpRanges = [], Ipv6Ranges = [] }) => [
      ...IpRanges,
      ...Ipv6Ranges,
    ]).length;
  };
  const isPublic = async () => {
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
    return Subnets?.[0]?.MapPublicIpOnLaunch;
  };
  return { at, groupId, subnetId, records, writes, carryOut, openRanges, isPublic };
}

it('closes what it can when AWS refuses a part, names that once, and remembers just what is closed', async () => {
  const { groupId, subnetId, records, carryOut, openRanges, isPublic } = hardening();
  const ingress = [
    { groupId: GONE, permissions: [ssh] },
    { groupId, permissions: [ssh, ssh6] },
  ];
  const state = await carryOut({ harden: { ingress, subnets: [subnetId] } });
  expect(await openRanges()).toBe(0);
  expect(await isPublic()).toBe(false);
  expect(state.closed).toEqual({ ingress: [{ groupId, permissions: [ssh, ssh6] }], subnets: [subnetId] });
  expect(records).toMatchObject([
    { decision: 'failed', message: expect.stringContaining(`tcp/22 of ${GONE} (Invalid`) },
  ]);
  expect(records[0]?.calls).toHaveLength(3);
  const again = await carryOut({ harden: { ingress: [{ groupId: GONE, permissions: [ssh] }], subnets: [] } });
  expect(again.closed).toEqual(state.closed);
  expect(records).toHaveLength(1);
});

it('remembers nothing as closed when AWS refuses all of it', async () => {
  const { carryOut } = hardening();
  const state = await carryOut({ harden: { ingress: [{ groupId: GONE, permissions: [ssh] }], subnets: [] } });
  expect(state).not.toHaveProperty('closed');
});

it('opens what it can again, leaves that open, and keeps what AWS refused for another try, which is told anew', async () => {
  const { groupId, subnetId, records, carryOut, openRanges, isPublic } = hardening();
  const own = { groupId, permissions: [ssh, ssh6] };
  const refused = { groupId: GONE, permissions: [ssh] };
  await carryOut({ harden: { ingress: [own], subnets: [subnetId] } });
  expect([await openRanges(), await isPublic()]).toEqual([0, false]);
  const closed = { ingress: [refused, own], subnets: [subnetId] };
  const state = await carryOut({ restore: true, variant: 'request-1' }, { closed });
  expect([await openRanges(), await isPublic()]).toEqual([2, true]);
  expect(state).toMatchObject({ leftOpen: true, closed: { ingress: [refused], subnets: [] } });
  expect(records.at(-1)).toMatchObject({ decision: 'failed', message: expect.stringContaining(GONE) });
  expect(records.at(-1)?.calls).toHaveLength(3);
  await carryOut({ restore: true, variant: 'request-2' });
  expect(records).toHaveLength(3);
});

it('gives back each source by itself, also where somebody gave one of the same rule back, or saved items hold several', async () => {
  const { groupId, carryOut, openRanges } = hardening();
  const from = (...sources: readonly string[]) => ({ ...ssh, IpRanges: sources.map((CidrIp) => ({ CidrIp })) });
  const [one, other] = ['203.0.113.0/24', '198.51.100.0/24'];
  // One of the two sources is gone already. That of IPv6 stays.
  const closed = await carryOut({
    harden: { ingress: [{ groupId, permissions: [from(other, '0.0.0.0/0')] }], subnets: [] },
  });
  expect(await openRanges()).toBe(1);
  expect(closed.closed?.ingress).toEqual([{ groupId, permissions: [from(other), from('0.0.0.0/0')] }]);
  const restore = async (permissions: readonly object[]) =>
    carryOut(
      { restore: true, variant: `${permissions.length}` },
      { closed: { ingress: [{ groupId, permissions }], subnets: [] } },
    );
  await restore([from(one)]);
  expect(await openRanges()).toBe(2);
  expect(await restore([from(one), from(one, other)])).not.toHaveProperty('closed');
  expect(await openRanges()).toBe(3);
});

it('says of what AWS refuses neither that it is closed nor that it is open again, and names what was done beside it', async () => {
  const { subnetId, records, carryOut } = hardening();
  const gone = { groupId: GONE, permissions: [ssh] };
  const decision = { message: 'Closed: all.', about: '2 of 2 workers are exposed.' };
  const said = () => records.at(-1)?.message.replace(/\(Invalid[^)]*\)/, '(…)');
  await carryOut({ ...decision, harden: { ingress: [gone], subnets: [] } });
  expect(said()).toBe(`2 of 2 workers are exposed. AWS refused: tcp/22 of ${GONE} (…).`);
  const asked = { restore: true, message: 'Opened again as it was.', about: 'Ann asked for it.' };
  await carryOut({ ...asked, variant: '1' }, { closed: { ingress: [gone], subnets: [] } });
  expect(said()).toBe(`Ann asked for it. AWS refused: tcp/22 of ${GONE} (…).`);
  const closed = { ingress: [gone], subnets: [subnetId] };
  await carryOut({ ...asked, variant: '2' }, { closed });
  expect(said()).toBe(
    `Ann asked for it. Opened again: automatic addresses of ${subnetId}. AWS refused: tcp/22 of ${GONE} (…).`,
  );
  const other = hardening();
  await other.carryOut({ ...decision, harden: { ingress: [gone], subnets: [other.subnetId] } });
  expect(other.records.at(-1)?.message).toContain(`exposed. Closed: automatic addresses of ${other.subnetId}. AWS`);
});

describe('an operator who asks for a group while another reconcile writes its state', () => {
  const closing = async () => {
    const made = hardening();
    const { groupId, subnetId } = made;
    await made.carryOut({ harden: { ingress: [{ groupId, permissions: [ssh, ssh6] }], subnets: [subnetId] } });
    return made;
  };
  const asked = { restore: true, variant: 'request-1', answers: 'request-1' };

  it('has nothing opened that the ledger does not know as open: the request comes again', async () => {
    const { carryOut, openRanges, isPublic, writes, records } = await closing();
    writes.left = 0;
    await expect(carryOut(asked)).rejects.toThrow('request-1 is to come again');
    expect([await openRanges(), await isPublic()]).toEqual([0, false]);
    writes.left = Number.POSITIVE_INFINITY;
    expect(await carryOut(asked)).toMatchObject({ leftOpen: true, answered: 'request-1' });
    expect([await openRanges(), await isPublic()]).toEqual([2, true]);
    expect(records).toHaveLength(2);
  });

  it('finds what was opened left open, and is answered by the same request, where the other was first after that', async () => {
    const { carryOut, openRanges, writes, records } = await closing();
    writes.left = 1;
    await expect(carryOut(asked)).rejects.toThrow('request-1 is to come again');
    expect(await openRanges()).toBe(2);
    writes.left = Number.POSITIVE_INFINITY;
    expect(await carryOut(asked)).toMatchObject({ leftOpen: true, answered: 'request-1' });
    expect(records).toHaveLength(2);
  });

  it('gets an answer to what is refused, too', async () => {
    const { carryOut, writes, records } = hardening();
    const refused = { ...say('refused', 'request-refused', 'Nothing was closed.', 'r'), answers: 'r' };
    writes.left = 0;
    await expect(carryOut(refused)).rejects.toThrow('r is to come again');
    writes.left = Number.POSITIVE_INFINITY;
    expect(await carryOut(refused)).toMatchObject({ answered: 'r' });
    expect(records).toHaveLength(1);
  });
});
