import type { Observation } from './decision.ts';
import type { ClassView } from './node-class.ts';
import { nodeClasses } from './policy.ts';

export const NOW = Date.parse('2026-07-15T12:00:00Z');
const DAY = 86_400_000;

export const circumstances = (mode: 'observe' | 'enforce' | 'off' = 'enforce') => ({
  policy: { killSwitch: false, scope: {}, nodeClasses: nodeClasses('enforce').parse({ mode }) },
  now: NOW,
  account: '111122223333',
});

/** A class that is pinned to the older of two releases, which its nodes run. */
export const classView = (view: Partial<ClassView> = {}): ClassView => ({
  kind: 'class',
  name: 'default',
  resourceVersion: '7',
  terms: [{ alias: 'al2023@v20260601' }],
  selection: { kind: 'pins', family: 'al2023', version: 'v20260601' },
  marks: {},
  pools: [{ name: 'general', nodes: 3, drifted: 0, expireAfter: '720h', budgets: ['10%'] }],
  running: [{ family: 'al2023', version: 'v20260601' }],
  unknownImages: [],
  offer: {
    kind: 'offered',
    versions: [
      { version: 'v20260601', since: NOW - 40 * DAY, isPublished: true },
      { version: 'v20260701', since: NOW - 10 * DAY, isPublished: true },
    ],
  },
  ...view,
});

export const observationOf = (view: Observation['view'], more: Partial<Observation> = {}): Observation => ({
  key: { cluster: 'shop', nodegroup: 'ec2nodeclass:default' },
  trigger: { id: 'e-1', type: 'Node Class Reconcile Request (sweep)', time: NOW, redelivered: false },
  owner: { tags: {} },
  view,
  state: { outcomes: 0, revision: 0 },
  ...more,
});
