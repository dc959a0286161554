import { expect, it } from 'vitest';
import type { KubernetesClient } from './client.ts';
import { isNodeBy } from './joined-node.ts';
import type { KubernetesNode } from './nodes.ts';

const DNS = 'ip-10-0-0-7.eu-central-1.compute.internal';
const node = (name: string, instanceId: string) => ({ name, instanceId }) as KubernetesNode;
const asking = (...nodes: KubernetesNode[]) => {
  const opened: string[] = [];
  const isNode = isNodeBy(async (cluster) => {
    opened.push(cluster);
    return { listNodes: async () => nodes } as unknown as KubernetesClient;
  });
  return { opened, isNode };
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

it('lists the nodes of a cluster once, and cannot tell where it is not let in', async () => {
  const { isNode, opened } = asking(node(DNS, 'i-1'));
  await isNode('shop', { InstanceId: 'i-1', PrivateDnsName: DNS });
  await isNode('shop', { InstanceId: 'i-2', PrivateDnsName: '' });
  expect(opened).toEqual(['shop']);
  const refused = isNodeBy(async () => ({ refused: 'private endpoint' }));
  expect(await refused('shop', { InstanceId: 'i-1', PrivateDnsName: DNS })).toBeUndefined();
});
