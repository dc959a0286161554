import type { Instance } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import type { ClusterReader } from './fleet.ts';
import { failsAgain, identifyEach, unreadTrouble } from './identify-each.ts';

const readCluster: ClusterReader = async (name) =>
  /^(shop|bank)$/.test(name)
    ? { kind: 'found', found: { name, resourcesVpcConfig: { vpcId: 'vpc-1' }, tags: {} } }
    : { kind: 'gone' };

/** EKS, which refuses to describe access entries of the cluster `bank` by this error, and has one of nodes elsewhere. */
function clients(error: string) {
  const eks = new EKSClient({ region: 'eu-central-1' });
  const send = async ({ input }: { readonly input: { readonly clusterName: string } }) => {
    if (input.clusterName === 'bank') throw refusedBy(error);
    return { accessEntry: { type: 'EC2_LINUX' } };
  };
  const iam = new IAMClient({ region: 'eu-central-1' });
  const profile = { InstanceProfile: { Roles: [{ Arn: 'arn:aws:iam::111122223333:role/nodes' }] } };
  return { eks: Object.assign(eks, { send }), iam: Object.assign(iam, { send: async () => profile }) };
}

const refusedBy = (name: string): Error =>
  Object.assign(new Error('not now'), {
    name,
    $metadata: {},
    $fault: name === 'ServerException' ? 'server' : 'client',
  });

const nodeOf = (InstanceId: string, ...clusters: readonly string[]): Instance => ({
  InstanceId,
  VpcId: 'vpc-1',
  IamInstanceProfile: { Arn: 'arn:aws:iam::111122223333:instance-profile/nodes' },
  Tags: clusters.map((name) => ({ Key: `kubernetes.io/cluster/${name}`, Value: 'owned' })),
});

it('names workers of a cluster whose access entries cannot be read for now, and proves those of others', async () => {
  const { identities, unread } = await identifyEach(clients('ServerException'), readCluster, [
    nodeOf('i-shop', 'shop'),
    nodeOf('i-bank', 'bank'),
  ]);
  expect(identities.get('i-shop')?.owner).toEqual({ tags: {}, clusterTags: {} });
  expect([...unread]).toEqual([['i-bank', 'ServerException: not now']]);
  const message = /^What 1 worker depends on cannot be read for now.*i-bank/;
  expect(unreadTrouble({ unread }, [])?.message).toMatch(message);
  expect(unreadTrouble({ unread }, [{ instanceId: 'i-bank', trigger: {} }])?.message).toMatch(message);
  // It was told of, and its message would be a dead letter now.
  expect(unreadTrouble({ unread }, [{ instanceId: 'i-bank', trigger: { isLastTry: true } }])).toBeUndefined();
});

it.each([
  ['AccessDeniedException', /^AccessDeniedException/],
  ['UnrecognizedClientException', /^UnrecognizedClientException/],
  ['SubscriptionRequiredException', /^SubscriptionRequiredException/],
  ['SomethingNewException', /^SomethingNewException/],
  ['InvalidRequestException', undefined],
])('has no delivery repeated for an answer of EKS that stays the same: %s', async (error, unreadable) => {
  const { identities, unread } = await identifyEach(clients(error), readCluster, [nodeOf('i-bank', 'bank')]);
  expect(unread.size).toBe(0);
  if (unreadable !== undefined) expect(identities.get('i-bank')?.owner.unreadable).toMatch(unreadable);
});

it('has no delivery repeated for tags that name clusters without end: whoever may set tags could fail each one', async () => {
  const decoys = Array.from({ length: 20 }, (_, n) =>
    nodeOf(`i-${n}`, ...Array.from({ length: 45 }, (_each, m) => `c${n}-${m}`)),
  );
  const { identities, unread } = await identifyEach(clients('ServerException'), readCluster, decoys);
  expect(identities.get('i-19')?.owner.unreadable).toMatch(/^TooManyNames: /);
  expect(unread.size).toBe(0);
});

it.each([
  ['failed once', 'ServerException: not now', false, false],
  ['failed again', 'ServerException: not now', true, true],
  ['was throttled again', 'ThrottlingException: slow', true, false],
])('tells of a read that %s: %s', (_, why, redelivered, isTold) => {
  expect(failsAgain(why, { redelivered })).toBe(isTold);
});
