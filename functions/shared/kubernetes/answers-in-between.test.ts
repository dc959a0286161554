import { afterEach, describe, expect, it } from 'vitest';
import { apiWith, closeApis, type Reply, status } from './api-server.fixture.ts';
import type { KubernetesClient } from './client.ts';

afterEach(closeApis);

const POD = { namespace: 'house', name: 'web', uid: 'u' };
const NODES = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
const ISOLATION = { taint: { key: 'k', value: 'v', effect: 'NoSchedule' }, label: { key: 'l', value: 'v' } };
const FORMER = { unschedulable: false, taintKey: 'k', label: { key: 'l', value: undefined } };
const HTML = '<html><body>404 Not Found</body></html>';
const NOT_SERVED = '404 page not found\n';
const IN_BETWEEN = /Something in between answers instead, or a server that an APIService/;

const answered = async (call: (client: KubernetesClient) => Promise<unknown>, reply: Reply): Promise<unknown> => {
  const { client } = await apiWith(...Array.from({ length: 4 }, () => reply));
  return call(client).catch((error: unknown) => error);
};

describe.each<[string, (client: KubernetesClient) => Promise<unknown>]>([
  ['a node is there', (client) => client.readNode('a')],
  ['an instance has a node', (client) => client.findNode('i-0a', 'a')],
  ['a node that is isolated is gone', (client) => client.isolateNode('a', ISOLATION)],
  ['a node that is restored is gone', (client) => client.restoreNode('a', FORMER)],
  ['roles are admitted', (client) => client.nodeRoles()],
  ['a pod that is evicted is gone', (client) => client.evict(POD)],
  ['a pod that is tried is gone', (client) => client.tryEviction(POD)],
  ['a DaemonSet is there', (client) => client.daemonSetStatus('house', 'x')],
  ['a DaemonSet is deleted', (client) => client.deleteDaemonSet('house', 'x')],
])('whether %s', (_what, call) => {
  it.each([
    ['the page of a proxy', { status: 404, raw: HTML }],
    ['a document of a proxy', { status: 404, body: { message: 'no Route matched with those values' } }],
    ['nothing', { status: 404, raw: '' }],
  ])('is not told by a 404 with %s', async (_of, reply) => {
    const error = await answered(call, reply);
    expect(error).toMatchObject({ name: 'KubernetesAccessError', problem: 'failed', status: 404 });
    expect(error).toHaveProperty('message', expect.stringMatching(IN_BETWEEN));
  });

  it('is not told by a webhook that refuses with 404', async () => {
    const denied = status(404, 'admission webhook "a.b.c" denied the request: not found');
    expect(await answered(call, denied)).toMatchObject({ name: 'KubernetesAccessError', problem: 'denied' });
  });

  it('is not told by a failure that comes as a success', async () => {
    const failure = { kind: 'Status', status: 'Failure', message: 'nodes "a" not found', code: 404 };
    expect(await answered(call, { body: failure })).toMatchObject({
      name: 'KubernetesAccessError',
      problem: 'failed',
      message: expect.stringContaining('cannot be read'),
    });
  });
});

it.each([
  ['the page of a proxy', { status: 404, raw: HTML }],
  ['a document of a proxy', { status: 404, body: { message: 'no Route matched with those values' } }],
])('whether a cluster has a custom kind is not told by a 404 with %s', async (_what, reply) => {
  const asked = (client: KubernetesClient) => client.listCustomObjects(NODES, (pool) => pool);
  expect(await answered(asked, reply)).toMatchObject({ name: 'KubernetesAccessError', problem: 'failed' });
});

it('a custom kind is not there where the API server does not serve its version', async () => {
  const asked = (client: KubernetesClient) => client.listCustomObjects(NODES, (pool) => pool);
  expect(await answered(asked, { status: 404, raw: NOT_SERVED })).toBeUndefined();
});

it('a kind of Kubernetes itself that is not served says nothing about an object', async () => {
  expect(await answered((client) => client.readNode('a'), { status: 404, raw: NOT_SERVED })).toMatchObject({
    problem: 'failed',
    message: 'The Kubernetes API of prod answered 404: 404 page not found.',
  });
});

it.each([
  ['an object without fields', {}],
  ['another node', { metadata: { name: 'b' }, spec: {} }],
  ['something else', { kind: 'Status', status: 'Success' }],
])('%s is no node of an instance, and none that is changed', async (_what, body) => {
  const calls = [
    (client: KubernetesClient) => client.readNode('a'),
    (client: KubernetesClient) => client.findNode('i-0a', 'a'),
    (client: KubernetesClient) => client.isolateNode('a', ISOLATION),
  ];
  for (const call of calls) {
    expect(await answered(call, { body })).toMatchObject({
      problem: 'failed',
      message: 'The Kubernetes API answers with something else than the node a.',
    });
  }
});

it.each([
  [401, 'Unauthorized'],
  [403, 'Blocked by policy'],
  [409, 'Conflict'],
  [422, 'Unprocessable'],
])('a %i of a proxy says nothing about rights or objects of the cluster', async (code, words) => {
  const error = await answered((client) => client.listNodes(), { status: code, raw: `<h1>${words}</h1>` });
  expect(error).toMatchObject({ problem: 'failed', status: code });
  expect(error).toHaveProperty('message', expect.stringMatching(IN_BETWEEN));
  expect(error).toHaveProperty('message', expect.not.stringMatching(/access entry|rbac/));
});

it('a redirection is not followed, so that nobody else gets the token', async () => {
  const { client, received, access } = await apiWith({ status: 302, headers: { location: '/login' }, raw: '' });
  await expect(client.listNodes()).rejects.toMatchObject({
    problem: 'failed',
    message: expect.stringMatching(/answered 302: nothing else\. Something in between/),
  });
  expect(received).toHaveLength(1);
  expect(access.token).toBe('a-token');
});

describe('a list whose token expires', () => {
  const EXPIRED = 'The provided continue parameter is too old to display a consistent list result.';
  const expired = (next?: string): Reply => ({
    status: 410,
    body: { kind: 'Status', status: 'Failure', reason: 'Expired', message: EXPIRED, metadata: { continue: next } },
  });
  const named = (name: string, next?: string): Reply => ({
    body: { items: [{ metadata: { name } }], metadata: { continue: next } },
  });

  it('goes on with the one of the refusal', async () => {
    const { client, received } = await apiWith(named('a', 'one'), expired('two'), named('b', 'three'), named('c'));
    expect((await client.listNodes()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(received.map(({ url }) => /continue=(\w+)/.exec(url)?.[1])).toEqual([undefined, 'one', 'two', 'three']);
  });

  it.each([
    ['has none', expired()],
    ['has the same', expired('one')],
  ])('fails where the refusal %s, and is not taken for the whole list', async (_what, reply) => {
    const { client, received } = await apiWith(named('a', 'one'), reply);
    await expect(client.listNodes()).rejects.toMatchObject({ problem: 'failed', status: 410 });
    expect(received).toHaveLength(2);
  });

  it('goes on with those of a custom kind, too', async () => {
    const { client } = await apiWith(named('a', 'one'), expired('two'), named('b'));
    expect(await client.listCustomObjects(NODES, (pool) => pool)).toHaveLength(2);
  });
});

it('a token that expires within a list is no missing access entry', async () => {
  const { client } = await apiWith(
    { body: { items: [], metadata: { continue: 'two' } } },
    status(401, 'Unauthorized'),
    { status: 500, raw: '' },
  );
  await expect(client.listNodes()).rejects.toMatchObject({
    problem: 'failed',
    status: 401,
    message: expect.stringMatching(/401: Unauthorized\. It had accepted the same token before/),
  });
});

it.each([
  ['fails', { status: 503, body: 'unavailable' }],
  ['throttles', { ...status(429, 'later'), headers: { 'retry-after': '0' } }],
  ['loses the connection', { lost: true }],
])('a question about rights is asked again where the API server %s', async (_what, reply) => {
  const { client, received } = await apiWith(reply, { status: 201, body: { status: { allowed: true } } });
  expect(await client.lackingAccess([{ verb: 'list', group: '', resource: 'nodes' }])).toEqual([]);
  expect(received).toHaveLength(2);
});

it.each(['soon', '-5', 'Wed, 21 Oct 2065 07:28:00 GMT', '1e-9', ''])(
  'a pause of %j that no API server asks for is not waited for',
  async (pause) => {
    const throttled = { ...status(429, 'later'), headers: { 'retry-after': pause } };
    const { client, received } = await apiWith(throttled, { body: { items: [] } });
    const begun = performance.now();
    expect(await client.listNodes()).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(received).toHaveLength(2);
  },
);
