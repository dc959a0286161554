import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sinceFirstSeen, type Unwell, workloadGate } from '../../shared/gates/workload-gate.ts';
import { decide } from '../decide/decide.ts';
import { arbitraryObservation, HOUR, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { Preflight } from '../model/preflight.ts';
import { policyOf } from '../policy.fixture.ts';

const SEEN = NOW - 6 * HOUR;
const MINUTE = HOUR / 60;
const with_ = (more: Partial<Extract<Unwell, { kind: 'found' }>>): Unwell => ({
  kind: 'found',
  nodes: [],
  pods: [],
  ...more,
});
const node = (since: number | undefined, createdAt = SEEN - HOUR) => ({
  name: 'node-1',
  createdAt,
  ...(since !== undefined && { since }),
});
const pod = (since: number | undefined) => ({
  namespace: 'shop',
  name: 'cart-1',
  owner: 'ReplicaSet cart',
  ...(since !== undefined && { since }),
});
const denied: Unwell = { kind: 'unreadable', error: 'forbidden.', code: 'forbidden', isThrottled: false };
const slow: Unwell = { kind: 'unreadable', error: 'slow.', code: 'throttled', isThrottled: true };
const gateOf = (clusters: Record<string, Unwell>) =>
  workloadGate(new Map(Object.entries(clusters)), sinceFirstSeen(SEEN), NOW);

describe('the gate of nodes and pods', () => {
  it.each([
    ['nothing that is not well', with_({}), 'open'],
    ['a node that has ceased to be Ready since', with_({ nodes: [node(SEEN)] }), 'workload-gate-closed'],
    ['one that had before', with_({ nodes: [node(SEEN - 1)] }), 'open'],
    ['one of which nobody knows since when', with_({ nodes: [node(undefined)] }), 'workload-gate-closed'],
    ['one that joins', with_({ nodes: [node(NOW - MINUTE, NOW - 9 * MINUTE)] }), 'open'],
    ['one that should have joined', with_({ nodes: [node(NOW - MINUTE, NOW - 10 * MINUTE)] }), 'workload-gate-closed'],
    ['a pod that has been pending since', with_({ pods: [pod(NOW - 5 * MINUTE)] }), 'workload-gate-closed'],
    ['one that had been before', with_({ pods: [pod(SEEN - 1)] }), 'open'],
    ['one that starts', with_({ pods: [pod(NOW - 4 * MINUTE)] }), 'open'],
    ['one of which nobody knows since when', with_({ pods: [pod(undefined)] }), 'workload-gate-closed'],
    ['what cannot be read', denied, 'gate-unreadable'],
  ])('is judged by %s', (_what, seen, wanted) => {
    const gate = gateOf({ lab: with_({}), shop: seen });
    expect(gate === 'open' ? gate : gate.reason).toBe(wanted);
  });

  it('names nodes and pods by cluster, stays the same while more of a kind come, and tells of slowness late', () => {
    const nodes = [node(SEEN), { ...node(SEEN), name: 'node-2' }];
    const both = gateOf({ lab: with_({ pods: [pod(SEEN)] }), shop: with_({ nodes }) });
    expect(both).toMatchObject({
      message:
        'Since the release was first seen: in lab, 1 pod is pending (shop/cart-1 of ReplicaSet cart), in shop, 2 nodes are not Ready (node-1, node-2).',
      which: 'lab pods, shop nodes',
      until: NOW + 15 * MINUTE,
    });
    expect(gateOf({ shop: with_({ nodes: [node(SEEN)] }) })).toMatchObject({ which: 'shop nodes' });
    expect(gateOf({ shop: slow })).toMatchObject({ isThrottled: true });
    expect(gateOf({ shop: slow, lab: denied })).toMatchObject({
      isThrottled: false,
      message:
        'What cannot be read is closed: the nodes and pods of shop (slow.), the nodes and pods of lab (forbidden.).',
    });
  });
});

const closed = gateOf({ shop: with_({ nodes: [node(SEEN)] }) });
const unread = gateOf({ shop: denied });
const seen = (workloads?: Preflight['workloads']): Preflight => ({
  blockers: [],
  warnings: [],
  ...(workloads !== undefined && { workloads }),
});
const circumstances = (found: Preflight | undefined, upgrades: object, isOver = false) => ({
  policy: policyOf({ upgrades }),
  now: NOW,
  account: '111122223333',
  slots: {},
  preflights: { found: new Map(found === undefined ? [] : [['shop/general', found]]), isOver },
});
const ON = { gates: { nodesAndPods: true } };

describe('an upgrade', () => {
  it.each([
    ['starts where it is open', seen('open'), ON, false, 'upgrade-started'],
    ['waits where it is closed', seen(closed), ON, false, 'workload-gate-closed'],
    ['waits where it cannot be read', seen(unread), ON, false, 'gate-unreadable'],
    ['waits where nobody has read it', seen(), ON, false, 'gate-unreadable'],
    ['waits to be looked at', undefined, { ...ON, preflight: 'off' }, true, 'preflight-pending'],
    ['does not ask for it by default', seen(), {}, false, 'upgrade-started'],
    ['is proposed behind it', seen(closed), { ...ON, mode: 'observe' }, false, 'would-upgrade'],
  ])('%s', (_what, found, upgrades, isOver, reason) => {
    expect(decide(observation(nodeGroup()), circumstances(found, upgrades, isOver)).reason).toBe(reason);
  });

  it('never starts behind it, whatever else there is, and is looked at again', () => {
    fc.assert(
      fc.property(arbitraryObservation, fc.constantFrom(closed, unread), (subject, gate) => {
        const { cluster, nodegroup } = subject.key;
        const found = new Map([[`${cluster}/${nodegroup}`, seen(gate)]]);
        const { start, reason, wakeAt } = decide(subject, {
          ...circumstances(undefined, ON),
          preflights: { found, isOver: false },
        });
        expect(start).toBeUndefined();
        if (gate !== 'open' && reason === gate.reason) expect(wakeAt).toBeGreaterThan(NOW);
      }),
    );
  });
});
