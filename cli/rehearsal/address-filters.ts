import type { Instance } from '@aws-sdk/client-ec2';
import { describeInstances, filtersOf } from '../../functions/shared/fleet/instances.ts';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf, trouble } from './ground.ts';

/** A kind of address, the filter that should find it, and the test for instances that have one by EC2's description. */
const KINDS: ReadonlyArray<{
  readonly kind: string;
  readonly filter: string;
  readonly has: (instance: Instance) => boolean;
}> = [
  {
    kind: 'public IPv4 addresses',
    filter: 'network-interface.addresses.association.public-ip',
    has: ({ NetworkInterfaces = [] }) =>
      NetworkInterfaces.some(({ PrivateIpAddresses = [] }) =>
        PrivateIpAddresses.some(
          ({ Association }) =>
            (Association?.PublicIp ?? Association?.CarrierIp ?? Association?.CustomerOwnedIp) !== undefined,
        ),
      ),
  },
  {
    kind: 'IPv6 addresses or prefixes',
    filter: 'network-interface.ipv6-addresses.ipv6-address',
    has: ({ NetworkInterfaces = [] }) =>
      NetworkInterfaces.some(
        ({ Ipv6Addresses = [], Ipv6Prefixes = [] }) => Ipv6Addresses.length + Ipv6Prefixes.length > 0,
      ),
  },
];

/** Whether the filters that count exposed workers find each worker that has such an address by its description. */
export async function addressFilters({
  clients,
  instances,
}: Pick<Ground, 'clients' | 'instances'>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { kind, filter, has } of KINDS) {
    const expected = instances.filter(has).flatMap(({ InstanceId }) => InstanceId ?? []);
    if (expected.length === 0) {
      findings.push(open(`no worker here has ${kind}`));
      continue;
    }
    const queries = filtersOf('instance-id', expected).map((ids) => [ids, { Name: filter, Values: ['*'] }]);
    const outcome = await outcomeOf(() => describeInstances(clients.ec2, queries));
    if (!('answer' in outcome)) {
      findings.push(failedTo(`DescribeInstances by ${filter}`, outcome));
      continue;
    }
    const found = new Set(outcome.answer.map(({ InstanceId }) => InstanceId));
    const missed = expected.filter((id) => !found.has(id));
    findings.push(
      missed.length === 0
        ? answered(`${filter} finds each worker that has ${kind}: ${expected.length}`)
        : trouble(`${filter} does not find ${missed.join(', ')}, which have ${kind}`),
    );
  }
  return findings;
}
