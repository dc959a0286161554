import { afterEach, describe, expect, it } from 'vitest';
import { installerDaemonSet } from '../../functions/manage-ssm-agent/install/index.ts';
import { KUBERNETES_GROUP, QUARANTINE_KUBERNETES_GROUP, rbacManifest } from '../../kubernetes/rbac.ts';
import { type ClientOfCluster, clientOfCluster } from './client-of-cluster.ts';
import { type TestClusterOptions, testNode } from './kubernetes-test-cluster.ts';
import type { Workload } from './workload-pods.ts';

const MERGE = 'application/merge-patch+json';
const LABEL = { key: 'node.kubernetes.io/exclude-from-external-load-balancers', value: 'true' };
const TAINT = { key: 'eks-host-remediator/quarantine', value: 'isolated', effect: 'NoSchedule' };
const ISOLATION = { taint: TAINT, label: LABEL };
const BEFORE = { unschedulable: false, taintKey: TAINT.key, label: { key: LABEL.key, value: undefined } };
const OTHER = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
const QUARANTINE: TestClusterOptions = { groups: [QUARANTINE_KUBERNETES_GROUP], applied: rbacManifest() };

const opened: ClientOfCluster[] = [];
afterEach(() => {
  for (const cluster of opened.splice(0)) cluster.close();
});

/** A cluster with the nodes `a` and `b`, and a change of `a` by another person. */
async function open(options: TestClusterOptions = {}) {
  const cluster = await clientOfCluster({ nodes: [testNode('a'), testNode('b')], ...options });
  opened.push(cluster);
  const patch = (body: object) => cluster.call('PATCH', '/api/v1/nodes/a', { body, contentType: MERGE });
  const node = async () => (await cluster.call('GET', '/api/v1/nodes/a')).body;
  return { ...cluster, patch, node };
}

describe('isolating a node', () => {
  it('cordons, taints and labels it; releasing it gives back just what it was', async () => {
    const { client, patch, node } = await open();
    await patch({ metadata: { labels: { team: 'x' } }, spec: { taints: [OTHER] } });
    const before = await client.findNode('i-0a', 'a');
    expect(await client.isolateNode('a', ISOLATION)).toBe('changed');
    expect(await client.findNode('i-0a', 'a')).toMatchObject({
      unschedulable: true,
      taints: [OTHER, TAINT, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
      labels: { ...before?.labels, [LABEL.key]: 'true' },
    });
    expect((await node()).spec).toMatchObject({ unschedulable: true });
    expect(await client.restoreNode('a', BEFORE)).toBe('changed');
    expect(await client.findNode('i-0a', 'a')).toEqual(before);
  });

  it('changes nothing the second time, nor does releasing it', async () => {
    const { client, node, asked } = await open();
    await client.isolateNode('a', ISOLATION);
    const isolated = await node();
    asked();
    expect(await client.isolateNode('a', ISOLATION)).toBe('unchanged');
    expect(asked()).toEqual(['GET nodes a']);
    expect(await node()).toEqual(isolated);
    await client.restoreNode('a', BEFORE);
    asked();
    expect(await client.restoreNode('a', BEFORE)).toBe('unchanged');
    expect(asked()).toEqual(['GET nodes a']);
  });

  it('keeps what somebody else writes between its look and its patch', async () => {
    const { client, patch, beforeNext, asked } = await open();
    beforeNext('PATCH', () => patch({ spec: { taints: [OTHER] } }));
    expect(await client.isolateNode('a', ISOLATION)).toBe('changed');
    expect(asked()).toEqual(['GET nodes a', 'PATCH nodes a', 'PATCH nodes a', 'GET nodes a', 'PATCH nodes a']);
    expect((await client.findNode('i-0a', 'a'))?.taints).toEqual(expect.arrayContaining([OTHER, TAINT]));
  });

  it('leaves what others have changed since when it is released', async () => {
    const { client, patch } = await open();
    await patch({ metadata: { labels: { [LABEL.key]: 'mine' } }, spec: { unschedulable: true } });
    await client.isolateNode('a', ISOLATION);
    await patch({ metadata: { labels: { later: 'yes' } }, spec: { taints: [TAINT, OTHER] } });
    await client.restoreNode('a', { ...BEFORE, unschedulable: true, label: { key: LABEL.key, value: 'mine' } });
    expect(await client.findNode('i-0a', 'a')).toMatchObject({
      unschedulable: true,
      labels: { [LABEL.key]: 'mine', later: 'yes' },
      taints: [OTHER, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
    });
  });

  it('finds that the node has gone', async () => {
    const { client, nodes } = await open();
    nodes.shift();
    expect(await client.isolateNode('a', ISOLATION)).toBe('gone');
    expect(await client.restoreNode('a', BEFORE)).toBe('gone');
    expect(await client.findNode('i-0a', 'a')).toBeUndefined();
  });
});

describe('the version of a node', () => {
  const versionIn = (node: { metadata?: unknown }) => (node.metadata as { resourceVersion: string }).resourceVersion;

  it('changes with it, and with nothing else', async () => {
    const { patch, node, call, nodes } = await open();
    const first = versionIn(await node());
    expect(versionIn(await node())).toBe(first);
    await call('PATCH', '/api/v1/nodes/b', { body: { spec: { unschedulable: true } }, contentType: MERGE });
    await patch({ metadata: { labels: { 'kubernetes.io/hostname': 'a' } } });
    expect(versionIn(await node())).toBe(first);
    const second = versionIn((await patch({ metadata: { labels: { x: 'y' } } })).body);
    expect(second).not.toBe(first);
    nodes[0] = testNode('a', { unschedulable: true });
    expect(versionIn(await node())).not.toBe(second);
  });

  it('must be the current one where a patch names one', async () => {
    const { patch, node } = await open();
    const resourceVersion = versionIn(await node());
    expect(await patch({ metadata: { resourceVersion }, spec: { unschedulable: true } })).toMatchObject({ code: 200 });
    expect(await patch({ metadata: { resourceVersion }, spec: { unschedulable: null } })).toMatchObject({
      code: 409,
      body: {
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on nodes "a": the object has been modified; please apply your changes to the latest version and try again',
        details: { name: 'a', kind: 'nodes' },
      },
    });
  });

  it('counts in JSON patches too', async () => {
    const { call, node } = await open();
    const test = (value: string) =>
      call('PATCH', '/api/v1/nodes/a', {
        body: [
          { op: 'test', path: '/metadata/resourceVersion', value },
          { op: 'add', path: '/spec/unschedulable', value: true },
        ],
        contentType: 'application/json-patch+json',
      });
    const version = versionIn(await node());
    expect(await test('1')).toMatchObject({ code: 422 });
    expect(await test(version)).toMatchObject({ code: 200 });
  });

  it('changes when EKS drains a node, which shows although the node was patched before', async () => {
    const { patch, node, nodes } = await open();
    await patch({ metadata: { labels: { x: 'y' } } });
    nodes[0] = testNode('a', { unschedulable: true });
    expect((await node()).spec).toMatchObject({ unschedulable: true });
  });
});

describe('rights', () => {
  const web: Workload = { nodeGroup: 'workers', namespace: 'shop', name: 'web', replicas: 1, terminationSeconds: 30 };
  const node = testNode('a', { labels: { 'eks.amazonaws.com/nodegroup': 'workers' } });
  const installer = installerDaemonSet({ nodeNames: ['a'], region: 'eu-central-1', image: 'image' });
  const calls = {
    listNodes: ({ client }: ClientOfCluster) => client.listNodes(),
    readNode: ({ client }: ClientOfCluster) => client.readNode('a'),
    findNode: ({ client }: ClientOfCluster) => client.findNode('i-0a', 'a'),
    isolateNode: ({ client }: ClientOfCluster) => client.isolateNode('a', ISOLATION),
    restoreNode: ({ client }: ClientOfCluster) => client.restoreNode('a', BEFORE),
    listPods: ({ client }: ClientOfCluster) => client.listPods('a'),
    evict: ({ client }: ClientOfCluster) => client.evict({ namespace: 'shop', name: 'web', uid: 'x' }),
    apply: ({ client }: ClientOfCluster) => client.apply(installer),
  };
  /** The calls that the group may make. */
  const allowed = async (groups: string[]) => {
    const outcomes: string[] = [];
    for (const [name, call] of Object.entries(calls)) {
      const cluster = await open({ nodes: [node], workloads: [web], applied: rbacManifest(), groups });
      const error = await call(cluster).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) outcomes.push(name);
      else expect(error).toMatchObject({ name: 'KubernetesAccessError', problem: 'forbidden', status: 403 });
    }
    return outcomes;
  };

  it('of the quarantine are for nodes and their pods, not for installing', async () => {
    expect(await allowed([QUARANTINE_KUBERNETES_GROUP])).toEqual([
      'listNodes',
      'readNode',
      'findNode',
      'isolateNode',
      'restoreNode',
      'listPods',
      'evict',
    ]);
  });

  it('of the installer are for installing, not for nodes and their pods', async () => {
    expect(await allowed([KUBERNETES_GROUP])).toEqual(['listNodes', 'apply']);
  });

  it('to evict are those for the subresource, and asked by its name', async () => {
    const applied = rbacManifest().map((object) =>
      object.kind === 'ClusterRole'
        ? { ...object, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }] }
        : object,
    );
    const { client, calls: made } = await open({ ...QUARANTINE, applied });
    await expect(client.evict({ namespace: 'shop', name: 'web', uid: 'x' })).rejects.toMatchObject({
      problem: 'forbidden',
      message: expect.stringContaining(
        'cannot create resource "pods/eviction" in API group "" in the namespace "shop". Apply the rights',
      ),
    });
    expect(made).toMatchObject([
      {
        operation: 'POST pods/eviction',
        outcome: 'Forbidden',
        rbac: [{ verb: 'create', apiGroup: '', resource: 'pods/eviction', namespace: 'shop', name: 'web' }],
      },
    ]);
  });
});
