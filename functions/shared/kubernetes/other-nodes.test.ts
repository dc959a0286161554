import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis } from './api-server.fixture.ts';

afterEach(closeApis);

const AT = '2026-07-20T10:00:00Z';
const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

it('lists the nodes of Fargate and the hybrid ones, by name, page by page', async () => {
  const node = (name: string, labels: object, status: object = {}) => ({
    metadata: { name, labels, creationTimestamp: AT },
    status: { nodeInfo: { kubeletVersion: 'v1.34.1-eks-1a2b3c4', osImage: 'Amazon Linux 2' }, ...status },
  });
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const { client, received } = await apiWith(
    { body: { items: [node('mi-1', { [COMPUTE_TYPE]: 'hybrid' })], metadata: { continue: 'more' } } },
    { body: { items: [node('fargate-ip-1', { [COMPUTE_TYPE]: 'fargate' }, ready), node('odd', {})] } },
  );
  const known = { kubeletVersion: 'v1.34.1-eks-1a2b3c4', osImage: 'Amazon Linux 2', createdAt: Date.parse(AT) };
  expect(await client.listOtherNodes()).toEqual([
    { name: 'fargate-ip-1', kind: 'fargate', ready: true, ...known },
    { name: 'mi-1', kind: 'hybrid', ready: false, ...known },
  ]);
  const [first = ''] = received.map(({ url }) => decodeURIComponent(url ?? '').replaceAll('+', ' '));
  expect(first).toContain(`labelSelector=${COMPUTE_TYPE} in (fargate,hybrid)`);
});

it('lists the pods on Fargate that have a node', async () => {
  const pod = (name: string, spec: object) => ({ metadata: { namespace: 'shop', name }, spec, status: {} });
  const { client, received } = await apiWith({
    body: { items: [pod('api-1', { nodeName: 'fargate-ip-1' }), pod('waits', {})] },
  });
  expect((await client.listFargatePods()).map(({ name, nodeName }) => [name, nodeName])).toEqual([
    ['api-1', 'fargate-ip-1'],
  ]);
  expect(decodeURIComponent(received[0]?.url ?? '')).toContain('labelSelector=eks.amazonaws.com/fargate-profile');
});
