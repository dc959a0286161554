import {
  type NetworkAcl as DescribedAcl,
  DescribeNetworkAcls$,
  type DescribeNetworkAclsCommandInput,
  type DescribeNetworkAclsCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import type { NetworkAcl, NetworkAclEntry } from './network-acls.ts';
import { namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';

/** The last rule, which cannot be changed. EC2 numbers it 32767. */
const LAST = (egress: boolean): NetworkAclEntry => ({
  number: 32_767,
  egress,
  action: 'deny',
  protocol: '-1',
  cidr: '0.0.0.0/0',
  ports: undefined,
});

/** Reads network ACLs. */
export function networkAclOperations({ world, networks }: Ec2State): Record<string, Operation> {
  return {
    DescribeNetworkAcls: operation<DescribeNetworkAclsCommandInput, DescribeNetworkAclsCommandOutput>(
      DescribeNetworkAcls$,
      ['NetworkAclIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ NetworkAclIds, ...request }) => {
        const id = (acl: NetworkAcl) => acl.id;
        const all = networks.networkAcls.list(networks.subnets.list());
        const named = namedOnes(all, id, NetworkAclIds, 'InvalidNetworkAclID', 'networkAcl ID');
        const { items, nextToken } = search(named, id, fields, () => new Map(), request, 1000);
        return {
          NetworkAcls: items.map((acl) => describe(acl, networks.features.owners.get(acl.vpcId) ?? world.accountId)),
          NextToken: nextToken,
        };
      },
    ),
  };
}

function describe({ id, vpcId, isDefault, entries, associations }: NetworkAcl, OwnerId: string): DescribedAcl {
  return {
    NetworkAclId: id,
    VpcId: vpcId,
    IsDefault: isDefault,
    OwnerId,
    Associations: associations.map((one) => ({
      NetworkAclAssociationId: one.id,
      NetworkAclId: id,
      SubnetId: one.subnetId,
    })),
    // The order is deliberately arbitrary, as in EC2.
    Entries: [LAST(true), LAST(false), ...entries].map((entry) => ({
      RuleNumber: entry.number,
      Egress: entry.egress,
      RuleAction: entry.action,
      Protocol: entry.protocol,
      ...(entry.cidr.includes(':') ? { Ipv6CidrBlock: entry.cidr } : { CidrBlock: entry.cidr }),
      ...(entry.ports !== undefined && { PortRange: { From: entry.ports.from, To: entry.ports.to } }),
    })),
    Tags: [],
  };
}

const fields: FilterFields<NetworkAcl> = {
  'network-acl-id': ({ id }) => id,
  'vpc-id': ({ vpcId }) => vpcId,
  default: ({ isDefault }) => String(isDefault),
  'association.subnet-id': ({ associations }) => associations.map(({ subnetId }) => subnetId),
};
