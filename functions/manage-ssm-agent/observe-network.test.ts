import type { Instance, Route, SecurityGroup, VpcEndpoint } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { type Networks, wayOf } from './observe-network.ts';

const INSTANCE: Instance = {
  InstanceId: 'i-1',
  VpcId: 'vpc-1',
  SubnetId: 'subnet-1',
  PrivateIpAddress: '10.0.1.7',
  SecurityGroups: [{ GroupId: 'sg-node' }],
};
const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };
const OPEN = { IpPermissions: [{ ...https, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }] };
const CLOSED = { IpPermissions: [{ ...https, UserIdGroupPairs: [{ GroupId: 'sg-other' }] }] };

const network = (routes: Route[], endpoints: VpcEndpoint[] = []): Networks => ({
  routeTables: [{ VpcId: 'vpc-1', Associations: [{ Main: true }], Routes: routes }],
  endpoints,
  securityGroups: new Map<string, SecurityGroup>([
    ['sg-open', OPEN],
    ['sg-closed', CLOSED],
  ]),
});
const endpoint = (service: string, group = 'sg-open', more: VpcEndpoint = {}): VpcEndpoint => ({
  VpcEndpointId: `vpce-${service}-${group}`,
  VpcId: 'vpc-1',
  ServiceName: `com.amazonaws.eu-central-1.${service}`,
  State: 'Available',
  PrivateDnsEnabled: true,
  Groups: [{ GroupId: group }],
  ...more,
});
const to = (DestinationCidrBlock: string, more: Route = { NatGatewayId: 'nat-1' }): Route => ({
  DestinationCidrBlock,
  State: 'active',
  ...more,
});

describe('the way to Systems Manager by endpoints', () => {
  const both = [endpoint('ssm'), endpoint('ssmmessages')];

  it.each([
    ['is open to an agent of 3.3.40.0 without ec2messages', '3.3.40.0', both, undefined],
    ['is open to an agent of a version that nobody knows without ec2messages', undefined, both, undefined],
    ['is closed to an older agent without ec2messages', '3.3.39.9', both, 'no endpoint for ec2messages'],
    ['is open to an older agent with all three', '3.2.0.0', [...both, endpoint('ec2messages')], undefined],
    ['is closed without ssmmessages', undefined, [both[0]!, endpoint('ec2messages')], 'no endpoint for ssmmessages'],
    ['is open where one of two endpoints admits it', undefined, [endpoint('ssm', 'sg-closed'), ...both], undefined],
    [
      'is closed where none of two endpoints will do, and tells of both',
      undefined,
      [endpoint('ssm', 'sg-closed'), endpoint('ssm', 'sg-open', { PrivateDnsEnabled: false }), endpoint('ssmmessages')],
      'sg-closed of endpoint vpce-ssm-sg-closed (ssm) does not admit 10.0.1.7 on port 443, ' +
        'and endpoint vpce-ssm-sg-open (ssm) has private DNS off.',
    ],
    [
      'is closed where the endpoint is of another VPC',
      undefined,
      [endpoint('ssm', 'sg-open', { VpcId: 'vpc-2' }), endpoint('ssmmessages')],
      'no endpoint for ssm.',
    ],
  ])('%s', (_what, version, endpoints, missing) => {
    const way = wayOf(INSTANCE, version, network([], endpoints));
    if (missing === undefined) expect(way).toEqual({ kind: 'open', way: 'VPC endpoints' });
    else expect(way).toMatchObject({ kind: 'closed', missing: expect.stringContaining(missing) });
  });
});

describe('the default route', () => {
  const gone: Route = { NatGatewayId: 'nat-2', State: 'blackhole' };

  it.each([
    ['in one piece', [to('0.0.0.0/0')], undefined],
    ['in halves', [to('0.0.0.0/1'), to('128.0.0.0/1')], undefined],
    ['in one piece and a half', [to('0.0.0.0/0'), to('128.0.0.0/1')], undefined],
    ['in one half', [to('0.0.0.0/1')], 'no default route'],
    ['with a half that leads nowhere', [to('0.0.0.0/0'), to('128.0.0.0/1', gone)], 'whose target is gone'],
    [
      'in one piece that leads nowhere, behind halves',
      [to('0.0.0.0/0', gone), to('0.0.0.0/1'), to('128.0.0.0/1')],
      undefined,
    ],
    ['that is none', [to('10.0.0.0/8')], 'no default route'],
    ['to the Internet without an address', [to('0.0.0.0/0', { GatewayId: 'igw-1' })], 'no public address'],
  ])('%s', (_what, routes, missing) => {
    const way = wayOf(INSTANCE, undefined, network(routes));
    if (missing === undefined) expect(way).toEqual({ kind: 'open', way: 'nat-1' });
    else expect(way).toMatchObject({ kind: 'closed', missing: expect.stringContaining(missing) });
  });
});
