import {
  DescribeRouteTables$,
  type DescribeRouteTablesCommandInput,
  type DescribeRouteTablesCommandOutput,
  DescribeSecurityGroups$,
  type DescribeSecurityGroupsCommandInput,
  type DescribeSecurityGroupsCommandOutput,
  DescribeVpcEndpoints$,
  type DescribeVpcEndpointsCommandInput,
  type Tag,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../wire/aws-error.ts';
import { applyFilters, type FilterFields, type RequestedFilter } from './ec2-filters.ts';
import type { KnownEndpoint, KnownRouteTable, KnownSecurityGroup, Networks } from './ec2-network.ts';
import { byText, pageOf } from './pagination.ts';
import { type Operation, operation } from './service.ts';

const DEFAULT_PAGE = 1000;

interface DescribedEndpoints {
  readonly VpcEndpoints: KnownEndpoint[];
  readonly NextToken: string | undefined;
}

/** The reads of EC2 that tell what an instance can reach. */
export function networkOperations(networks: Networks): Record<string, Operation> {
  return {
    DescribeRouteTables: operation<DescribeRouteTablesCommandInput, DescribeRouteTablesCommandOutput>(
      DescribeRouteTables$,
      ['RouteTableIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ RouteTableIds, ...request }) => {
        const id = ({ RouteTableId }: KnownRouteTable) => RouteTableId;
        const named = namedOnes(networks.routeTables, id, RouteTableIds, 'InvalidRouteTableID', 'routeTable ID');
        const { items, nextToken } = search(named, id, routeTableFields, request, 100);
        return { RouteTables: items, NextToken: nextToken };
      },
    ),
    DescribeVpcEndpoints: operation<DescribeVpcEndpointsCommandInput, DescribedEndpoints>(
      DescribeVpcEndpoints$,
      ['VpcEndpointIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ VpcEndpointIds, ...request }) => {
        const id = ({ VpcEndpointId }: KnownEndpoint) => VpcEndpointId;
        const named = namedOnes(networks.endpoints, id, VpcEndpointIds, 'InvalidVpcEndpointId', 'Vpc Endpoint Id');
        const { items, nextToken } = search(named, id, endpointFields, request, 1000);
        return { VpcEndpoints: items, NextToken: nextToken };
      },
    ),
    DescribeSecurityGroups: operation<DescribeSecurityGroupsCommandInput, DescribeSecurityGroupsCommandOutput>(
      DescribeSecurityGroups$,
      ['GroupIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ GroupIds, ...request }) => {
        const id = ({ GroupId }: KnownSecurityGroup) => GroupId;
        const known = [...networks.securityGroups.values()];
        const named = namedOnes(known, id, GroupIds, 'InvalidGroup', 'security group');
        const { items, nextToken } = search(named, id, securityGroupFields, request, 1000);
        return { SecurityGroups: items, NextToken: nextToken };
      },
    ),
  };
}

const routeTableFields: FilterFields<KnownRouteTable> = {
  'route-table-id': ({ RouteTableId }) => RouteTableId,
  'vpc-id': ({ VpcId }) => VpcId,
  'owner-id': ({ OwnerId }) => OwnerId,
  'association.subnet-id': ({ Associations = [] }) => Associations.flatMap(({ SubnetId }) => SubnetId ?? []),
  'association.main': ({ Associations = [] }) => Associations.map(({ Main }) => String(Main === true)),
};

const endpointFields: FilterFields<KnownEndpoint> = {
  'vpc-endpoint-id': ({ VpcEndpointId }) => VpcEndpointId,
  'vpc-endpoint-state': ({ State }) => State,
  'vpc-endpoint-type': ({ VpcEndpointType }) => VpcEndpointType,
  'vpc-id': ({ VpcId }) => VpcId,
  'service-name': ({ ServiceName }) => ServiceName,
};

const securityGroupFields: FilterFields<KnownSecurityGroup> = {
  'group-id': ({ GroupId }) => GroupId,
  'group-name': ({ GroupName }) => GroupName,
  'owner-id': ({ OwnerId }) => OwnerId,
  'vpc-id': ({ VpcId }) => VpcId,
};

/** Those of the ids, or all. @throws `<code>.NotFound` naming the first id that nothing has */
function namedOnes<Thing>(
  known: readonly Thing[],
  id: (thing: Thing) => string,
  ids: readonly string[] | undefined,
  code: string,
  what: string,
): Thing[] {
  if (ids === undefined) return [...known];
  return ids.map((wanted) => {
    const found = known.find((thing) => id(thing) === wanted);
    if (found !== undefined) return found;
    throw new AwsError(`${code}.NotFound`, `The ${what} '${wanted}' does not exist`);
  });
}

interface SearchRequest {
  readonly Filters?: RequestedFilter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

function search<Thing extends { Tags?: Tag[] | undefined }>(
  things: readonly Thing[],
  id: (thing: Thing) => string,
  fields: FilterFields<Thing>,
  { Filters, MaxResults, NextToken }: SearchRequest,
  largestPage: number,
) {
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > largestPage)) {
    const message = `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and ${largestPage}.`;
    throw new AwsError('InvalidParameterValue', message);
  }
  const tags = ({ Tags = [] }: Thing) => new Map(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const found = applyFilters(things, Filters, fields, tags).sort(byText(id));
  return pageOf(found, id, MaxResults ?? DEFAULT_PAGE, NextToken, () => {
    return new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
  });
}
