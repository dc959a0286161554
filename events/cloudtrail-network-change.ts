import * as z from 'zod';
import { eventSchema, instanceId } from './envelope.ts';

/**
 * A call that can open a path from the Internet to an instance. It needs a CloudTrail trail; without one, the sweep
 * finds the change an hour later.
 */
export const detailType = 'AWS API Call via CloudTrail';

const SOURCE = 'aws.ec2';
const EVENT_SOURCE = 'ec2.amazonaws.com';

/**
 * Calls about one instance, interface or security group, and calls about what all workers of a VPC share. A new version
 * of a launch template opens nothing by itself; the launch from it has its own event.
 */
const EVENT_NAMES = [
  'AssignIpv6Addresses',
  'AssociateAddress',
  'AssociateRouteTable',
  'AttachInternetGateway',
  'AttachNetworkInterface',
  'AuthorizeSecurityGroupIngress',
  'CreateNetworkAclEntry',
  'CreateRoute',
  'DeleteNetworkAclEntry',
  'ModifyManagedPrefixList',
  'ModifyNetworkInterfaceAttribute',
  'ModifySecurityGroupRules',
  'ReplaceNetworkAclAssociation',
  'ReplaceNetworkAclEntry',
  'ReplaceRoute',
  'ReplaceRouteTableAssociation',
  'RunInstances',
] as const;

export const pattern = {
  source: [SOURCE],
  'detail-type': [detailType],
  detail: {
    eventSource: [EVENT_SOURCE],
    eventName: [...EVENT_NAMES],
    // A refused call changed nothing.
    errorCode: [{ exists: false }],
  },
};

/** An EC2 id, such as `eni-0a1b2c3d4e5f60718`. No other text of an event is passed to EC2. */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{1,17}$`), `must be like ${prefix}-…`);

/** What the calls name. The members depend on the call, so all are optional. */
export const detail = () =>
  z.object({
    eventSource: z.literal(EVENT_SOURCE),
    eventName: z.enum(EVENT_NAMES),
    requestParameters: z
      .object({
        instanceId: instanceId.nullish(),
        networkInterfaceId: id('eni').nullish(),
        groupId: id('sg').nullish(),
        allocationId: id('eipalloc').nullish(),
        vpcId: id('vpc').nullish(),
        routeTableId: id('rtb').nullish(),
        networkAclId: id('acl').nullish(),
        prefixListId: id('pl').nullish(),
        /** Parameter of ModifyManagedPrefixList, nested as CloudTrail does for newer calls. */
        ModifyManagedPrefixListRequest: z.object({ PrefixListId: id('pl').nullish() }).nullish(),
        /** Parameter of ModifySecurityGroupRules, nested likewise. */
        ModifySecurityGroupRulesRequest: z.object({ GroupId: id('sg').nullish() }).nullish(),
      })
      .nullish(),
    /** The caller. An AWS service that acts on its own is named by `invokedBy`. */
    userIdentity: z.object({ arn: z.string().nullish(), invokedBy: z.string().nullish() }).nullish(),
    /** Response of RunInstances. Other calls return other elements, or none. */
    responseElements: z
      .object({ instancesSet: z.object({ items: z.array(z.object({ instanceId })) }).nullish() })
      .nullish(),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type CloudTrailNetworkChange = z.infer<typeof schema>;

export const sample: CloudTrailNetworkChange = {
  version: '0',
  id: '2f6b8d04-1c3e-4a57-9b6d-8e0f1a2c4b35',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:30:12Z',
  resources: [],
  detail: {
    eventSource: EVENT_SOURCE,
    eventName: 'AssociateAddress',
    requestParameters: { networkInterfaceId: 'eni-0a1b2c3d4e5f60718', allocationId: 'eipalloc-0123456789abcdef0' },
    responseElements: {},
  },
};
