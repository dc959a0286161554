import { describe, expect, it } from 'vitest';
import { testCluster, testNode } from './kubernetes-test-cluster.ts';

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

describe('a node', () => {
  it('shows itself as a kubelet would report it', async () => {
    const { call } = testCluster({ nodes: [testNode('a', { architecture: 'arm64' })] });
    expect(await call('GET', '/api/v1/nodes/a')).toMatchObject({
      code: 200,
      body: {
        kind: 'Node',
        metadata: { name: 'a', labels: { 'kubernetes.io/arch': 'arm64' } },
        spec: { providerID: 'aws:///eu-central-1a/i-0a' },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          nodeInfo: { architecture: 'arm64', osImage: 'Ubuntu 22.04.5 LTS' },
        },
      },
    });
    expect(await call('GET', '/api/v1/nodes/b')).toMatchObject({ code: 404, body: { message: 'nodes "b" not found' } });
  });

  it.each([
    [
      'a merge patch',
      MERGE,
      { spec: { unschedulable: true }, metadata: { labels: { x: 'y' }, annotations: { why: 'z' } } },
    ],
    [
      'a strategic merge patch',
      STRATEGIC,
      { spec: { unschedulable: true }, metadata: { labels: { x: 'y' }, annotations: { why: 'z' } } },
    ],
    [
      'a JSON patch',
      JSON_PATCH,
      [
        { op: 'test', path: '/metadata/name', value: 'a' },
        { op: 'add', path: '/spec/unschedulable', value: true },
        { op: 'add', path: '/metadata/labels/x', value: 'y' },
        { op: 'add', path: '/metadata/annotations', value: { why: 'z' } },
      ],
    ],
  ])('is cordoned and labelled by %s', async (_what, contentType, body) => {
    const { call } = testCluster({ nodes: [testNode('a'), testNode('b')] });
    const patched = await call('PATCH', '/api/v1/nodes/a', { body, contentType });
    const expected = {
      metadata: { labels: { x: 'y', 'kubernetes.io/os': 'linux' }, annotations: { why: 'z' } },
      spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
    };
    expect(patched).toMatchObject({ code: 200, body: expected });
    expect((await call('GET', '/api/v1/nodes/a')).body).toMatchObject(expected);
    expect((await call('GET', '/api/v1/nodes/b')).body.spec).not.toHaveProperty('unschedulable');
  });

  it('is let in again', async () => {
    const { call } = testCluster({ nodes: [testNode('a')] });
    const cordon = (unschedulable: boolean | null) =>
      call('PATCH', '/api/v1/nodes/a', { body: { spec: { unschedulable } }, contentType: MERGE });
    await cordon(true);
    expect((await cordon(null)).body.spec).toEqual({ providerID: 'aws:///eu-central-1a/i-0a' });
  });

  it.each([
    ['application/json', {}, 415, 'UnsupportedMediaType'],
    [MERGE, { metadata: { labels: { x: 1 } } }, 422, 'Invalid'],
    [MERGE, { spec: { taints: [{ key: 'x', effect: 'Never' }] } }, 422, 'Invalid'],
    [MERGE, { spec: { podCIDR: '10.0.0.0/24' } }, 501, 'NotImplementedBySandbox'],
    [STRATEGIC, { spec: { taints: [{ $patch: 'replace' }] } }, 501, 'NotImplementedBySandbox'],
    [JSON_PATCH, {}, 400, 'BadRequest'],
    [JSON_PATCH, [{ op: 'remove', path: '/spec/unschedulable' }], 422, 'Invalid'],
    [JSON_PATCH, [{ op: 'test', path: '/metadata/name', value: 'b' }], 422, 'Invalid'],
    ['application/apply-patch+yaml', {}, 501, 'NotImplementedBySandbox'],
  ])('refuses a patch of type %s that says %j', async (contentType, body, code, reason) => {
    const { call } = testCluster({ nodes: [testNode('a')] });
    expect(await call('PATCH', '/api/v1/nodes/a', { body, contentType })).toMatchObject({ code, body: { reason } });
  });
});
