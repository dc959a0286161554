import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis } from './api-server.fixture.ts';
import { selects } from './disruptions.ts';

afterEach(closeApis);

it('lists the pods that are bound to a node, with what matters for evicting them', async () => {
  const spec = {
    nodeName: 'node-1',
    volumes: [{ name: 'scratch', emptyDir: {} }],
    tolerations: [{ operator: 'Exists' }],
  };
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const { client, received } = await apiWith(
    { body: { items: [{ metadata: { namespace: 'shop', name: 'a' }, spec, status }], metadata: { continue: 'more' } } },
    { body: { items: [{ metadata: { namespace: 'shop', name: 'b' }, spec: {}, status }] } },
  );
  expect(await client.listEvictablePods()).toEqual([
    {
      namespace: 'shop',
      name: 'a',
      uid: '',
      nodeName: 'node-1',
      labels: {},
      staysOnNode: false,
      phase: 'Running',
      ready: true,
      terminating: false,
      hasLocalData: true,
      toleratesEverything: true,
    },
  ]);
  expect(received.map(({ url }) => url)).toEqual(['/api/v1/pods?limit=500', '/api/v1/pods?continue=more&limit=500']);
});

it.each([
  ['its controller has seen', { generation: 2 }, { observedGeneration: 2, disruptionsAllowed: 1 }, true, 1],
  [
    'its controller has not seen since its last change',
    { generation: 3 },
    { observedGeneration: 2, disruptionsAllowed: 1 },
    false,
    1,
  ],
  ['has no status yet', { generation: 1 }, undefined, false, 0],
])('reads a budget that %s', async (_what, metadata, status, isObserved, disruptionsAllowed) => {
  const spec = { selector: { matchLabels: { app: 'web' } }, unhealthyPodEvictionPolicy: 'AlwaysAllow' };
  const items = [{ metadata: { namespace: 'shop', name: 'web', ...metadata }, spec, ...(status && { status }) }];
  const { client, received } = await apiWith({ body: { items } });
  expect(await client.listBudgets()).toMatchObject([
    { namespace: 'shop', name: 'web', selector: spec.selector, isObserved, disruptionsAllowed, evictsUnready: true },
  ]);
  expect(received.map(({ url }) => url)).toEqual(['/apis/policy/v1/poddisruptionbudgets?limit=500']);
});

it('keeps little of a selector of megabytes, and takes it for one of all pods: a blocker that nobody names is worse', async () => {
  const values = Array.from({ length: 50_000 }, (_, index) => `value-${index}`);
  const selector = { matchExpressions: [{ key: 'app', operator: 'In', values }] };
  const { client } = await apiWith({
    body: { items: [{ metadata: { namespace: 'shop', name: 'b' }, spec: { selector } }] },
  });
  const [budget] = await client.listBudgets();
  expect(JSON.stringify(budget).length).toBeLessThan(400);
  expect(selects(budget?.selector, { app: 'web' })).toBe(true);
});

it('tells 2,000 budgets of a namespace apart, and takes all others for one in doubt', async () => {
  const budgets = (namespace: string, from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      metadata: { namespace, name: `b-${from + n}` },
      spec: { selector: { matchLabels: { app: `${from + n}` } } },
    }));
  const pages = [0, 500, 1_000, 1_500, 2_000].map((from) => ({
    body: { items: budgets('evil', from, 500), metadata: { continue: `${from}` } },
  }));
  const { client } = await apiWith(...pages, { body: { items: budgets('shop', 0, 3) } });
  const found = await client.listBudgets();
  const evil = found.filter(({ namespace }) => namespace === 'evil');
  expect(evil).toHaveLength(2_001);
  expect(evil.at(-1)).toMatchObject({ name: '*', selector: {}, isObserved: false, disruptionsAllowed: 0 });
  expect(found.filter(({ namespace }) => namespace === 'shop')).toHaveLength(3);
});

it('keeps no labels of pods that have ended, of which a cluster keeps thousands', async () => {
  const pod = (name: string, phase: string) => ({
    metadata: { namespace: 'shop', name, labels: { app: 'web' } },
    spec: { nodeName: 'node-1' },
    status: { phase },
  });
  const { client } = await apiWith({
    body: { items: [pod('a', 'Running'), pod('b', 'Failed'), pod('c', 'Succeeded')] },
  });
  expect((await client.listEvictablePods()).map(({ labels }) => labels)).toEqual([{ app: 'web' }, {}, {}]);
});

it('keeps usual selectors alone once there are megabytes of them', async () => {
  const values = Array.from({ length: 400 }, (_, n) => `value-${n}`);
  const long = { matchExpressions: [{ key: 'app', operator: 'In', values }] };
  const usual = { matchLabels: { app: 'web' } };
  const budgets = (namespace: string, count: number, selector: object) =>
    Array.from({ length: count }, (_, n) => ({ metadata: { namespace, name: `b-${n}` }, spec: { selector } }));
  const { client } = await apiWith(
    { body: { items: budgets('evil', 500, long), metadata: { continue: 'more' } } },
    { body: { items: budgets('evil', 1_000, long), metadata: { continue: 'more' } } },
    { body: { items: budgets('shop', 3, usual) } },
  );
  const found = await client.listBudgets();
  expect(found.filter(({ namespace }) => namespace === 'shop').map(({ selector }) => selector)).toEqual(
    Array(3).fill(usual),
  );
  const kept = found.filter(({ selector }) => selector?.matchExpressions !== undefined).length;
  expect(kept).toBeGreaterThan(500);
  expect(kept).toBeLessThan(1_500);
});

it('leaves room to other namespaces, however many budgets there are in one', async () => {
  const values = Array.from({ length: 60 }, (_, n) => `value-${n}`);
  const long = { matchExpressions: [{ key: 'app', operator: 'In', values }] };
  const budgets = (namespace: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ metadata: { namespace, name: `b-${n}` }, spec: { selector: long } }));
  const { client } = await apiWith(
    { body: { items: budgets('evil', 12_000), metadata: { continue: 'more' } } },
    { body: { items: budgets('shop', 1) } },
  );
  const [own] = (await client.listBudgets()).filter(({ namespace }) => namespace === 'shop');
  expect(own).toMatchObject({ selector: long });
  expect(own?.isGuessed).toBeUndefined();
});
