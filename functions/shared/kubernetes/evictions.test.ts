import { afterEach, describe, expect, it } from 'vitest';
import { apiWith, closeApis, type Reply, status } from './api-server.fixture.ts';

afterEach(closeApis);

const POD = { namespace: 'shop', name: 'web-1', uid: 'uid-1' };
const TWO_BUDGETS = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
const DENIED = 'admission webhook "drain-cleaner.strimzi.io" denied the request: the operator will roll the pod';
const refused = (code: number, reason: string): Reply => ({
  status: code,
  body: { kind: 'Status', message: 'no', code, details: { causes: [{ reason, message: 'why' }] } },
});

describe('listPods', () => {
  const pod = (metadata: object, phase = 'Running') => ({ metadata: { ...POD, ...metadata }, status: { phase } });
  const owner = (kind: string, controller = true) => ({ ownerReferences: [{ kind, name: 'x', controller }] });
  const plain = {
    ...POD,
    labels: {},
    owner: 'Pod/web-1',
    createdAt: 0,
    ownedByDaemonSet: false,
    mirror: false,
    finished: false,
    terminating: false,
    toleratesEverything: false,
  };

  it("reads all pages of one node's pods, of every namespace", async () => {
    const { client, received } = await apiWith(
      { body: { items: [pod({ name: 'a' })], metadata: { continue: 'more' } } },
      { body: { items: [pod({ name: 'b' })], metadata: {} } },
    );
    expect((await client.listPods('ip-10-0-0-1')).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(received.map(({ url }) => url)).toEqual([
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dip-10-0-0-1&limit=500',
      '/api/v1/pods?continue=more&fieldSelector=spec.nodeName%3Dip-10-0-0-1&limit=500',
    ]);
  });

  it.each([
    [
      'of a Deployment',
      pod({ ...owner('ReplicaSet'), creationTimestamp: '2026-07-14T06:00:00Z' }),
      { owner: 'ReplicaSet/x', createdAt: Date.parse('2026-07-14T06:00:00Z') },
    ],
    ['of nobody', pod({}, 'Pending'), {}],
    ['of a DaemonSet', pod(owner('DaemonSet')), { owner: 'DaemonSet/x', ownedByDaemonSet: true }],
    ['that a DaemonSet owns but does not control', pod(owner('DaemonSet', false)), {}],
    [
      'whose creator has filled it up',
      pod({
        ownerReferences: [{ kind: 'K'.repeat(900_000), name: `x\n${'y'.repeat(900_000)}`, controller: true }],
        labels: Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`label-${n}`, 'z'.repeat(63)])),
      }),
      { owner: `${'K'.repeat(63)}/x ${'y'.repeat(251)}`, labels: {} },
    ],
    ['that is static', pod({ annotations: { 'kubernetes.io/config.mirror': 'abc' } }), { mirror: true }],
    ['that has succeeded', pod({}, 'Succeeded'), { finished: true }],
    ['that has failed', pod({}, 'Failed'), { finished: true }],
    [
      'that is going',
      pod({ deletionTimestamp: '2026-07-14T06:00:00Z' }),
      { terminating: true, goneBy: Date.parse('2026-07-14T06:00:00Z') },
    ],
  ])('describes a pod %s', async (_what, item, expected) => {
    const { client } = await apiWith({ body: { items: [item] } });
    expect(await client.listPods('a')).toEqual([{ ...plain, ...expected }]);
  });
});

describe('evict', () => {
  it('asks for the eviction of just this pod', async () => {
    const { client, received } = await apiWith({ status: 201, body: { kind: 'Status', status: 'Success' } });
    expect(await client.evict(POD)).toBe('evicted');
    expect(received).toMatchObject([{ method: 'POST', url: '/api/v1/namespaces/shop/pods/web-1/eviction' }]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace: 'shop', name: 'web-1' },
      deleteOptions: { preconditions: { uid: 'uid-1' } },
    });
  });

  it.each([
    ['blocked', 'a disruption budget stands against it', refused(429, 'DisruptionBudget')],
    ['blocked', 'two budgets cover the pod, of which the answer has only words', status(500, TWO_BUDGETS)],
    ['blocked', 'its budget is in disorder', refused(403, 'DisruptionBudgetNegativeAllowedDisruptions')],
    ['gone', 'it is no longer there', status(404, 'pods "web-1" not found')],
    ['gone', 'its name is that of another one by now', status(409, 'the UID in the precondition does not match')],
  ])('says %s when %s, and asks no second time', async (outcome, _why, reply) => {
    const { client, received } = await apiWith(reply);
    expect(await client.evict(POD)).toBe(outcome);
    expect(received).toHaveLength(1);
  });

  it('asks for a dry run in query and body, where it is only tried', async () => {
    const { client, received } = await apiWith(
      { status: 201, body: { kind: 'Status', status: 'Success' } },
      status(500, TWO_BUDGETS),
    );
    expect(await client.tryEviction(POD)).toBe('evicted');
    expect(await client.tryEviction(POD)).toBe('blocked');
    expect(received.map(({ url }) => url)).toEqual(
      Array(2).fill('/api/v1/namespaces/shop/pods/web-1/eviction?dryRun=All'),
    );
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      deleteOptions: { preconditions: { uid: 'uid-1' }, dryRun: ['All'] },
    });
  });

  it.each([
    ['throttled', 'the API server has too much to do', status(429, 'Too many requests, please try again later.')],
    ['failed', 'the API server has failed', status(500, 'etcdserver: request timed out')],
    ['forbidden', 'it has no right', status(403, 'no')],
    ['denied', 'a webhook says no', status(403, DENIED)],
    ['denied', 'a webhook says no with a status of its own', status(409, DENIED)],
    ['denied', 'its namespace ends', refused(403, 'NamespaceTerminating')],
    [
      'denied',
      'a policy of the cluster says no',
      status(422, "pods \"web-1\" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no"),
    ],
    ['unauthorized', 'it is not known', status(401, 'Unauthorized')],
    ['invalid', 'the server does not understand', status(422, 'no')],
    ['unreachable', 'the connection is lost', { lost: true }],
  ])('throws %s by its name when %s', async (problem, _why, reply) => {
    const { client } = await apiWith(reply);
    await expect(client.evict(POD)).rejects.toMatchObject({ name: 'KubernetesAccessError', problem });
  });

  it('says nothing of rights where a webhook says no', async () => {
    const { client } = await apiWith(status(403, DENIED), status(403, 'no'));
    await expect(client.evict(POD)).rejects.toThrow(/will roll the pod\.$/);
    await expect(client.evict(POD)).rejects.toThrow(/Apply the rights/);
  });
});
