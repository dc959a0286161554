import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, it } from 'vitest';
import { networkInterface } from '../model/observation.fixture.ts';
import { targetReader } from './targets.ts';

/** A client whose account has one target group of VPC vpc-1 with these targets. */
function groupOf(...ids: readonly string[]): ElasticLoadBalancingV2Client {
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-central-1' });
  client.send = async (command: unknown) =>
    command instanceof DescribeTargetGroupsCommand
      ? { TargetGroups: [{ TargetGroupArn: 'arn:group', TargetType: 'ip', VpcId: 'vpc-1' }] }
      : { TargetHealthDescriptions: ids.map((Id) => ({ Target: { Id }, TargetHealth: { State: 'healthy' } })) };
  return client;
}

it('finds a worker by its id, by its addresses and by those of its pods, of either family, however they are written', async () => {
  const ours = ['i-1', '10.0.0.7', '10.0.9.33', '2001:db8:0:1::7', '2001:0db8:0000:0009:0001:0000:0000:0033'];
  const others = ['i-2', '10.0.0.8', '10.0.9.64', '2001:db8:0:1::8', '2001:db8:0:9:2::33'];
  const worker = networkInterface({
    privateIps: ['10.0.0.7'],
    ipv4Prefixes: ['10.0.9.32/28', 'nonsense/12'],
    ipv6: [{ address: '2001:db8:0:1:0:0:0:7', primary: false }],
    ipv6Prefixes: ['2001:db8:0:9:1::/80', '2001:db8::/'],
  });
  const found = await targetReader(groupOf(...ours, ...others))('i-1', { vpcId: 'vpc-1', interfaces: [worker] });
  expect(found.map(({ id }) => id)).toEqual(ours);
});
