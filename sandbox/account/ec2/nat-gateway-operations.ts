import {
  DescribeNatGateways$,
  type DescribeNatGatewaysCommandInput,
  type DescribeNatGatewaysCommandOutput,
  type NatGateway,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import type { KnownNatGateway } from './nat-gateways.ts';
import { search } from './search.ts';
import type { Ec2State } from './state.ts';

/** Reads NAT gateways. Their filters are named `Filter`, unlike those of other calls. An owner alone sees his own. */
export function natGatewayOperations({ networks }: Ec2State): Record<string, Operation> {
  return {
    DescribeNatGateways: operation<DescribeNatGatewaysCommandInput, DescribeNatGatewaysCommandOutput>(
      DescribeNatGateways$,
      ['Filter', 'MaxResults', 'NextToken'],
      ({ Filter, ...request }) => {
        const own = networks.natGateways.list().filter(({ vpcId }) => !networks.features.owners.has(vpcId));
        const id = (gateway: KnownNatGateway) => gateway.id;
        const { items, nextToken } = search(own, id, fields, () => new Map(), { ...request, Filters: Filter }, 1000);
        return { NatGateways: items.map(describe), NextToken: nextToken };
      },
    ),
  };
}

/** Source: EC2 API reference, `NatGateway`. A regional one has no subnet. */
const describe = ({ id, vpcId, createdAt, subnetId, isPrivate }: KnownNatGateway): NatGateway => ({
  NatGatewayId: id,
  VpcId: vpcId,
  State: 'available',
  CreateTime: new Date(createdAt),
  ConnectivityType: isPrivate ? 'private' : 'public',
  AvailabilityMode: subnetId === undefined ? 'regional' : 'zonal',
  ...(subnetId !== undefined && { SubnetId: subnetId }),
  NatGatewayAddresses: [],
  Tags: [],
});

const fields: FilterFields<KnownNatGateway> = {
  'nat-gateway-id': ({ id }) => id,
  'subnet-id': ({ subnetId }) => subnetId ?? [],
  'vpc-id': ({ vpcId }) => vpcId,
  state: () => 'available',
};
