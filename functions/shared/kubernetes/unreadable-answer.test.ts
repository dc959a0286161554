import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis, type Reply } from './api-server.fixture.ts';
import type { KubernetesClient } from './client.ts';

afterEach(closeApis);

const POD = { namespace: 'house', name: 'web', uid: 'u' };
const NODES = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
const MANIFEST = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: 'house', name: 'x' } } as const;
/** Each call that reads an answer, so that one that is added stands here, too. */
const CALLS: { readonly [Name in keyof KubernetesClient]: (client: KubernetesClient) => Promise<unknown> } = {
  listPodSecurity: (client) => client.listPodSecurity('a'),
  listEvictablePods: (client) => client.listEvictablePods(),
  listBudgets: (client) => client.listBudgets(),
  listNodes: (client) => client.listNodes(),
  listOtherNodes: (client) => client.listOtherNodes(),
  listFargatePods: (client) => client.listFargatePods(),
  listUnreadyNodes: (client) => client.listUnreadyNodes(),
  listPendingPods: (client) => client.listPendingPods(),
  nodeRoles: (client) => client.nodeRoles(),
  readNode: (client) => client.readNode('a'),
  findNode: (client) => client.findNode('i-0a', 'a'),
  isolateNode: (client) =>
    client.isolateNode('a', { taint: { key: 'k', value: 'v', effect: 'NoSchedule' }, label: { key: 'l', value: 'v' } }),
  restoreNode: (client) =>
    client.restoreNode('a', { unschedulable: false, taintKey: 'k', label: { key: 'l', value: undefined } }),
  lackingAccess: (client) => client.lackingAccess([{ verb: 'get', group: '', resource: 'nodes' }]),
  listCustomObjects: (client) => client.listCustomObjects(NODES, (object) => object),
  patchCustomObject: (client) => client.patchCustomObject(NODES, 'a', {}),
  listPods: (client) => client.listPods('a'),
  evict: (client) => client.evict(POD),
  tryEviction: (client) => client.tryEviction(POD),
  apply: (client) => client.apply(MANIFEST),
  daemonSetStatus: (client) => client.daemonSetStatus('house', 'x'),
  deleteDaemonSet: (client) => client.deleteDaemonSet('house', 'x'),
};

const fails = async (call: (client: KubernetesClient) => Promise<unknown>, reply: Reply): Promise<unknown> => {
  const { client } = await apiWith(...Array.from({ length: 4 }, () => reply));
  return call(client).then(
    () => undefined,
    (error: unknown) => error,
  );
};

const allWith = (answers: ReadonlyArray<readonly [string, Reply]>) =>
  Object.entries(CALLS).flatMap(([name, call]) => answers.map(([what, reply]) => ({ name, call, what, reply })));

it.each(
  allWith([
    ['the page of a proxy', { raw: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
    ['nothing', { raw: '' }],
    ['null', { raw: 'null' }],
    ['a number', { raw: '7' }],
    ['a list of its own', { raw: '[{}]' }],
  ]),
)('$name that is answered with $what has not succeeded', async ({ call, reply }) => {
  expect(await fails(call, reply)).toMatchObject({ name: 'KubernetesAccessError', problem: 'failed' });
});

it.each(
  allWith([
    ['half a document', { raw: '{"items": [{"metadata": {"name": "a' }],
    ['nulls', { raw: '{"items": [null], "metadata": null, "spec": null, "status": null}' }],
    ['other shapes', { raw: '{"items": [{"metadata": 1, "spec": 1, "status": {"conditions": 7}}], "spec": 5}' }],
  ]),
)('$name that is answered with $what fails for its cluster alone, if it does', async ({ call, reply }) => {
  const thrown = await fails(call, reply);
  if (thrown !== undefined) expect(thrown).toMatchObject({ name: 'KubernetesAccessError' });
});

it.each([
  ['the page of a proxy', '<html>Sign in</html>', '<html>Sign in</html>'],
  ['nothing', '', 'it is empty'],
  ['half a document', '{"items": [', 'SyntaxError: .*JSON.*'],
])('%s is told with the cluster that gives it, and why it may', async (_what, raw, shown) => {
  const { client } = await apiWith({ raw });
  await expect(client.listNodes()).rejects.toThrow(
    new RegExp(`^The Kubernetes API of prod gives an answer that cannot be read \\(${shown}\\)\\. .*APIService`),
  );
});
