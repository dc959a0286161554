import { expect, it } from 'vitest';
import type { KubernetesClient } from './client.ts';
import { isNodeBy } from './joined-node.ts';
import type { KubernetesNode } from './nodes.ts';

const DNS = 'ip-10-0-0-7.eu-central-1.compute.internal';
const node = (name: string, instanceId: string) => ({ name, instanceId }) as KubernetesNode;
const asking = (...nodes: KubernetesNode[]) => {
  const opened: string[] = [];
  const calls: string[] = [];
  const isNode = isNodeBy(async (cluster) => {
    opened.push(cluster);
    const client: Pick<KubernetesClient, 'listNodes' | 'readNode'> = {
      listNodes: async () => {
        calls.push('list');
        return nodes;
      },
      readNode: async (wanted) => {
        calls.push(wanted);
        return nodes.find(({ name }) => name === wanted);
      },
    };
    return client as KubernetesClient;
  });
  return { opened, calls, isNode };
};

it('knows a node by its name and its provider id together', async () => {
  const { isNode } = asking(node(DNS, 'i-1'), node('i-2', 'i-2'));
  expect(await isNode('shop', { InstanceId: 'i-1', PrivateDnsName: DNS })).toBe(true);
  expect(await isNode('shop', { InstanceId: 'i-2', PrivateDnsName: 'i-2.eu-central-1.compute.internal' })).toBe(true);
});

it('is not deceived by a node that was taken over and names another instance as its provider id', async () => {
  const { isNode } = asking(node(DNS, 'i-bastion'));
  const bastion = { InstanceId: 'i-bastion', PrivateDnsName: 'ip-10-0-9-9.eu-central-1.compute.internal' };
  expect(await isNode('shop', bastion)).toBe(false);
  expect(await isNode('shop', { InstanceId: 'i-bastion' })).toBe(false);
  expect(await isNode('shop', { InstanceId: 'i-1', PrivateDnsName: DNS })).toBe(false);
});

it('asks for few instances by name, and lists the nodes of a cluster once for many', async () => {
  const { isNode, opened, calls } = asking(node('i-1', 'i-1'), node('i-40', 'i-40'));
  expect(await isNode('shop', { InstanceId: 'i-1', PrivateDnsName: DNS })).toBe(true);
  expect([opened, calls]).toEqual([['shop'], [DNS, 'i-1']]);
  for (let n = 2; n < 50; n += 1) expect(await isNode('shop', { InstanceId: `i-${n}` })).toBe(n === 40);
  expect(calls.filter((call) => call === 'list')).toHaveLength(1);
  expect(calls.length).toBeLessThan(15);
});

it('cannot tell where the cluster does not let it in', async () => {
  const refused = isNodeBy(async () => ({ refused: 'private endpoint' }));
  expect(await refused('shop', { InstanceId: 'i-1', PrivateDnsName: DNS })).toBeUndefined();
});
