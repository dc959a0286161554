import type { Instance } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import type { ClusterReader } from './fleet.ts';
import { identifyEach } from './identify-each.ts';
import { identifyWorkers } from './identity.ts';
import type { IdentityClients } from './identity-facts.ts';
import { isBorneOut, workerOf } from './worker.ts';

const ARN = (what: string) => `arn:aws:iam::111122223333:${what}`;
const GROUP = 'eks-web-c0c8cf1d-8f2a-4c5e-9d1b-0a1b2c3d4e5f';
const CLAIMS = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web', 'kubernetes.io/cluster/shop': 'owned' };

const readCluster: ClusterReader = async (name) =>
  name === 'shop'
    ? { kind: 'found', found: { name, resourcesVpcConfig: { vpcId: 'vpc-shop' }, tags: {} } }
    : { kind: 'gone' };

const gone = (name: string) => Object.assign(new Error(`no ${name}`), { name, $metadata: {}, $fault: 'client' });

/** EKS and IAM with one node group, `web`, whose role is `nodes`, and an access entry for the role `pool`. */
function clients(type = 'EC2_LINUX'): IdentityClients & { readonly asked: string[] } {
  const asked: string[] = [];
  const eks = new EKSClient({ region: 'eu-central-1' });
  eks.send = (async (command: { input: Record<string, string>; constructor: { name: string } }) => {
    const { input } = command;
    const { name } = command.constructor;
    asked.push(name);
    if (name === 'DescribeNodegroupCommand') {
      if (input.nodegroupName !== 'web') throw gone('ResourceNotFoundException');
      const resources = { autoScalingGroups: [{ name: GROUP }] };
      return { nodegroup: { nodegroupName: 'web', clusterName: 'shop', nodeRole: ARN('role/nodes'), resources } };
    }
    if (input.principalArn !== ARN('role/pool')) throw gone('ResourceNotFoundException');
    return { accessEntry: { type } };
  }) as unknown as EKSClient['send'];
  const iam = new IAMClient({ region: 'eu-central-1' });
  iam.send = (async ({ input }: { input: { InstanceProfileName: string } }) => {
    asked.push('GetInstanceProfileCommand');
    return { InstanceProfile: { Roles: [{ Arn: ARN(`role/${input.InstanceProfileName}`) }] } };
  }) as unknown as IAMClient['send'];
  return { eks, iam, asked };
}

const instance = (tags: Readonly<Record<string, string>>, rest: Partial<Instance> = {}): Instance => ({
  InstanceId: 'i-1',
  VpcId: 'vpc-shop',
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  ...rest,
});
const withRole = (role: string) => ({ IamInstanceProfile: { Arn: ARN(`instance-profile/${role}`) } });

const identify = async (what: Instance, by: IdentityClients = clients()) =>
  (await identifyWorkers(by, readCluster, [what])).get('i-1');

describe('whoever claims to be a worker', () => {
  it.each<[string, Instance]>([
    ['by all tags that anybody can set', instance(CLAIMS)],
    ['by a role that no cluster lets in', instance(CLAIMS, withRole('bastion'))],
    ['by the role of the nodes, in another VPC', instance(CLAIMS, { ...withRole('nodes'), VpcId: 'vpc-other' })],
    ['by an Auto Scaling group of its own', instance({ ...CLAIMS, 'aws:autoscaling:groupName': 'bastions' })],
    [
      'by an Auto Scaling group called like one of EKS',
      instance({ ...CLAIMS, 'aws:autoscaling:groupName': `${GROUP.slice(0, -1)}0` }),
    ],
    [
      'by the name of a node group that there is none of',
      instance({ ...CLAIMS, 'eks:nodegroup-name': 'a\u0007b/../c' }),
    ],
  ])('%s is none', async (_how, what) => {
    expect((await identify(what))?.owner).toMatchObject({ onlyClaims: expect.stringContaining('Its tags claim') });
  });

  it('is none of a cluster that EKS does not know, and EKS is asked for no name that it does not take', async () => {
    for (const name of ['other', '../shop', 'a b', '', 'x'.repeat(500)]) {
      const by = clients();
      const found = await identify(instance({ [`kubernetes.io/cluster/${name}`]: 'owned' }), by);
      expect(name === '' ? found : found?.owner.notAWorker).toEqual(name === '' ? undefined : expect.any(String));
      expect(by.asked).toEqual([]);
    }
  });

  it('is none for a function that reads no roles, by tags alone', async () => {
    const { eks } = clients();
    const found = await identify(instance(CLAIMS, withRole('nodes')), { eks });
    expect(found?.owner.onlyClaims).toBeDefined();
  });
});

describe('a worker', () => {
  it.each<[string, Instance, string | undefined]>([
    ['in the Auto Scaling group of its node group', instance({ ...CLAIMS, 'aws:autoscaling:groupName': GROUP }), 'web'],
    ['with the role of a node group, in the VPC', instance(CLAIMS, withRole('nodes')), undefined],
    [
      'with a role that an access entry lets in',
      instance({ 'kubernetes.io/cluster/shop': 'owned' }, withRole('pool')),
      undefined,
    ],
    ['that has joined, as AWS says', instance({ 'aws:eks:cluster-name': 'shop' }), undefined],
  ])('%s is proven', async (_how, what, nodegroup) => {
    const found = await identify(what);
    expect(found?.owner.onlyClaims).toBeUndefined();
    expect([found?.worker.cluster, found?.worker.nodegroup]).toEqual(['shop', nodegroup]);
  });

  it('is proven by a node of the cluster with its provider id, where nothing else does', async () => {
    const joined = { ...clients(), isNode: async (_cluster: string, { InstanceId }: Instance) => InstanceId === 'i-1' };
    const unmapped = instance(CLAIMS, withRole('former'));
    expect((await identify(unmapped, joined))?.owner.onlyClaims).toBeUndefined();
    expect((await identify(unmapped, { ...joined, isNode: async () => undefined }))?.owner.onlyClaims).toBeDefined();
  });

  it.each([
    ['in another VPC', instance(CLAIMS, { ...withRole('bastion'), VpcId: 'vpc-other' })],
    ['that has no role, as no NAT instance needs one', instance(CLAIMS)],
  ])(
    'is no instance %s, although whoever administers the cluster has made a node object for it',
    async (_what, what) => {
      const found = await identify(what, { ...clients(), isNode: async () => true });
      expect(found?.owner.onlyClaims).toBeDefined();
    },
  );

  it('is not proven by a role whose access entry is of people', async () => {
    const found = await identify(
      instance({ 'kubernetes.io/cluster/shop': 'owned' }, withRole('pool')),
      clients('STANDARD'),
    );
    expect(found?.owner.onlyClaims).toBeDefined();
  });

  it('is found among other claims that somebody has put beside it', async () => {
    const more = { ...CLAIMS, 'aws:autoscaling:groupName': GROUP, 'kubernetes.io/cluster/other': 'owned' };
    const found = await identify(instance({ 'karpenter.sh/nodepool': 'x', 'eks:eks-cluster-name': 'other', ...more }));
    expect(found).toMatchObject({ worker: { cluster: 'shop', nodegroup: 'web', ownership: 'managed' } });
  });

  it('costs one read of each thing, however many claim it', async () => {
    const by = clients();
    const many = Array.from({ length: 300 }, (_, n) => ({
      ...instance(CLAIMS, withRole('bastion')),
      InstanceId: `i-${n}`,
    }));
    await identifyWorkers(by, readCluster, many);
    expect(by.asked).toHaveLength(3);
  });
});

describe('tags that name clusters without end', () => {
  const decoys = Array.from({ length: 20 }, (_, n) => ({
    ...instance(
      Object.fromEntries(Array.from({ length: 45 }, (_each, m) => [`kubernetes.io/cluster/c${n}-${m}`, 'owned'])),
    ),
    InstanceId: `i-decoy${n}`,
  }));
  const identifyAll = async (...others: Instance[]) => {
    const read: string[] = [];
    const counting: ClusterReader = (name) => {
      read.push(name);
      return readCluster(name);
    };
    const by = clients();
    return { found: await identifyWorkers(by, counting, [...decoys, ...others]), read, by };
  };

  it('take no more than some hundred reads of EKS, and the rest is doubt', async () => {
    const { found, read } = await identifyAll();
    expect(read).toHaveLength(200);
    expect(found.get('i-decoy19')?.owner.unreadable).toMatch(/^TooManyNames: /);
  });

  it('are no names of clusters that do not exist where EKS throttles: a later read may find them', async () => {
    const throttled = {
      kind: 'unreadable',
      code: 'Throttling',
      error: 'Throttling: slow down',
      isThrottled: true,
      mayPass: true,
    } as const;
    const read: string[] = [];
    const found = await identifyWorkers(
      clients(),
      async (name) => {
        read.push(name);
        return throttled;
      },
      decoys,
    );
    expect(read).toHaveLength(200);
    expect(new Set([...found.values()].map(({ owner }) => owner.unreadable))).toEqual(new Set([throttled.error]));
    const { unread } = await identifyEach(clients(), async () => throttled, decoys);
    expect(unread.size).toBe(20);
  });

  it('are all asked for on one instance, so that no false claim hides a true one', async () => {
    const tags = [...(decoys[0]?.Tags ?? []), { Key: 'kubernetes.io/cluster/shop', Value: 'owned' }];
    const worker = { ...instance({}, withRole('pool')), Tags: tags };
    const found = (await identifyWorkers(clients(), readCluster, [worker])).get('i-1');
    expect(found).toMatchObject({ worker: { cluster: 'shop' }, owner: { tags: {} } });
    expect(found?.owner).not.toHaveProperty('onlyClaims');
  });

  it('hide no worker that has joined its cluster, or that EKS has launched', async () => {
    const joined = { ...instance({ 'aws:eks:cluster-name': 'shop' }), InstanceId: 'i-joined' };
    const launched = { ...instance({ ...CLAIMS, 'aws:autoscaling:groupName': GROUP }), InstanceId: 'i-launched' };
    const { found } = await identifyAll(joined, launched);
    expect(found.get('i-joined')?.owner).toMatchObject({ tags: {} });
    expect(found.get('i-joined')?.owner).not.toHaveProperty('unreadable');
    expect(found.get('i-launched')).toMatchObject({
      worker: { cluster: 'shop', nodegroup: 'web', ownership: 'managed' },
    });
  });

  it('take no more than some hundred reads of node groups either, which a cluster has not, and hide no worker', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({
      ...instance({ ...CLAIMS, 'eks:nodegroup-name': `g-${n}` }),
      InstanceId: `i-${n}`,
    }));
    const launched = { ...instance({ ...CLAIMS, 'aws:autoscaling:groupName': GROUP }), InstanceId: 'i-launched' };
    const by = clients();
    const found = await identifyWorkers(by, readCluster, [...many, launched]);
    expect(by.asked.filter((name) => name === 'DescribeNodegroupCommand').length).toBeLessThan(250);
    expect(found.get('i-999')?.owner.unreadable).toMatch(/^TooManyNames: .*node groups/);
    expect(found.get('i-launched')).toMatchObject({ worker: { nodegroup: 'web', ownership: 'managed' } });
    expect(found.get('i-launched')?.owner).not.toHaveProperty('unreadable');
  });

  it('ask for no node groups of theirs either', async () => {
    const named = decoys.map((decoy) => ({
      ...decoy,
      Tags: [...(decoy.Tags ?? []), { Key: 'eks:nodegroup-name', Value: 'web' }],
    }));
    const by = clients();
    await identifyWorkers(by, async () => ({ kind: 'gone' }), named);
    expect(by.asked.length).toBeLessThan(300);
  });
});

it.each<[boolean, Record<string, string>]>([
  [false, CLAIMS],
  [false, { ...CLAIMS, 'aws:autoscaling:groupName': 'bastions' }],
  [false, { 'kubernetes.io/cluster/shop': 'owned', 'aws:autoscaling:groupName': GROUP }],
  [true, { ...CLAIMS, 'aws:autoscaling:groupName': GROUP }],
  [true, { ...CLAIMS, 'aws:eks:cluster-name': 'shop' }],
])('AWS bears out (%s) what %o claim', (expected, tags) => {
  const what = instance(tags);
  const worker = workerOf(what);
  expect(worker && isBorneOut(worker, what)).toBe(expected);
});

describe('a role that only the ConfigMap aws-auth of the cluster lets in', () => {
  const legacy = instance({ 'kubernetes.io/cluster/shop': 'owned' }, withRole('legacy'));
  const inMode =
    (authenticationMode: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP'): ClusterReader =>
    async (name) => ({
      kind: 'found',
      found: { name, resourcesVpcConfig: { vpcId: 'vpc-shop' }, accessConfig: { authenticationMode } },
    });
  const mapping = (mapped: boolean | undefined) => {
    const asked: string[] = [];
    const mapsRole = async (cluster: string, roleArn: string) => {
      asked.push(`${cluster} ${roleArn}`);
      return mapped;
    };
    return { asked, by: { ...clients(), mapsRole } };
  };
  const ownerIn = async (mode: Parameters<typeof inMode>[0], by: IdentityClients, what = legacy) =>
    (await identifyWorkers(by, inMode(mode), [what])).get('i-1')?.owner;

  it.each(['CONFIG_MAP', 'API_AND_CONFIG_MAP'] as const)(
    'makes a worker together with the VPC, in mode %s',
    async (mode) => {
      const { by, asked } = mapping(true);
      expect((await ownerIn(mode, by))?.onlyClaims).toBeUndefined();
      expect(asked).toEqual([`shop ${ARN('role/legacy')}`]);
    },
  );

  it('makes none in another VPC, and none where the ConfigMap does not name it', async () => {
    const elsewhere = { ...legacy, VpcId: 'vpc-other' };
    expect((await ownerIn('CONFIG_MAP', mapping(true).by, elsewhere))?.onlyClaims).toContain('Its tags claim');
    const unmapped = (await ownerIn('CONFIG_MAP', mapping(false).by))?.onlyClaims;
    expect(unmapped).toContain('Its tags claim');
    expect(unmapped).not.toContain('aws-auth');
  });

  it('makes none in mode API, where EKS does not heed the ConfigMap: it is not even asked for', async () => {
    const { by, asked } = mapping(true);
    expect((await ownerIn('API', by))?.onlyClaims).toContain('Its tags claim');
    expect(asked).toEqual([]);
  });

  it('is doubt where nobody can read the ConfigMap, and the doubt is said', async () => {
    const { by: unread } = mapping(undefined);
    for (const by of [unread, clients()]) {
      expect((await ownerIn('API_AND_CONFIG_MAP', by))?.onlyClaims).toMatch(
        /Whether the ConfigMap aws-auth of the cluster lets its role in cannot be told/,
      );
    }
  });

  it('is told to have an access entry, which needs another authentication mode where there is none but the ConfigMap', async () => {
    const { by } = mapping(undefined);
    const switched = "switch the cluster's authentication mode to API_AND_CONFIG_MAP and give the role an access entry";
    expect((await ownerIn('CONFIG_MAP', by))?.onlyClaims).toContain(switched);
    expect((await ownerIn('API_AND_CONFIG_MAP', by))?.onlyClaims).not.toContain(switched);
  });

  it('is heeded only where no access entry names the role, whatever its type', async () => {
    const { by, asked } = mapping(true);
    const pool = instance({ 'kubernetes.io/cluster/shop': 'owned' }, withRole('pool'));
    const standard = { ...by, eks: clients('STANDARD').eks };
    expect((await ownerIn('API_AND_CONFIG_MAP', standard, pool))?.onlyClaims).toContain('Its tags claim');
    expect(asked).toEqual([]);
  });
});

it('has the role of a worker outside of managed node groups read beside the cluster, and no other one', async () => {
  const askedBefore = async (tags: Readonly<Record<string, string>>, role: string) => {
    const by = clients();
    let before: readonly string[] = [];
    const slowly: ClusterReader = async (name) => {
      await Promise.resolve();
      before = [...by.asked];
      return readCluster(name);
    };
    const found = await identifyWorkers(by, slowly, [instance(tags, withRole(role))]);
    expect(found.get('i-1')?.owner).not.toHaveProperty('onlyClaims');
    return before;
  };
  expect(await askedBefore({ 'kubernetes.io/cluster/shop': 'owned' }, 'pool')).toEqual(['GetInstanceProfileCommand']);
  const managed = { ...CLAIMS, 'aws:autoscaling:groupName': GROUP };
  expect(await askedBefore(managed, 'nodes')).not.toContain('GetInstanceProfileCommand');
  expect(await askedBefore({ 'aws:eks:cluster-name': 'shop' }, 'pool')).toEqual([]);
});
