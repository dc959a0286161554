import type { V1Node } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { apiWith, closeApis, status } from './api-server.fixture.ts';
import { isolated, restored } from './node-changes.ts';

afterEach(closeApis);

const TAINT = { key: 'ours', value: 'isolated', effect: 'NoSchedule' };
const LABEL = { key: 'node.kubernetes.io/exclude-from-external-load-balancers', value: 'true' };
const ISOLATION = { taint: TAINT, label: LABEL };
const FOREIGN = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };

/** A node as the API returns it, with this resource version. */
const node = (spec: V1Node['spec'] = {}, labels: Record<string, string> = {}, resourceVersion = '7'): V1Node => ({
  metadata: { name: 'a', labels, resourceVersion },
  spec,
});
const wholly = node({ unschedulable: true, taints: [FOREIGN, TAINT] }, { [LABEL.key]: 'true' });

describe('isolation', () => {
  it('cordons, taints and labels, and leaves other taints alone', () => {
    expect(isolated(node({ taints: [FOREIGN] }), ISOLATION)).toEqual({
      metadata: { labels: { [LABEL.key]: 'true' } },
      spec: { unschedulable: true, taints: [FOREIGN, TAINT] },
    });
  });

  it.each<[string, V1Node, object]>([
    ['the cordon', node({ taints: [TAINT] }, { [LABEL.key]: 'true' }), { spec: { unschedulable: true } }],
    [
      'the taint, which had another value',
      node({ unschedulable: true, taints: [{ ...TAINT, value: 'x' }, FOREIGN] }, { [LABEL.key]: 'true' }),
      { spec: { taints: [FOREIGN, TAINT] } },
    ],
    [
      'the label',
      node({ unschedulable: true, taints: [TAINT] }, { [LABEL.key]: 'false' }),
      { metadata: { labels: { [LABEL.key]: 'true' } } },
    ],
  ])('changes only what is missing: %s', (_what, before, patch) => {
    expect(isolated(before, ISOLATION)).toEqual(patch);
  });

  it('changes nothing in a node that is isolated', () => {
    expect(isolated(wholly, ISOLATION)).toBeUndefined();
  });
});

describe('restoration', () => {
  const label = { key: LABEL.key, value: undefined };

  it('takes back the cordon, our taint and our label, and nothing else', () => {
    expect(restored(wholly, { unschedulable: false, taintKey: 'ours', label })).toEqual({
      metadata: { labels: { [LABEL.key]: null } },
      spec: { unschedulable: null, taints: [FOREIGN] },
    });
  });

  it('leaves a node cordoned that was so before, and gives its label the earlier value', () => {
    const before = { unschedulable: true, taintKey: 'ours', label: { key: LABEL.key, value: 'mine' } };
    expect(restored(wholly, before)).toEqual({
      metadata: { labels: { [LABEL.key]: 'mine' } },
      spec: { taints: [FOREIGN] },
    });
  });

  it.each<[string, V1Node, boolean]>([
    ['is as before', node({ taints: [FOREIGN] }), false],
    ['was cordoned before and is let in since', node(), true],
  ])('changes nothing in a node that %s', (_what, now, unschedulable) => {
    expect(restored(now, { unschedulable, taintKey: 'ours', label })).toBeUndefined();
  });
});

describe('isolateNode', () => {
  const absent = status(404, 'nodes "a" not found');
  const conflict = status(409, 'the object has been modified');

  it('is one merge patch of the version that was read', async () => {
    const { client, received } = await apiWith({ body: node() }, {});
    expect(await client.isolateNode('a', ISOLATION)).toBe('changed');
    expect(received).toMatchObject([
      { method: 'GET', url: '/api/v1/nodes/a' },
      { method: 'PATCH', url: '/api/v1/nodes/a', headers: { 'content-type': 'application/merge-patch+json' } },
    ]);
    expect(JSON.parse(received[1]?.body ?? '')).toEqual({
      metadata: { resourceVersion: '7', labels: { [LABEL.key]: 'true' } },
      spec: { unschedulable: true, taints: [TAINT] },
    });
  });

  it('reads again when somebody has written in between, and keeps what they wrote', async () => {
    const { client, received } = await apiWith(
      { body: node() },
      conflict,
      { body: node({ taints: [FOREIGN] }, {}, '8') },
      {},
    );
    expect(await client.isolateNode('a', ISOLATION)).toBe('changed');
    expect(JSON.parse(received[3]?.body ?? '')).toMatchObject({
      metadata: { resourceVersion: '8' },
      spec: { taints: [FOREIGN, TAINT] },
    });
  });

  it('gives up when somebody writes in between every time', async () => {
    const { client, received } = await apiWith(...Array.from({ length: 5 }, () => [{ body: node() }, conflict]).flat());
    await expect(client.isolateNode('a', ISOLATION)).rejects.toMatchObject({ problem: 'conflict', status: 409 });
    expect(received).toHaveLength(10);
  });

  it('finds its own work done when the answer to it was lost', async () => {
    const { client, received } = await apiWith({ body: node() }, { lost: true }, conflict, { body: wholly });
    expect(await client.isolateNode('a', ISOLATION)).toBe('unchanged');
    expect(received.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'PATCH', 'GET']);
  });

  it('refuses to patch a node whose version it cannot name', async () => {
    const { client, received } = await apiWith({ body: { metadata: { name: 'a' } } });
    await expect(client.isolateNode('a', ISOLATION)).rejects.toMatchObject({ problem: 'failed' });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['before it is read', [absent]],
    ['before it is changed', [{ body: node() }, absent]],
  ])('says so when the node has gone %s', async (_when, replies) => {
    const { client } = await apiWith(...replies);
    expect(await client.isolateNode('a', ISOLATION)).toBe('gone');
  });

  it.each([
    [403, 'forbidden'],
    [422, 'invalid'],
  ])('throws a refusal with %i by its name', async (code, problem) => {
    const { client } = await apiWith({ body: node() }, status(code, 'no'));
    await expect(client.isolateNode('a', ISOLATION)).rejects.toMatchObject({ name: 'KubernetesAccessError', problem });
  });
});
