import { describe, expect, it } from 'vitest';
import { sample as call } from '../../events/cloudtrail-network-change.ts';
import { sample as launch } from '../../events/ec2-instance-launch.ts';
import { sample as finding } from '../../events/inspector-network-reachability.ts';
import { sample as request } from '../../events/quarantine-reconcile-request.ts';
import { sample as requested } from '../../events/quarantine-request.ts';
import { readBatch } from './batch.ts';

const record = (body: object | string) =>
  ({
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:queue',
  }) as never;
const read = (...bodies: Array<object | string>) => readBatch(bodies.map(record));
const keysOf = (...bodies: object[]) => {
  const { scope, malformed } = read(...bodies);
  expect(malformed).toEqual([]);
  const { deferred, ...maps } = scope;
  return Object.fromEntries(
    Object.entries(maps).flatMap(([name, map]) => (map.size > 0 ? [[name, [...map.keys()]]] : [])),
  );
};
const trail = (detail: object) => ({ ...call, detail: { ...call.detail, ...detail } });

describe('readBatch', () => {
  it.each<[string, object, object]>([
    ['a launch', launch, { instances: [launch.detail['instance-id']] }],
    ['a finding', finding, { instances: ['i-0f3a5c7e9b1d2f4a6'] }],
    [
      'a finding of several instances',
      {
        ...finding,
        detail: {
          ...finding.detail,
          resources: ['i-1', 'i-2'].map((id) => ({ type: 'AWS_EC2_INSTANCE', id })),
        },
      },
      { instances: ['i-1', 'i-2'] },
    ],
    ['a sweep', request, { clusters: ['shop'] }],
    [
      'a wake-up',
      { ...request, detail: { trigger: 'wake-up', instanceIds: ['i-1', 'i-2'] } },
      { instances: ['i-1', 'i-2'] },
    ],
    ['a request about a worker', requested, { requests: ['i-0f3a5c7e9b1d2f4a6'] }],
    [
      'a request about a group',
      {
        ...requested,
        detail: { ...requested.detail, instanceId: undefined, clusterName: 'shop', nodegroupName: 'web' },
      },
      { groupRequests: ['shop/web'] },
    ],
    ['an address for an interface', call, { interfaces: ['eni-0a1b2c3d4e5f60718'] }],
    [
      'an address for an instance, with nulls',
      trail({ requestParameters: { instanceId: 'i-1', networkInterfaceId: null }, responseElements: null }),
      { instances: ['i-1'] },
    ],
    [
      'a rule of a group',
      trail({ eventName: 'AuthorizeSecurityGroupIngress', requestParameters: { groupId: 'sg-1' } }),
      { securityGroups: ['sg-1'] },
    ],
    [
      'a launch by call',
      trail({
        eventName: 'RunInstances',
        requestParameters: null,
        responseElements: { instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }] } },
      }),
      { instances: ['i-1', 'i-2'] },
    ],
    [
      'a new route',
      trail({ eventName: 'CreateRoute', requestParameters: { routeTableId: 'rtb-1' } }),
      { shared: ['rtb-1'] },
    ],
    [
      'an entry of a network ACL',
      trail({ eventName: 'CreateNetworkAclEntry', requestParameters: { networkAclId: 'acl-1' } }),
      { shared: ['acl-1'] },
    ],
    [
      'a prefix list, as CloudTrail nests it',
      trail({
        eventName: 'ModifyManagedPrefixList',
        requestParameters: { ModifyManagedPrefixListRequest: { PrefixListId: 'pl-1' } },
      }),
      { shared: ['pl-1'] },
    ],
    [
      'a prefix list, as CloudTrail does not nest it',
      trail({ eventName: 'ModifyManagedPrefixList', requestParameters: { prefixListId: 'pl-1' } }),
      { shared: ['pl-1'] },
    ],
    [
      'an Internet gateway',
      trail({ eventName: 'AttachInternetGateway', requestParameters: { vpcId: 'vpc-1' } }),
      { vpcs: ['vpc-1'] },
    ],
    [
      'IPv6 addresses',
      trail({ eventName: 'AssignIpv6Addresses', requestParameters: { networkInterfaceId: 'eni-1' } }),
      { interfaces: ['eni-1'] },
    ],
    [
      'a changed rule, as CloudTrail nests it',
      trail({
        eventName: 'ModifySecurityGroupRules',
        requestParameters: { ModifySecurityGroupRulesRequest: { GroupId: 'sg-1' } },
      }),
      { securityGroups: ['sg-1'] },
    ],
    ['a call that names nothing', trail({ requestParameters: null, responseElements: { instancesSet: null } }), {}],
  ])('reads %s', (_what, event, expected) => {
    expect(keysOf(event)).toEqual(expected);
  });

  it('tells apart what is none of these, and reads the others', () => {
    const { scope, malformed } = read(
      'no JSON',
      '{}',
      { ...request, detail: { trigger: 'sweep' } },
      { ...requested, detail: { ...requested.detail, action: 'extend' } },
      trail({ eventName: 'DeleteVpc' }),
      launch,
    );
    expect(malformed.map(({ fault }) => fault.split(':')[0])).toEqual([
      'the body is not JSON',
      'detail-type',
      'detail.clusterName',
      'detail.by',
      'detail.eventName',
    ]);
    expect(scope.instances.size).toBe(1);
  });

  it('keeps the first request about a worker, and has a second requested about it wait', () => {
    const other = { ...requested, id: 'second' };
    const { scope } = read(requested, requested, other, launch, { ...launch, id: 'later' });
    expect([...scope.requests.values()].map(({ trigger }) => trigger.id)).toEqual([requested.id]);
    expect(scope.deferred.map(({ event }) => event.id)).toEqual(['second']);
    expect([...scope.instances.values()].map(({ id }) => id)).toEqual([launch.id]);
  });
});
