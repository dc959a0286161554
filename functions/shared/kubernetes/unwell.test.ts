import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis } from './api-server.fixture.ts';

afterEach(closeApis);

const AT = '2026-07-20T10:00:00Z';

it('lists nodes that are not Ready, also those of which nobody says so, and no cordoned or stopped one', async () => {
  const node = (name: string, condition: object | undefined, spec: object = {}) => ({
    metadata: { name, creationTimestamp: AT },
    spec,
    status: { conditions: condition === undefined ? [] : [{ type: 'Ready', lastTransitionTime: AT, ...condition }] },
  });
  const items = [
    node('well', { status: 'True' }),
    node('silent', { status: 'Unknown' }),
    node('down', { status: 'False', lastTransitionTime: undefined }),
    node('new', undefined),
    node('drained', { status: 'False' }, { unschedulable: true }),
    node('stopped', { status: 'Unknown' }, { taints: [{ key: 'node.cloudprovider.kubernetes.io/shutdown' }] }),
  ];
  const { client, received } = await apiWith({ body: { items } });
  const createdAt = Date.parse(AT);
  expect(await client.listUnreadyNodes()).toEqual([
    { name: 'silent', since: createdAt, createdAt },
    { name: 'down', createdAt },
    { name: 'new', createdAt },
  ]);
  expect(received.map(({ url }) => url)).toEqual(['/api/v1/nodes?limit=500']);
});

it('lists pods that have not started, page by page, without those that end or wait on purpose', async () => {
  const pod = (name: string, metadata: object = {}, conditions: object[] = []) => ({
    metadata: { namespace: 'shop', name, creationTimestamp: AT, ...metadata },
    status: { phase: 'Pending', conditions },
  });
  const { client, received } = await apiWith(
    {
      body: {
        items: [
          pod('web-1', { ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }] }),
          pod('ends', { deletionTimestamp: AT }),
        ],
        metadata: { continue: 'more' },
      },
    },
    { body: { items: [pod('held', {}, [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }])] } },
  );
  expect(await client.listPendingPods()).toEqual([
    { namespace: 'shop', name: 'web-1', owner: 'ReplicaSet web', since: Date.parse(AT) },
  ]);
  expect(received.map(({ url }) => url)).toEqual([
    '/api/v1/pods?fieldSelector=status.phase%3DPending&limit=500',
    '/api/v1/pods?continue=more&fieldSelector=status.phase%3DPending&limit=500',
  ]);
});
