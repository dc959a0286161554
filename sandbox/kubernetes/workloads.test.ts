import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesPod } from '../../functions/shared/kubernetes/client.ts';
import { type ClientOfCluster, clientOfCluster } from './client-of-cluster.ts';
import type { Json } from './json.ts';
import { NOW, type TestClusterOptions, testNode } from './kubernetes-test-cluster.ts';
import type { Workload } from './workload-pods.ts';

const MERGE = 'application/merge-patch+json';
const PODS = '/api/v1/namespaces/shop/pods';

const opened: ClientOfCluster[] = [];
afterEach(() => {
  for (const cluster of opened.splice(0)) cluster.close();
});

const workerNode = (name: string, nodeGroup = 'workers') => {
  const node = testNode(name);
  return { ...node, labels: { ...node.labels, 'eks.amazonaws.com/nodegroup': nodeGroup } };
};
const web: Workload = { nodeGroup: 'workers', namespace: 'shop', name: 'web', replicas: 4, terminationSeconds: 30 };
const nodes = [workerNode('a'), workerNode('b'), testNode('c')];

async function open(workload: Partial<Workload> = {}, more: TestClusterOptions = {}) {
  const cluster = await clientOfCluster({ nodes, workloads: [{ ...web, ...workload }], ...more });
  opened.push(cluster);
  const change = (name: string, spec: object) =>
    cluster.call('PATCH', `/api/v1/nodes/${name}`, { body: { spec }, contentType: MERGE });
  /** The pods of Deployments on a node. */
  const podsOn = async (name: string): Promise<KubernetesPod[]> =>
    (await cluster.client.listPods(name)).filter(({ namespace }) => namespace === 'shop');
  /** `web on a Running`, for each pod of the Deployment, in that order. */
  const where = async (): Promise<string[]> => {
    const { items } = (await cluster.call('GET', PODS)).body as {
      items: Array<{ spec: Json; status: Json; metadata: Json }>;
    };
    return items
      .map(({ spec, status, metadata }) =>
        [spec.nodeName ?? '-', status.phase, ...(metadata.deletionTimestamp === undefined ? [] : ['going'])].join(' '),
      )
      .sort();
  };
  const firstOn = async (name: string): Promise<KubernetesPod> => {
    const [pod] = await podsOn(name);
    if (pod === undefined) throw new Error(`no pod on ${name}`);
    return pod;
  };
  return { ...cluster, change, podsOn, where, firstOn };
}

describe('the pods of a Deployment', () => {
  it('are spread over the nodes of its node group, and run', async () => {
    const { where, podsOn } = await open();
    expect(await where()).toEqual(['a Running', 'a Running', 'b Running', 'b Running']);
    expect((await podsOn('a'))[0]).toMatchObject({ ownedByDaemonSet: false, mirror: false, terminating: false });
  });

  it('leave when evicted, in their grace period, while others take their place elsewhere', async () => {
    const { client, where, change, firstOn, podsOn, wait } = await open();
    const pod = await firstOn('a');
    await change('a', { unschedulable: true });
    expect(await client.evict(pod)).toBe('evicted');
    expect(await where()).toEqual(['a Running', 'a Running going', 'b Pending', 'b Running', 'b Running']);
    expect((await podsOn('a')).map(({ uid, terminating }) => terminating === (uid === pod.uid))).toEqual([true, true]);
    await wait(26);
    expect(await where()).toEqual(['a Running', 'a Running going', 'b Running', 'b Running', 'b Running']);
    await wait(4);
    expect(await where()).toEqual(['a Running', 'b Running', 'b Running', 'b Running']);
  });

  it('go only once, however often they are evicted', async () => {
    const { client, where, firstOn, wait } = await open();
    const pod = await firstOn('a');
    await client.evict(pod);
    await wait(20);
    expect(await client.evict(pod)).toBe('evicted');
    await wait(10);
    expect(await where()).toHaveLength(4);
    expect(await client.evict(pod)).toBe('gone');
  });

  it.each([
    ['cordoned', { unschedulable: true }],
    ['tainted NoSchedule', { taints: [{ key: 'x', effect: 'NoSchedule' }] }],
  ])('stay on nodes that are %s, and wait while no other takes them', async (_what, spec) => {
    const { client, where, change, firstOn, wait } = await open({ replicas: 2 });
    const pod = await firstOn('a');
    for (const name of ['a', 'b']) await change(name, spec);
    expect(await where()).toEqual(['a Running', 'b Running']);
    await client.evict(pod);
    await wait(3_600);
    expect(await where()).toEqual(['- Pending', 'b Running']);
    await change('a', { unschedulable: null, taints: null });
    expect(await where()).toEqual(['a Pending', 'b Running']);
    await wait(26);
    expect(await where()).toEqual(['a Running', 'b Running']);
  });

  it('are taken off a node tainted NoExecute, whatever their budget says', async () => {
    const { where, change, wait } = await open({ replicas: 2, disruptionBudget: { maxUnavailable: 0 } });
    await where();
    await change('a', { taints: [{ key: 'x', effect: 'NoExecute' }] });
    await wait(31);
    expect(await where()).toEqual(['b Running', 'b Running']);
  });

  it('are told to go from a node that is not heard of for five minutes, and stay there until it is gone', async () => {
    const { nodes: current, where, podsOn, wait } = await open({ disruptionBudget: { maxUnavailable: 0 } });
    await where();
    const unheardSince = NOW + 60_000;
    current[0] = { ...workerNode('a'), ready: false, unheardSince };
    await wait(60 + 299);
    expect(await where()).toEqual(['a Running', 'a Running', 'b Running', 'b Running']);
    expect((await podsOn('a')).map(({ terminating }) => terminating)).toEqual([false, false]);
    await wait(2);
    const going = ['a Running going', 'a Running going', 'b Pending', 'b Pending', 'b Running', 'b Running'];
    expect(await where()).toEqual(going);
    await wait(3600);
    expect(await where()).toEqual(going.map((each) => each.replace('Pending', 'Running')));
    current.shift();
    expect(await where()).toEqual(['b Running', 'b Running', 'b Running', 'b Running']);
  });

  it('stay where the node is heard of again in time', async () => {
    const { nodes: current, where, wait } = await open();
    const before = await where();
    current[0] = { ...workerNode('a'), ready: false, unheardSince: NOW };
    await wait(200);
    await where();
    current[0] = workerNode('a');
    await wait(3600);
    expect(await where()).toEqual(before);
  });

  it('count as not ready for a budget while their node is not heard of', async () => {
    const { client, nodes: current, firstOn, where } = await open({ disruptionBudget: { minAvailable: 3 } });
    await where();
    current[0] = { ...workerNode('a'), ready: false, unheardSince: NOW };
    expect(await client.evict(await firstOn('b'))).toBe('blocked');
  });

  it('are gone with their node, and come back elsewhere', async () => {
    const { nodes: current, where, wait } = await open();
    await where();
    current.shift();
    await wait(5);
    expect(await where()).toHaveLength(4);
    await wait(26);
    expect(await where()).toEqual(['b Running', 'b Running', 'b Running', 'b Running']);
  });

  it('are the same for the same seed', async () => {
    const names = async (seed: number) => (await (await open({}, { seed })).podsOn('a')).map(({ name }) => name);
    expect(await names(3)).toEqual(await names(3));
    expect(await names(3)).not.toEqual(await names(4));
  });
});

describe('every node', () => {
  it('runs a pod of a DaemonSet and a static one', async () => {
    const { client } = await open();
    expect(await client.listPods('c')).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^aws-node-/), ownedByDaemonSet: true, mirror: false }),
      expect.objectContaining({ name: 'kube-proxy-c', ownedByDaemonSet: false, mirror: true }),
    ]);
  });

  it('cannot be rid of them: that is a loud 501', async () => {
    const { client } = await open();
    for (const pod of await client.listPods('c')) {
      await expect(client.evict(pod)).rejects.toMatchObject({ problem: 'failed', status: 501 });
    }
  });
});

describe('a disruption budget', () => {
  it.each<[string, NonNullable<Workload['disruptionBudget']>, number]>([
    ['minAvailable 3', { minAvailable: 3 }, 1],
    ['minAvailable 60%, which is 3', { minAvailable: '60%' }, 1],
    ['minAvailable 4', { minAvailable: 4 }, 0],
    ['maxUnavailable 2', { maxUnavailable: 2 }, 2],
    ['maxUnavailable 30%, which is 2', { maxUnavailable: '30%' }, 2],
    ['maxUnavailable 0', { maxUnavailable: 0 }, 0],
  ])('of %s lets so many of four go at once', async (_what, disruptionBudget, allowed) => {
    const { client, podsOn } = await open({ disruptionBudget });
    const outcomes: string[] = [];
    for (const pod of [...(await podsOn('a')), ...(await podsOn('b'))]) outcomes.push(await client.evict(pod));
    expect(outcomes).toEqual(Array.from({ length: 4 }, (_, index) => (index < allowed ? 'evicted' : 'blocked')));
  });

  it('lets the next one go when a replacement is ready', async () => {
    const { client, firstOn, change, wait } = await open({
      disruptionBudget: { maxUnavailable: 1 },
      terminationSeconds: 5,
    });
    await change('a', { unschedulable: true });
    expect(await client.evict(await firstOn('a'))).toBe('evicted');
    await wait(6);
    expect(await client.evict(await firstOn('a'))).toBe('blocked');
    await wait(20);
    expect(await client.evict(await firstOn('a'))).toBe('evicted');
  });

  it('lets pods go that are not ready, as they are none that it counts', async () => {
    const { client, podsOn, firstOn } = await open({ replicas: 2, disruptionBudget: { maxUnavailable: 1 } });
    const [one, other] = [await firstOn('a'), await firstOn('b')];
    expect(await client.evict(one)).toBe('evicted');
    const pods = [...(await podsOn('a')), ...(await podsOn('b'))];
    const starting = pods.filter(({ uid }) => uid !== one.uid && uid !== other.uid);
    expect(starting).toHaveLength(1);
    for (const pod of starting) expect(await client.evict(pod)).toBe('evicted');
    expect(await client.evict(other)).toBe('blocked');
  });
});

describe('a dry run of an eviction', () => {
  it.each(['query', 'body'])('asked for in the %s checks everything, and changes nothing', async (where) => {
    const { call, firstOn, podsOn } = await open();
    const before = await podsOn('a');
    const { name } = await firstOn('a');
    const deleteOptions = where === 'body' ? { deleteOptions: { dryRun: ['All'] } } : {};
    const path = `${PODS}/${name}/eviction${where === 'query' ? '?dryRun=All' : ''}`;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'shop' }, ...deleteOptions };
    expect(await call('POST', path, { body })).toMatchObject({ code: 201, body: { status: 'Success' } });
    expect(await podsOn('a')).toEqual(before);
  });

  it('counts for no other one: all pass whose budget lets one go, and none where it lets none', async () => {
    const { client, podsOn } = await open({ disruptionBudget: { maxUnavailable: 1 } });
    const pods = [...(await podsOn('a')), ...(await podsOn('b'))];
    expect(await Promise.all(pods.map((pod) => client.tryEviction(pod)))).toEqual(Array(4).fill('evicted'));
    const tight = await open({ disruptionBudget: { maxUnavailable: 0 } });
    expect(await tight.client.tryEviction(await tight.firstOn('a'))).toBe('blocked');
    expect(await client.tryEviction({ namespace: 'shop', name: 'nobody', uid: 'x' })).toBe('gone');
  });
});

describe('disruption budgets', () => {
  const evictionOf = (name: string) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'shop' },
  });

  it('two on one pod are refused with a 500 that has neither reason nor cause', async () => {
    const budget = { maxUnavailable: 2 };
    const { call, client, firstOn } = await open({ disruptionBudget: budget, furtherBudgets: [budget] });
    const pod = await firstOn('a');
    const { code, body } = await call('POST', `${PODS}/${pod.name}/eviction`, { body: evictionOf(pod.name) });
    expect({ code, body }).toMatchObject({ code: 500, body: { status: 'Failure', code: 500 } });
    expect(body.message).toMatch(/^This pod has more than one PodDisruptionBudget/);
    expect(body).not.toHaveProperty('reason');
    expect(await client.evict(pod)).toBe('blocked');
    expect((await client.listBudgets()).map(({ name, selector }) => [name, selector?.matchLabels])).toEqual([
      ['web', { app: 'web' }],
      ['web-2', { app: 'web' }],
    ]);
  });

  it('whose status is not up to date let nothing go, and ask to come back in ten seconds', async () => {
    const { call, client, firstOn } = await open({ disruptionBudget: { maxUnavailable: 2, isStale: true } });
    const { name } = await firstOn('a');
    const answer = await call('POST', `${PODS}/${name}/eviction`, { body: evictionOf(name) });
    expect(answer).toMatchObject({
      code: 429,
      headers: { 'retry-after': '10' },
      body: {
        details: { causes: [{ message: 'The disruption budget web is still being processed by the server.' }] },
      },
    });
    expect(await client.listBudgets()).toMatchObject([{ isObserved: false, disruptionsAllowed: 2 }]);
  });

  it('keep a pod that is not ready while too few others are', async () => {
    const { client, nodes: current, firstOn, where } = await open({ disruptionBudget: { minAvailable: 3 } });
    await where();
    const pod = await firstOn('a');
    current[0] = { ...workerNode('a'), ready: false, unheardSince: NOW };
    expect(await client.tryEviction(pod)).toBe('blocked');
  });
});

describe('an eviction', () => {
  const eviction = (name: string, more: object = {}) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'shop' },
    ...more,
  });

  it('is answered with 201 and Success', async () => {
    const { call, firstOn } = await open();
    const { name } = await firstOn('a');
    expect(await call('POST', `${PODS}/${name}/eviction`, { body: eviction(name) })).toMatchObject({
      code: 201,
      body: { kind: 'Status', status: 'Success' },
    });
  });

  it('that a budget does not allow is refused in the words of Kubernetes', async () => {
    const { call, firstOn } = await open({ disruptionBudget: { minAvailable: 4 } });
    const { name } = await firstOn('a');
    expect(await call('POST', `${PODS}/${name}/eviction`, { body: eviction(name) })).toMatchObject({
      code: 429,
      body: {
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget web needs 4 healthy pods and has 4 currently',
            },
          ],
        },
      },
    });
  });

  it('of a pod that is another one by now is a conflict', async () => {
    const { call, client, firstOn } = await open();
    const { name, uid } = await firstOn('a');
    const body = eviction(name, { deleteOptions: { preconditions: { uid: 'earlier' } } });
    expect(await call('POST', `${PODS}/${name}/eviction`, { body })).toMatchObject({
      code: 409,
      body: {
        reason: 'Conflict',
        message: expect.stringContaining(`(earlier) does not match the UID in record (${uid})`),
      },
    });
    expect(await client.evict({ namespace: 'shop', name, uid: 'earlier' })).toBe('gone');
  });

  it.each<[number, string, string, (name: string) => object]>([
    [404, 'no such pod', 'pods "nobody" not found', () => eviction('nobody')],
    [400, 'another name in the body', 'name in URL does not match', () => eviction('other')],
    [400, 'another kind', 'do not match the expected ones', (name) => ({ ...eviction(name), kind: 'Pod' })],
    [400, 'an unknown field', 'cannot be handled', (name) => eviction(name, { force: true })],
    [
      422,
      'another dry run',
      'supported values: "All"',
      (name) => eviction(name, { deleteOptions: { dryRun: ['Some'] } }),
    ],
    [
      501,
      'another precondition',
      'does not implement',
      (name) => eviction(name, { deleteOptions: { preconditions: { resourceVersion: '1' } } }),
    ],
  ])('is refused with %i for %s', async (code, what, message, body) => {
    const { call, firstOn } = await open();
    const name = what === 'no such pod' ? 'nobody' : (await firstOn('a')).name;
    expect(await call('POST', `${PODS}/${name}/eviction`, { body: body(name) })).toMatchObject({
      code,
      body: { message: expect.stringContaining(message) },
    });
  });

  it.each([
    ['GET', `${PODS}/x/eviction`],
    ['POST', `${PODS}/x/binding`],
    ['POST', `${PODS}/x/eviction?force=true`],
    ['DELETE', `${PODS}/x`],
  ])('has no siblings: %s %s is a loud 501', async (method, path) => {
    const { call } = await open();
    expect(await call(method, path)).toMatchObject({ code: 501 });
  });
});
