import { EC2Client } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { NOW, observation, worker } from './observation.fixture.ts';
import { observeFindings } from './observe-findings.ts';

const region = 'eu-central-1';
const location = { partition: 'aws', region, account: '111122223333' };
const ofAws = (name: string, fault: 'client' | 'server') => Object.assign(new Error('no'), { name, $fault: fault });

/** What is found of two workers, where IAM answers with this error about the profile of the first. */
function found(error: Error) {
  const [ec2, iam, ssm] = [new EC2Client({ region }), new IAMClient({ region }), new SSMClient({ region })];
  ec2.send = async () => ({});
  ssm.send = async () => ({});
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
      IamInstanceProfile: { Arn: `arn:aws:iam::111122223333:instance-profile/${name}` },
    },
    worker: { cluster: 'shop', ownership: 'managed', certain: true } as const,
  }));
  return observeFindings({ ec2, iam, ssm }, location, workers, { instances: [], agents: new Map() }, NOW);
}

it('a role that IAM lets nobody read is a doubt about its own workers, and keeps no others', async () => {
  const findings = await found(ofAws('AccessDenied', 'client'));
  const guarded = findings.get('i-guarded')!;
  expect(diagnose(worker(), guarded)).toMatchObject({
    cause: 'cause-unclear',
    message:
      'It cannot be told whether role of instance profile guarded allows what the agent needs: it cannot be read: AccessDenied: no.',
  });
  expect(guarded.profile?.role?.forbidden).toBe(true);
  expect(findings.get('i-open')?.profile?.role).toMatchObject({ name: 'open', allows: 'no' });
});

it('what may pass is tried again', async () => {
  await expect(found(ofAws('ServiceFailure', 'server'))).rejects.toThrow('no');
});
