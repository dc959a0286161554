import type { Instance } from '@aws-sdk/client-ec2';
import { GetConnectionStatusCommand, InternalServerError, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { readSessions } from './session-channels.ts';

const instance = (InstanceId: string, more: Instance = {}): Instance => ({
  InstanceId,
  VpcId: 'vpc-1',
  IamInstanceProfile: { Arn: 'profile-1' },
  SecurityGroups: [{ GroupId: 'sg-1' }, { GroupId: 'sg-2' }],
  ...more,
});

async function sessionsOf(instances: readonly Instance[], answer: (id: string) => string | Error) {
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
  return { sessions: await readSessions(ssm, instances), asked };
}

it('asks for one instance of those that are alike: in VPC, role and security groups', async () => {
  const instances = [
    instance('i-1'),
    instance('i-2', { SecurityGroups: [{ GroupId: 'sg-2' }, { GroupId: 'sg-1' }] }),
    instance('i-vpc', { VpcId: 'vpc-2' }),
    instance('i-role', { IamInstanceProfile: { Arn: 'profile-2' } }),
    instance('i-group', { SecurityGroups: [{ GroupId: 'sg-1' }] }),
  ];
  const { sessions, asked } = await sessionsOf(instances, () => 'connected');
  expect(asked.sort()).toEqual(['i-1', 'i-group', 'i-role', 'i-vpc']);
  expect([...sessions.values()]).toEqual([true, true, true, true, true]);
});

it('takes no instance without a connection for what all are like, and asks no more than a few', async () => {
  const many = Array.from({ length: 9 }, (_, index) => instance(`i-${index}`, { LaunchTime: new Date(9_000 - index) }));
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
  const instances = [instance('i-1'), instance('i-2', { VpcId: 'vpc-2' })];
  const { sessions } = await sessionsOf(instances, (id) => (id === 'i-1' ? broken : 'connected'));
  expect([...sessions]).toEqual([['i-2', true]]);
  await expect(sessionsOf(instances, () => new TypeError('a defect'))).rejects.toThrow('a defect');
});
