import { EC2Client } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { policySchema } from '../policy-document.ts';
import { diagnose } from './diagnose.ts';
import { NOW, observation, worker } from './observation.fixture.ts';
import { observeFindings } from './observe-findings.ts';
import { remedyFor } from './remedy-choice.ts';

const region = 'eu-central-1';
const location = { partition: 'aws', region, account: '111122223333' };
const ofAws = (name: string, fault: 'client' | 'server') => Object.assign(new Error('no'), { name, $fault: fault });

/**
 * What is found of two workers, where IAM answers with this error about the profile of the first.
 * @param refused operations of EC2 and Systems Manager that a policy denies
 */
function found(error: Error, ...refused: readonly string[]) {
  const [ec2, iam, ssm] = [new EC2Client({ region }), new IAMClient({ region }), new SSMClient({ region })];
  const answer = async ({ constructor: { name } }: object) => {
    if (refused.includes(name.replace(/Command$/, ''))) throw ofAws('UnauthorizedOperation', 'client');
    return {};
  };
  ec2.send = answer;
  ssm.send = answer;
  iam.send = async (command: unknown) => {
    if (command instanceof GetInstanceProfileCommand) {
      if (command.input.InstanceProfileName === 'guarded') throw error;
      return { InstanceProfile: { Roles: [{ RoleName: 'open' }] } };
    }
    return { Role: { Arn: 'arn:aws:iam::111122223333:role/open' } };
  };
  const workers = ['guarded', 'open'].map((name) => ({
    ...observation(worker()),
    instanceId: `i-${name}`,
    instance: {
      InstanceId: `i-${name}`,
      VpcId: 'vpc-1',
      IamInstanceProfile: { Arn: `arn:aws:iam::111122223333:instance-profile/${name}` },
    },
    worker: { cluster: 'shop', ownership: 'managed', certain: true } as const,
  }));
  return observeFindings({ ec2, iam, ssm }, location, workers, { instances: [], agents: new Map() }, NOW);
}

it('a role that IAM lets nobody read is a doubt about its own workers, and keeps no others', async () => {
  const { findings } = await found(ofAws('AccessDenied', 'client'));
  const guarded = findings.get('i-guarded')!;
  expect(diagnose(worker(), guarded)).toMatchObject({
    cause: 'cause-unclear',
    message:
      'It cannot be told whether role of instance profile guarded allows what the agent needs: it cannot be read: AccessDenied: no.',
  });
  expect(guarded.profile?.role?.forbidden).toBe(true);
  expect(findings.get('i-open')?.profile?.role).toMatchObject({ name: 'open', allows: 'no' });
});

it.each(['DescribeRouteTables', 'DescribeNetworkAcls', 'DescribeVpcEndpoints'])(
  'a denied %s is a doubt about the network, with the name of the error',
  async (operation) => {
    const { network } = (await found(ofAws('AccessDenied', 'client'), operation)).findings.get('i-open')!;
    expect(network).toEqual({
      kind: 'unsure',
      doubt: 'The network of the instance cannot be read: UnauthorizedOperation: no.',
    });
  },
);

it('a denied name of an AMI keeps nothing from being found', async () => {
  const { findings } = await found(ofAws('AccessDenied', 'client'), 'DescribeImages');
  expect(findings.get('i-open')).toMatchObject({ imageName: '', profile: { role: { name: 'open' } } });
});

it('nobody registers Default Host Management where it cannot be read', async () => {
  const findings = (await found(ofAws('AccessDenied', 'client'), 'GetServiceSetting')).findings.get('i-open')!;
  const policy = policySchema('enforce').parse({ ssmAgent: { remedies: { defaultHostManagement: 'enforce' } } });
  const { cause, message } = diagnose(worker(), findings);
  expect(message).toContain('cannot be read: UnauthorizedOperation: no');
  expect(remedyFor(cause, worker(), findings, policy.ssmAgent)).not.toBe('default-host-management');
});

it('what IAM may show later is a doubt about the workers with that role alone, which are named', async () => {
  const { findings, unread } = await found(ofAws('ServiceFailure', 'server'));
  expect([...unread]).toEqual([['i-guarded', 'ServiceFailure: no']]);
  expect(findings.get('i-guarded')?.profile?.role?.why).toBe('it cannot be read: ServiceFailure: no');
  expect(findings.get('i-open')?.profile?.role).toMatchObject({ name: 'open', allows: 'no' });
});

it('a hybrid registration counts where it has pinged since the launch, and not where a host before had the address', async () => {
  const registeredAs = async (LastPingDateTime: Date) => {
    const [ec2, iam, ssm] = [new EC2Client({ region }), new IAMClient({ region }), new SSMClient({ region })];
    ec2.send = async () => ({});
    iam.send = async () => ({});
    const host = {
      InstanceId: 'mi-1',
      IPAddress: '10.0.1.7',
      ComputerName: 'ip-10-0-1-7.ec2.internal',
      LastPingDateTime,
    };
    ssm.send = async (command: unknown) =>
      command instanceof DescribeInstanceInformationCommand ? { InstanceInformationList: [host] } : {};
    const instance = {
      InstanceId: 'i-1',
      VpcId: 'vpc-1',
      PrivateIpAddress: '10.0.1.7',
      PrivateDnsName: 'ip-10-0-1-7.eu-central-1.compute.internal',
      LaunchTime: new Date(NOW),
    };
    const workers = [
      {
        ...observation(worker()),
        instanceId: 'i-1',
        instance,
        worker: { cluster: 'shop', ownership: 'managed', certain: true } as const,
      },
    ];
    const clients = { ec2, iam, ssm };
    const { findings } = await observeFindings(clients, location, workers, { instances: [], agents: new Map() }, NOW);
    return findings.get('i-1')!.registeredAs;
  };
  expect(await registeredAs(new Date(NOW + 60_000))).toBe('mi-1');
  expect(await registeredAs(new Date(NOW - 60_000))).toBeUndefined();
});
