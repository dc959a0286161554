import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { ec2Account } from '../../../sandbox/account/ec2/ec2.fixture.ts';
import { policySchema } from '../../policy-document.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { worker } from '../model/observation.fixture.ts';
import { quarantineGroups } from './quarantine-groups.ts';
import { noteInto } from './step.ts';

const policy = policySchema('enforce').parse({}).quarantine;
const EVERYBODY = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

async function inVpc(vpc: object = {}) {
  const { ec2, workers } = ec2Account(undefined, { vpc });
  const asked = new DescribeInstancesCommand({ InstanceIds: [workers()[0]!.id] });
  const vpcId = (await ec2.send(asked)).Reservations?.[0]?.Instances?.[0]?.VpcId ?? '';
  const ensure = async () => {
    const calls: AwsCall[] = [];
    const groups = await quarantineGroups(ec2, 'remediator', {
      view: worker({ vpcId }),
      policy,
      note: noteInto(calls),
    });
    return { groups, calls: calls.map(({ operation }) => operation) };
  };
  return { ec2, ensure };
}

const rulesOf = async (ec2: EC2Client, GroupId: string) => {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  const { IpPermissions = [], IpPermissionsEgress = [] } = SecurityGroups?.[0] ?? {};
  const ranges = (rules: typeof IpPermissions) =>
    rules.flatMap(({ IpRanges = [], Ipv6Ranges = [] }) => [
      ...IpRanges.map(({ CidrIp }) => CidrIp),
      ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ]);
  return { ingress: ranges(IpPermissions), egress: ranges(IpPermissionsEgress) };
};
const OPEN = { ingress: ['0.0.0.0/0', '::/0'], egress: ['0.0.0.0/0', '::/0'] };
const CLOSED = { ingress: [], egress: [] };

it('makes one group that is open to everything and one that is closed, once for each VPC', async () => {
  const { ec2, ensure } = await inVpc();
  const { groups, calls } = await ensure();
  expect(calls.filter((operation) => operation === 'CreateSecurityGroup')).toHaveLength(2);
  expect(await rulesOf(ec2, groups.untracking)).toEqual(OPEN);
  expect(await rulesOf(ec2, groups.closed)).toEqual(CLOSED);
  expect(await ensure()).toEqual({ groups, calls: [] });
});

it('takes the egress over IPv6 from a new group that has it by default', async () => {
  const { ec2, ensure } = await inVpc({ ipv6Egress: true });
  const { groups } = await ensure();
  expect(await rulesOf(ec2, groups.closed)).toEqual(CLOSED);
});

it('puts right what somebody has changed', async () => {
  const { ec2, ensure } = await inVpc();
  const { groups } = await ensure();
  const change = { GroupId: groups.closed, IpPermissions: [EVERYBODY] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(change));
  await ec2.send(new AuthorizeSecurityGroupEgressCommand(change));
  expect(await ensure()).toEqual({ groups, calls: ['RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress'] });
  expect(await rulesOf(ec2, groups.closed)).toEqual(CLOSED);
});

it('finds the groups that another reconcile makes at the same time', async () => {
  const { ec2, ensure } = await inVpc();
  const [one, other] = await Promise.all([ensure(), ensure()]);
  expect(other.groups).toEqual(one.groups);
  expect(await rulesOf(ec2, one.groups.untracking)).toEqual(OPEN);
  expect(await rulesOf(ec2, one.groups.closed)).toEqual(CLOSED);
});
