import { describe, expect, it } from 'vitest';
import { type Budget, type EvictablePod, selects } from '../../shared/kubernetes/disruptions.ts';
import { evictionsFrom, type Tried, toBeTried } from './preflight-pods.ts';

const pod = (change: Partial<EvictablePod> = {}): EvictablePod => ({
  namespace: 'shop',
  name: 'web-1',
  uid: 'u',
  nodeName: 'node-1',
  labels: { app: 'web' },
  owner: 'ReplicaSet web-5d9',
  staysOnNode: false,
  phase: 'Running',
  ready: true,
  terminating: false,
  hasLocalData: false,
  toleratesEverything: false,
  ...change,
});
const twin = pod({ name: 'web-2', nodeName: 'node-9' });
const budget = (change: Partial<Budget> = {}): Budget => ({
  namespace: 'shop',
  name: 'web',
  selector: { matchLabels: { app: 'web' } },
  disruptionsAllowed: 0,
  currentHealthy: 2,
  desiredHealthy: 2,
  isObserved: true,
  evictsUnready: false,
  ...change,
});
const look = (pods: EvictablePod[], budgets: Budget[] = []) => {
  const { blockers, warnings } = evictionsFrom(new Set(['node-1']), pods, budgets);
  return { blockers: blockers.map(({ why }) => why), warnings };
};

describe('what keeps a pod', () => {
  it('is named with its pod and its owner', () => {
    expect(look([pod(), twin], [budget()])).toEqual({
      blockers: ['the disruption budget shop/web now allows no eviction of shop/web-1 (ReplicaSet web-5d9)'],
      warnings: [],
    });
    const second = budget({ name: 'all', selector: {}, disruptionsAllowed: 5 });
    expect(look([pod(), twin], [budget({ disruptionsAllowed: 1 }), second]).blockers).toEqual([
      'the disruption budgets shop/web, shop/all together never allow an eviction of shop/web-1 (ReplicaSet web-5d9)',
    ]);
  });

  it('is only a doubt where the selector of a budget was not kept, whatever other budget lets the pod go', () => {
    const guessed = budget({ name: '*', selector: {}, isGuessed: true, isObserved: false });
    const open = budget({ disruptionsAllowed: 1 });
    expect(look([pod(), twin], [open, guessed])).toEqual({
      blockers: [],
      warnings: [
        'the disruption budget shop/*, whose pods are not known, may allow no eviction of shop/web-1 (ReplicaSet web-5d9)',
      ],
    });
    expect(look([pod(), twin], [budget(), guessed]).blockers).toEqual([
      'the disruption budget shop/web now allows no eviction of shop/web-1 (ReplicaSet web-5d9)',
    ]);
  });

  it('is told once for many pods, three by name', () => {
    const pods = Array.from({ length: 9 }, (_, index) => pod({ name: `web-${index}` }));
    expect(look(pods, [budget()]).blockers).toEqual([
      'the disruption budget shop/web now allows no eviction of shop/web-0 (ReplicaSet web-5d9), shop/web-1 (ReplicaSet web-5d9), shop/web-2 (ReplicaSet web-5d9) and 6 more',
    ]);
  });

  it('is told apart by its budgets, not by its pods', () => {
    const whichOf = (name: string) =>
      evictionsFrom(new Set(['node-1']), [pod({ name }), twin], [budget()]).blockers.map(({ kind, which }) => [
        kind,
        which,
      ]);
    expect(whichOf('web-1')).toEqual([['eviction', 'the disruption budget shop/web now allows no eviction of']]);
    expect(whichOf('web-7')).toEqual(whichOf('web-1'));
  });

  it.each([
    ['a budget that allows one', pod(), budget({ disruptionsAllowed: 1 })],
    ['a budget of another namespace', pod(), budget({ namespace: 'other' })],
    ['a budget of other pods', pod(), budget({ selector: { matchLabels: { app: 'api' } } })],
    ['a budget without a selector, which is of none', pod(), budget({ selector: undefined })],
    ['a pod elsewhere', pod({ nodeName: 'node-2' }), budget()],
    ['a pod of a DaemonSet, or a static one', pod({ staysOnNode: true }), budget()],
    ['a pod that has not started', pod({ phase: 'Pending', ready: false }), budget()],
    ['a pod that has ended', pod({ phase: 'Succeeded' }), budget()],
    ['a pod that goes', pod({ terminating: true }), budget()],
    ['an unready pod while enough others are ready', pod({ ready: false }), budget()],
    [
      'an unready pod whose budget always lets it go',
      pod({ ready: false }),
      budget({ currentHealthy: 0, evictsUnready: true }),
    ],
  ])('is not %s', (_what, one, of) => {
    expect(look([one, twin], [of]).blockers).toEqual([]);
  });

  it('is an unready pod, too, while too few others are ready', () => {
    expect(look([pod({ ready: false }), twin], [budget({ currentHealthy: 1 })]).blockers).toHaveLength(1);
  });

  it('only may be a budget whose status is not up to date', () => {
    expect(look([pod(), twin], [budget({ isObserved: false })])).toEqual({
      blockers: [],
      warnings: ['the status of the disruption budget shop/web is not up to date for shop/web-1 (ReplicaSet web-5d9)'],
    });
  });
});

describe('evictions that were tried', () => {
  const ONE = 'the disruption budget shop/web now allows no eviction of';
  const STALE = 'the status of the disruption budget shop/web is not up to date for';
  const tried = (
    budgets: Budget[],
    answers: ReadonlyArray<[string, 'blocked' | 'evicted']>,
    more: Partial<Tried> = {},
  ) => {
    const of = { answers: new Map(answers), untried: 0, ...more };
    const { blockers, warnings } = evictionsFrom(new Set(['node-1']), [pod(), twin], budgets, of);
    return { blockers: blockers.map(({ why, which }) => [why, which]), warnings };
  };
  const named = (what: string) => `${what} shop/web-1 (ReplicaSet web-5d9)`;

  it('confirm what blocks, also where its status was not up to date', () => {
    expect(tried([budget()], [[ONE, 'blocked']])).toEqual({
      blockers: [[`${named(ONE)} (a dry run confirms it)`, ONE]],
      warnings: [],
    });
    expect(tried([budget({ isObserved: false })], [[STALE, 'blocked']])).toEqual({
      blockers: [[`${named(STALE)} (a dry run confirms it)`, STALE]],
      warnings: [],
    });
  });

  it('block nothing that the API server would let go', () => {
    expect(tried([budget()], [[ONE, 'evicted']])).toEqual({
      blockers: [],
      warnings: [`${named(ONE)} (but a dry run was let through)`],
    });
  });

  it('leave what was read where nothing was answered, and say so', () => {
    expect(tried([budget()], [], { untried: 3, failed: 'no right' })).toEqual({
      blockers: [[named(ONE), ONE]],
      warnings: ['evictions by 3 more budgets were not tried', 'evictions could not be tried (no right)'],
    });
  });

  it('are one for each hold, the doubtful ones first, and twenty at most', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      pod({ name: `p-${index}`, labels: { app: `a-${index % 25}` } }),
    );
    const budgets = Array.from({ length: 25 }, (_, index) =>
      budget({ name: `b-${index}`, selector: { matchLabels: { app: `a-${index}` } }, isObserved: index !== 24 }),
    );
    const { chosen, untried } = toBeTried(new Set(['node-1']), many, budgets);
    expect(chosen).toHaveLength(20);
    expect(untried).toBe(5);
    expect(chosen[0]).toMatchObject({
      what: expect.stringContaining('shop/b-24 is not up to date'),
      pod: { name: 'p-24' },
    });
    expect(toBeTried(new Set(['node-1']), [pod(), twin], [budget({ disruptionsAllowed: 1 })]).chosen).toEqual([]);
  });
});

describe('what an eviction costs', () => {
  it.each([
    [
      'the only one of its controller',
      [pod()],
      'there is 1 pod without another pod of the same controller: shop/web-1 (ReplicaSet web-5d9)',
    ],
    [
      'without a controller',
      [{ ...pod(), owner: undefined }],
      'there is 1 pod without a controller, which nothing creates again: shop/web-1',
    ],
    [
      'local data',
      [pod({ hasLocalData: true }), pod({ name: 'web-3', hasLocalData: true })],
      'there are 2 pods with local data, which is lost: shop/web-1 (ReplicaSet web-5d9), shop/web-3 (ReplicaSet web-5d9)',
    ],
    [
      'tolerating everything',
      [pod({ toleratesEverything: true }), twin],
      'there is 1 pod with a toleration of every taint, which may come back to a drained node: shop/web-1 (ReplicaSet web-5d9)',
    ],
  ])('is told, and blocks nothing: %s', (_what, pods, warning) => {
    const { owner, ...bare } = pods[0] as EvictablePod;
    const given = owner === undefined ? [bare as EvictablePod] : (pods as EvictablePod[]);
    expect(look(given)).toEqual({ blockers: [], warnings: [warning] });
  });
});

describe('a selector', () => {
  const labels = { app: 'web', tier: 'front' };
  it.each([
    [{}, true],
    [undefined, false],
    [{ matchLabels: { app: 'web', tier: 'back' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['api', 'web'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['web'] }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
    [{ matchLabels: { constructor: 'x' } }, false],
  ])('%j selects: %s', (selector, expected) => expect(selects(selector, labels)).toBe(expected));
});
