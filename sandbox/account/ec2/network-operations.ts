import {
  DescribeRouteTables$,
  type DescribeRouteTablesCommandInput,
  type DescribeRouteTablesCommandOutput,
  DescribeVpcEndpoints$,
  type DescribeVpcEndpointsCommandInput,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import type { KnownEndpoint } from './endpoints.ts';
import type { FilterFields } from './filters.ts';
import type { Networks } from './network.ts';
import type { KnownRouteTable } from './route-tables.ts';
import { namedOnes, search, tagMap } from './search.ts';

interface DescribedEndpoints {
  readonly VpcEndpoints: KnownEndpoint[];
  readonly NextToken: string | undefined;
}

/** The EC2 reads that show how VPCs reach AWS and the Internet. */
export function networkOperations(networks: Networks): Record<string, Operation> {
  return {
    DescribeRouteTables: operation<DescribeRouteTablesCommandInput, DescribeRouteTablesCommandOutput>(
      DescribeRouteTables$,
      ['RouteTableIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ RouteTableIds, ...request }) => {
        const id = ({ RouteTableId }: KnownRouteTable) => RouteTableId;
        const named = namedOnes(networks.routeTables.list(), id, RouteTableIds, 'InvalidRouteTableID', 'routeTable ID');
        const { items, nextToken } = search(named, id, routeTableFields, ({ Tags }) => tagMap(Tags), request, 100);
        const ownerOf = ({ VpcId, OwnerId }: KnownRouteTable) => networks.features.owners.get(VpcId) ?? OwnerId;
        return { RouteTables: items.map((one) => ({ ...one, OwnerId: ownerOf(one) })), NextToken: nextToken };
      },
    ),
    DescribeVpcEndpoints: operation<DescribeVpcEndpointsCommandInput, DescribedEndpoints>(
      DescribeVpcEndpoints$,
      ['VpcEndpointIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ VpcEndpointIds, ...request }) => {
        const id = ({ VpcEndpointId }: KnownEndpoint) => VpcEndpointId;
        const named = namedOnes(
          // Those of a shared VPC are its owner's (aws-containers/amazon-ecs-exec-checker#29).
          networks.endpoints.list().filter(({ VpcId }) => !networks.features.owners.has(VpcId)),
          id,
          VpcEndpointIds,
          'InvalidVpcEndpointId',
          'Vpc Endpoint Id',
        );
        const { items, nextToken } = search(named, id, endpointFields, ({ Tags }) => tagMap(Tags), request, 1000);
        return { VpcEndpoints: items, NextToken: nextToken };
      },
    ),
  };
}

const routeTableFields: FilterFields<KnownRouteTable> = {
  'route-table-id': ({ RouteTableId }) => RouteTableId,
  'vpc-id': ({ VpcId }) => VpcId,
  'owner-id': ({ OwnerId }) => OwnerId,
  'association.subnet-id': ({ Associations = [] }) => Associations.flatMap(({ SubnetId }) => SubnetId ?? []),
  'route.destination-prefix-list-id': ({ Routes = [] }) =>
    Routes.flatMap(({ DestinationPrefixListId }) => DestinationPrefixListId ?? []),
  'association.main': ({ Associations = [] }) => Associations.map(({ Main }) => String(Main === true)),
};

const endpointFields: FilterFields<KnownEndpoint> = {
  'vpc-endpoint-id': ({ VpcEndpointId }) => VpcEndpointId,
  'vpc-endpoint-state': ({ State }) => State,
  'vpc-endpoint-type': ({ VpcEndpointType }) => VpcEndpointType,
  'vpc-id': ({ VpcId }) => VpcId,
  'service-name': ({ ServiceName }) => ServiceName,
};
