import { GetConnectionStatusCommand, InternalServerError, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { type Host, hostOf, readSessions } from './session-channels.ts';

const host = (id: string, alike = 'web', launchedAt?: number): Host => ({
  id,
  alike,
  ...(launchedAt !== undefined && { launchedAt }),
});

async function sessionsOf(hosts: readonly Host[], answer: (id: string) => string | Error) {
  const asked: string[] = [];
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = async (command: unknown) => {
    if (!(command instanceof GetConnectionStatusCommand)) throw new Error('only connections are expected');
    const { Target = '' } = command.input;
    asked.push(Target);
    const Status = answer(Target);
    if (Status instanceof Error) throw Status;
    return { Target, Status };
  };
  return { sessions: await readSessions(ssm, hosts), asked };
}

it('asks for one instance of those that are alike', async () => {
  const { sessions, asked } = await sessionsOf([host('i-1'), host('i-2'), host('i-3', 'api')], () => 'connected');
  expect(asked.sort()).toEqual(['i-1', 'i-3']);
  expect([...sessions.values()]).toEqual([true, true, true]);
});

it('takes no instance without a connection for what all are like, and asks no more than a few', async () => {
  const many = Array.from({ length: 9 }, (_, index) => host(`i-${index}`, 'web', 9_000 - index));
  const one = await sessionsOf(many, (id) => (id === 'i-8' ? 'notconnected' : 'connected'));
  // The oldest come first.
  expect(one.asked).toEqual(['i-8', 'i-7']);
  expect([...one.sessions].filter(([, isConnected]) => !isConnected)).toEqual([['i-8', false]]);
  const none = await sessionsOf(many, () => 'notconnected');
  expect(none.asked).toHaveLength(5);
  expect([...none.sessions.values()]).toEqual(Array(9).fill(false));
});

it('says nothing of those that AWS could not be asked about, and goes on with the others', async () => {
  const broken = new InternalServerError({ message: 'no', $metadata: {} });
  const hosts = [host('i-1'), host('i-2', 'api')];
  const { sessions } = await sessionsOf(hosts, (id) => (id === 'i-1' ? broken : 'connected'));
  expect([...sessions]).toEqual([['i-2', true]]);
  await expect(sessionsOf(hosts, () => new TypeError('a defect'))).rejects.toThrow('a defect');
});

it.each([
  ['VpcId', 3],
  ['SubnetId', 4],
] as const)(
  'takes no worker for one with another %s, role or security group: each has its own way to Session Manager',
  (within, count) => {
    const of = (SubnetId: string, role: string, group: string) =>
      hostOf(within)({
        instanceId: 'i-1',
        instance: {
          VpcId: 'vpc-1',
          SubnetId,
          IamInstanceProfile: { Arn: `arn:aws:iam::111122223333:instance-profile/${role}` },
          SecurityGroups: [{ GroupId: group }],
        },
      }).alike;
    const ways = [
      of('subnet-1', 'a', 'sg-1'),
      of('subnet-2', 'a', 'sg-1'),
      of('subnet-1', 'b', 'sg-1'),
      of('subnet-1', 'a', 'sg-2'),
    ];
    expect(new Set(ways).size).toBe(count);
    expect(of('subnet-1', 'a', 'sg-1')).toBe(ways[0]);
  },
);
