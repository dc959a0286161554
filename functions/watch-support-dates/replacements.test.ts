import { describe, expect, it } from 'vitest';
import { certificate } from '../shared/fleet/certificates.fixture.ts';
import { embeddedIn } from '../shared/fleet/embedded-authority.ts';
import { ordersFor } from './replacements.ts';
import { rotationOf } from './rotation.ts';

const DAY = 86_400_000;
const ADDED = Date.parse('2026-07-01T00:00:00Z');
const FIRST = ADDED + 500 * DAY;
const common = { distributionStatus: 'COMPLETE' as const };
const rotation = rotationOf([
  { ...common, id: 'first', createdAt: new Date(0), data: certificate('old') },
  {
    ...common,
    id: 'second',
    createdAt: new Date(ADDED),
    data: certificate('new'),
    signingStatus: 'NOT_USED',
    scheduledEvents: { firstAutoActivation: new Date(FIRST) },
  },
])!;

const group = (script: string, nodegroup = 'self-managed:batch') => ({
  cluster: 'shop',
  nodegroup,
  sources: [
    {
      kind: 'template' as const,
      name: 'version 1 of launch template nodes (lt-1)',
      id: 'lt-1 1',
      details: { templateId: 'lt-1', version: 1 },
      userData: embeddedIn(Buffer.from(script).toString('base64')),
    },
  ],
});
const node = (launchedAt: number, others: object = {}) => ({
  id: 'i-1',
  cluster: 'shop',
  nodegroup: 'self-managed:batch',
  launchedAt,
  ...others,
});
const ordered = (groups: Parameters<typeof ordersFor>[0], nodes: Parameters<typeof ordersFor>[1], now = FIRST) => [
  ...ordersFor(groups, nodes, new Map([['shop', rotation]]), { margin: 60 * DAY, known: new Map(), now }),
];

describe('the order to replace nodes that do not trust a new authority', () => {
  it('is given for a self-managed group once its nodes are due, up to the youngest of them', () => {
    const nodes = [node(ADDED - 5), node(ADDED + 7, { verdict: { kind: 'former', keys: [] } }), node(ADDED + 9)];
    const [[subject, order] = []] = ordered([group('true')], nodes, FIRST - 60 * DAY);
    expect([subject, order?.launchedBefore, order && order.until > FIRST - 59 * DAY]).toEqual([
      'shop/self-managed:batch',
      ADDED + 8,
      true,
    ]);
    expect(ordered([group('true')], nodes, FIRST - 60 * DAY - 1)).toEqual([]);
  });

  it('is not given where no node is left, for pools of Karpenter, and without a rotation', () => {
    expect(ordered([group('true')], [node(ADDED), node(ADDED - 1, { cluster: 'other' })])).toEqual([]);
    expect(ordered([group('true', 'karpenter:web')], [node(ADDED - 1, { nodegroup: 'karpenter:web' })])).toEqual([]);
    expect(ordered([{ ...group('true'), cluster: 'other' }], [node(ADDED - 1, { cluster: 'other' })])).toEqual([]);
  });

  it('is given for a managed node group whose user data EKS writes only for nodes from before, so that none is replaced twice', () => {
    const ofEks = { cluster: 'shop', nodegroup: 'web', sources: [] };
    const since = node(ADDED + 7, { nodegroup: 'web', verdict: { kind: 'former', keys: [] } });
    const [[subject, order] = []] = ordered([ofEks], [node(ADDED - 5, { nodegroup: 'web' }), since]);
    expect([subject, order?.launchedBefore]).toEqual(['shop/web', ADDED - 4]);
    expect(ordered([ofEks], [since])).toEqual([]);
    const [[, own] = []] = ordered([group('true', 'web')], [since]);
    expect(own?.launchedBefore).toBe(ADDED + 8);
    expect(ordered([{ ...ofEks, nodegroup: 'self-managed:batch' }], [node(ADDED - 5)])).toEqual([]);
  });

  it('is not given where the next nodes would not trust it either, or nobody knows', () => {
    const old = [node(ADDED - 1)];
    expect(ordered([group(`B64_CLUSTER_CA=${certificate('old')}\n`)], old)).toEqual([]);
    const unread = { kind: 'unread' as const, why: 'no', code: 'x', isThrottled: false };
    expect(ordered([{ ...group('true'), sources: [unread] }], old)).toEqual([]);
    expect(ordered([group(`B64_CLUSTER_CA=${certificate('new')}\n`)], old)).toHaveLength(1);
  });

  it('is late once half of the margin has passed, and a day and a half after it was first given at the earliest', () => {
    const rotations = new Map([['shop', rotation]]);
    const orderAt = (now: number, before?: ReturnType<typeof ordersFor>) =>
      ordersFor([group('true')], [node(ADDED - 1)], rotations, { margin: 60 * DAY, known: before ?? new Map(), now });
    const of = (orders: ReturnType<typeof ordersFor>) => orders.get('shop/self-managed:batch');
    const first = orderAt(FIRST - 60 * DAY);
    expect(of(first)).toMatchObject({ since: FIRST - 60 * DAY, lateFrom: FIRST - 30 * DAY });
    expect(of(orderAt(FIRST - 20 * DAY, first))).toMatchObject({
      since: FIRST - 60 * DAY,
      lateFrom: FIRST - 30 * DAY,
      until: FIRST - 20 * DAY + 36 * 3_600_000,
    });
    expect(of(orderAt(FIRST - DAY))).toMatchObject({ since: FIRST - DAY, lateFrom: FIRST + DAY / 2 });
  });
});
