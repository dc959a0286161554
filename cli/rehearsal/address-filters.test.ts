import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { addressFilters } from './address-filters.ts';
import type { Ground } from './ground.ts';

/** A cluster with these workers, and EC2's filters, which find only the named ones. */
function ground(instances: Instance[], found: readonly string[]): Pick<Ground, 'clients' | 'instances'> {
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
    return { Reservations: [{ Instances: instances.filter(({ InstanceId = '' }) => found.includes(InstanceId)) }] };
  };
  return { clients: { ec2 } as Ground['clients'], instances };
}

const carrier = { NetworkInterfaces: [{ PrivateIpAddresses: [{ Association: { CarrierIp: '203.0.113.9' } }] }] };
const prefix = { NetworkInterfaces: [{ Ipv6Prefixes: [{ Ipv6Prefix: '2001:db8::/80' }] }] };
const workers = [{ InstanceId: 'i-1', ...carrier }, { InstanceId: 'i-2', ...prefix }, { InstanceId: 'i-3' }];

it('names the workers that a filter misses', async () => {
  expect(await addressFilters(ground(workers, ['i-1']))).toEqual([
    { kind: 'answered', text: expect.stringMatching(/public-ip finds each worker that has public IPv4 addresses: 1/) },
    { kind: 'trouble', text: expect.stringMatching(/ipv6-address does not find i-2, which have IPv6/) },
  ]);
});

it('says so where no worker has such an address', async () => {
  const kinds = (await addressFilters(ground([{ InstanceId: 'i-3' }], []))).map(({ kind }) => kind);
  expect(kinds).toEqual(['open', 'open']);
});
