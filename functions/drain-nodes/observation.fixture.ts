import { policySchema } from '../shared/policy/policy.ts';
import type { Circumstances } from './decision.ts';
import type { DrainObservation, GroupObservation, HeldPod, Member, NodeView } from './observation.ts';
import { type Policy, READS } from './policy.ts';

export const NOW = Date.parse('2026-07-14T12:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const key = { cluster: 'shop', nodegroup: 'self-managed:shop-batch' };
const trigger = { id: 'event-1', type: 'a test', time: NOW, redelivered: false };

export const policyOf = (drains: object = {}, more: object = {}): Policy =>
  policySchema('enforce', READS).parse({ drains: { mode: 'enforce', ...drains }, ...more });

export const circumstances = (drains: object = {}, more: object = {}): Circumstances => ({
  policy: policyOf(drains, more),
  now: NOW,
  account: '111122223333',
});

export const member = (more: Partial<Member> = {}): Member => ({
  id: 'i-0aaaaaaaaaaaaaaaa',
  lifecycleState: 'InService',
  isOptedOut: false,
  ...more,
});

export const groupWith = (
  group: Partial<GroupObservation['group']> = {},
  more: Partial<GroupObservation> = {},
): GroupObservation => ({
  key,
  trigger,
  owner: { tags: {} },
  noAccess: undefined,
  state: { outcomes: 0, revision: 0 },
  group: {
    name: 'shop-batch',
    tags: {},
    members: [member()],
    retains: false,
    hook: 'absent',
    otherHooks: [],
    desired: 1,
    suspended: [],
    ...group,
  },
  ...more,
});

export const pod = (name: string, more: Partial<HeldPod> = {}): HeldPod => ({
  namespace: 'default',
  name,
  uid: `uid of ${name}`,
  budgets: [],
  terminating: false,
  owner: 'default/ReplicaSet/cart',
  cameBack: false,
  ...more,
});

export const nodeWith = (...pods: HeldPod[]): Extract<NodeView, { kind: 'found' }> => ({
  kind: 'found',
  name: 'ip-10-0-0-1',
  unschedulable: false,
  isOurs: false,
  pods,
  leftOut: [],
});

export const drainGroup = (more: Partial<DrainObservation['group']> = {}): DrainObservation['group'] => ({
  name: 'shop-batch',
  tags: {},
  retains: true,
  retained: 0,
  isDrained: true,
  isMoving: false,
  suspended: [],
  ...more,
});

export const drainOf = (
  more: Partial<DrainObservation> = {},
  state: Partial<DrainObservation['state']> = {},
): DrainObservation => ({
  instanceId: 'i-0aaaaaaaaaaaaaaaa',
  key,
  trigger,
  owner: { tags: {} },
  group: drainGroup(),
  lifecycleState: 'Terminating:Wait',
  isOptedOut: false,
  node: nodeWith(pod('cart-1')),
  state: { ...key, outcomes: 0, revision: 1, open: true, startedAt: NOW - 10 * MINUTE, ...state },
  ...more,
});
