import type { Circumstances, Observation } from './decision.ts';
import type { ClassView } from './node-class.ts';
import { type Policy, READS } from './policy.ts';

export const NOW = Date.parse('2026-07-15T12:00:00Z');
export const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const PAIR = '1.33/AL2023_x86_64_STANDARD';
/** EKS's names of the two releases of the fixture. */
export const OLD = '1.33.12-20260601';
export const NEW = '1.33.13-20260701';

type Mode = 'observe' | 'enforce' | 'off';

export const policyWith = (
  nodeClasses: object = {},
  {
    upgrades = {},
    findings = {},
    overrides = [],
  }: { upgrades?: object; findings?: object; overrides?: Policy['overrides'] } = {},
): Policy => ({
  killSwitch: false,
  scope: {},
  overrides,
  nodeClasses: READS.nodeClasses('enforce').parse({ mode: 'enforce', ...nodeClasses }),
  findings: READS.findings('enforce').parse(findings),
  upgrades: READS.upgrades().parse(upgrades),
});

export const circumstances = (mode: Mode = 'enforce', more: Partial<Circumstances> = {}): Circumstances => ({
  policy: policyWith({ mode }),
  now: NOW,
  account: '111122223333',
  ...more,
});

/** A class that is pinned to the older of two releases, which its nodes run. */
export const classView = (view: Partial<ClassView> = {}): ClassView => ({
  kind: 'class',
  name: 'default',
  resourceVersion: '7',
  terms: [{ alias: 'al2023@v20260601' }],
  selection: { kind: 'pins', family: 'al2023', version: 'v20260601' },
  marks: {},
  userData: { embedded: [] },
  pools: [{ name: 'general', nodes: 3, drifted: 0, expireAfter: '720h', budgets: ['10%'] }],
  running: [{ family: 'al2023', version: 'v20260601' }],
  unknownImages: [],
  troubles: [],
  pairs: [{ kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' }],
  offer: {
    kind: 'offered',
    versions: [
      { version: 'v20260601', since: NOW - 40 * DAY, isPublished: true },
      { version: 'v20260701', since: NOW - 10 * DAY, isPublished: true },
    ],
    pairs: { [PAIR]: { releases: { v20260601: OLD, v20260701: NEW }, withdrawn: [] } },
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
