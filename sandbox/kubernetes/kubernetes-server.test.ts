import { describe, expect, it } from 'vitest';
import { rbacManifest } from '../../kubernetes/rbac.ts';
import { ALL_RIGHTS, NOW, testCluster, testDaemonSet, testNode } from './kubernetes-test-cluster.ts';

const HOUSE = '/apis/apps/v1/namespaces/eks-host-remediator/daemonsets';
const USER = 'arn:aws:sts::111122223333:assumed-role/agent-role/agent';

describe('authentication', () => {
  const unauthorized = {
    code: 401,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    },
  };

  it('takes a fresh token of a role with an access entry', async () => {
    const { call } = testCluster();
    expect(await call('GET', '/api/v1/nodes')).toMatchObject({ code: 200, body: { kind: 'NodeList', items: [] } });
  });

  it('refuses a role without an access entry', async () => {
    expect(await testCluster({ known: false }).call('GET', '/api/v1/nodes')).toMatchObject(unauthorized);
  });

  it.each([
    ['of another cluster', async ({ token }: ReturnType<typeof testCluster>) => token('stage')],
    ['that is too old', async ({ token }: ReturnType<typeof testCluster>) => token('prod', NOW - 15 * 60_000 - 1000)],
    ['that is no token', async () => 'k8s-aws-v1.bm90IGEgdXJs'],
    ['of another kind', async () => 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'],
    ['with padding', async ({ token }: ReturnType<typeof testCluster>) => `${await token()}=`],
    [
      'whose signature is not its own',
      async ({ token }: ReturnType<typeof testCluster>) => {
        const url = Buffer.from((await token()).slice(11), 'base64url').toString();
        return `k8s-aws-v1.${Buffer.from(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61')).toString('base64url')}`;
      },
    ],
    [
      'that leads to another STS',
      async ({ token }: ReturnType<typeof testCluster>) => {
        const url = Buffer.from((await token()).slice(11), 'base64url').toString();
        return `k8s-aws-v1.${Buffer.from(url.replace('amazonaws.com', 'example.com')).toString('base64url')}`;
      },
    ],
  ])('refuses a token %s', async (_what, bearer) => {
    const cluster = testCluster();
    expect(await cluster.call('GET', '/api/v1/nodes', { bearer: await bearer(cluster) })).toMatchObject(unauthorized);
  });

  it('takes a token until it is 15 minutes old', async () => {
    const cluster = testCluster();
    const bearer = await cluster.token('prod', NOW - 14 * 60_000);
    expect(await cluster.call('GET', '/api/v1/nodes', { bearer })).toMatchObject({ code: 200 });
  });
});

describe('authorisation', () => {
  it.each([
    [
      'GET',
      '/api/v1/nodes',
      `nodes is forbidden: User "${USER}" cannot list resource "nodes" in API group "" at the cluster scope`,
    ],
    [
      'GET',
      `${HOUSE}/installer`,
      `daemonsets.apps "installer" is forbidden: User "${USER}" cannot get resource "daemonsets" in API group "apps" in the namespace "eks-host-remediator"`,
    ],
  ])('refuses %s %s where nobody applied the manifest', async (method, path, message) => {
    const answer = await testCluster({ applied: [] }).call(method, path);
    expect(answer).toMatchObject({ code: 403, body: { kind: 'Status', reason: 'Forbidden', message, code: 403 } });
  });

  it("lets the project's own manifest do its work and nothing beside it", async () => {
    const { call, apply, calls } = testCluster({ applied: rbacManifest(), nodes: [testNode('a')] });
    expect(await call('GET', '/api/v1/nodes')).toMatchObject({ code: 200 });
    const manifest = testDaemonSet({}, { name: 'ssm-agent-installer' });
    expect(await apply(manifest, 'fieldManager=tester', 'ssm-agent-installer')).toMatchObject({ code: 201 });
    expect(await call('GET', `${HOUSE}/ssm-agent-installer`)).toMatchObject({ code: 200 });
    expect(await call('DELETE', `${HOUSE}/ssm-agent-installer`)).toMatchObject({ code: 200 });
    expect(await apply(testDaemonSet())).toMatchObject({ code: 403 });
    expect(await call('GET', '/api/v1/namespaces')).toMatchObject({ code: 403 });
    expect(await call('DELETE', '/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node')).toMatchObject({
      code: 403,
    });
    expect(calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'GET nodes ok',
      'PATCH daemonsets ok',
      'GET daemonsets ok',
      'DELETE daemonsets ok',
      'PATCH daemonsets Forbidden',
      'GET namespaces Forbidden',
      'DELETE daemonsets Forbidden',
    ]);
    expect(calls[1]).toMatchObject({
      function: 'agent',
      service: 'kubernetes',
      roleLogicalId: 'Role',
      permissions: [],
      input: { cluster: 'prod', fieldManager: 'tester', body: { kind: 'DaemonSet' } },
      rbac: [
        { verb: 'patch', apiGroup: 'apps', resource: 'daemonsets', name: 'ssm-agent-installer' },
        { verb: 'create', apiGroup: 'apps', resource: 'daemonsets', name: 'ssm-agent-installer' },
      ],
    });
  });

  it('asks for create when an apply would create', async () => {
    const patchOnly = ALL_RIGHTS.map((object) =>
      object.kind === 'ClusterRole' && object.metadata.name === 'all'
        ? { ...object, rules: [{ apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['patch'] }] }
        : object,
    );
    const { apply } = testCluster({ applied: patchOnly });
    expect(await apply(testDaemonSet())).toMatchObject({
      code: 403,
      body: { message: expect.stringContaining('cannot create resource "daemonsets"') },
    });
  });
});

describe('lists', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'].map((name, index) =>
    testNode(name, { labels: { zone: index < 2 ? 'one' : 'two', 'kubernetes.io/hostname': name } }),
  );
  const names = (body: { items?: unknown }) =>
    (body.items as Array<{ metadata: { name: string } }>).map(({ metadata }) => metadata.name).join('');

  it('come in pages', async () => {
    const { call } = testCluster({ nodes: nodes.toReversed() });
    const one = await call('GET', '/api/v1/nodes?limit=2');
    expect(names(one.body)).toBe('ab');
    const { continue: next, remainingItemCount } = one.body.metadata as {
      continue: string;
      remainingItemCount: number;
    };
    expect(remainingItemCount).toBe(3);
    const two = await call('GET', `/api/v1/nodes?limit=3&continue=${encodeURIComponent(next)}`);
    expect(names(two.body)).toBe('cde');
    expect(two.body.metadata).not.toHaveProperty('continue');
  });

  it.each([
    ['labelSelector=zone=one', 'ab'],
    ['labelSelector=zone!=one', 'cde'],
    ['labelSelector=zone in (one, three),kubernetes.io/hostname notin (a)', 'b'],
    ['labelSelector=zone,!spot', 'abcde'],
    ['labelSelector=spot', ''],
    ['fieldSelector=metadata.name=c', 'c'],
    ['fieldSelector=metadata.name!=c,metadata.name!=d', 'abe'],
  ])('are narrowed by %s', async (query, expected) => {
    const { call } = testCluster({ nodes });
    const [key, value = ''] = query.split(/=(.*)/s);
    expect(names((await call('GET', `/api/v1/nodes?${key}=${encodeURIComponent(value)}`)).body)).toBe(expected);
  });

  it.each([
    ['fieldSelector=spec.podCIDR%3Dx', 'field label not supported: spec.podCIDR'],
    ['labelSelector=a%3D%3D%3Db', 'unable to parse requirement'],
    ['limit=many', 'invalid limit'],
  ])('refuse %s', async (query, message) => {
    const answer = await testCluster().call('GET', `/api/v1/nodes?${query}`);
    expect(answer).toMatchObject({
      code: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining(message) },
    });
  });
});

it.each([
  ['POST', '/api/v1/nodes'],
  ['GET', '/api/v1/nodes/a/status'],
  ['GET', '/api/v1/secrets'],
  ['GET', '/apis/batch/v1/namespaces/default/jobs'],
  ['GET', '/version'],
  ['GET', '/api/v1/nodes?watch=true'],
  ['PATCH', `${HOUSE}/installer?dryRun=All`],
  ['DELETE', `${HOUSE}/installer?propagationPolicy=Foreground`],
  ['DELETE', `${HOUSE}/installer?gracePeriodSeconds=0`],
])('answers %s %s with a loud 501', async (method, path) => {
  expect(await testCluster().call(method, path)).toMatchObject({
    code: 501,
    body: { kind: 'Status', reason: 'NotImplementedBySandbox', code: 501 },
  });
});

describe('faults', () => {
  it('throttle with a Status and a time to wait', async () => {
    const answer = await testCluster({ faults: { throttleRate: 1 } }).call('GET', '/api/v1/nodes');
    expect(answer).toMatchObject({
      code: 429,
      headers: { 'retry-after': '1' },
      body: { reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } },
    });
  });

  it('fail inside', async () => {
    const answer = await testCluster({ faults: { serverErrorRate: 1 } }).call('GET', '/api/v1/nodes');
    expect(answer).toMatchObject({ code: 500, body: { reason: 'InternalError' } });
  });

  it('refuse one operation, or one object, with any status', async () => {
    const refusals = [{ operation: 'GET nodes', naming: 'no-such-node', as: { code: 'Gone', status: 410 } }];
    const { call } = testCluster({ faults: { refusals } });
    expect(await call('GET', '/api/v1/nodes/no-such-node')).toMatchObject({ code: 410, body: { reason: 'Gone' } });
    expect(await call('GET', '/api/v1/nodes')).toMatchObject({ code: 200 });
  });

  it('lose the answer to what was done', async () => {
    const { apply, calls } = testCluster({ faults: { lostReplyRate: 1 } });
    await expect(apply(testDaemonSet())).rejects.toThrow('socket hang up');
    expect(calls).toMatchObject([{ operation: 'PATCH daemonsets', outcome: 'reply lost' }]);
  });
});
