import fc from 'fast-check';
import { parsePolicy } from '../../policy-document.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import type { InvalidPolicy } from '../../shared/policy/policy.ts';
import type { Request } from '../batch.ts';
import type { Exposure } from '../exposure/exposure.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import type { Policy } from '../policy.ts';
import type { Circumstances } from './decision.ts';
import type { GroupObservation, NetworkUser, Observation, WorkerView } from './observation.ts';
import { NEVER_SEEN, type Quarantine } from './quarantine-ledger.ts';

export const HOUR = 3_600_000;
export const NOW = Date.parse('2026-07-20T12:00:00Z');
export const IGNORED = { 'eks-host-remediator:ignore': '' };
export const GROUPS = { untracking: 'sg-untrack', closed: 'sg-closed' };
const TRIGGER = { id: 'e-1', type: 'Quarantine Reconcile Request (sweep)', time: NOW, redelivered: false };

export const exposure = (overrides: Partial<Exposure> = {}): Exposure => ({
  interfaceId: 'eni-1',
  address: '198.51.100.1',
  kind: 'automatic',
  gateway: 'igw-1',
  openPorts: ['tcp/22'],
  ...overrides,
});

export const networkInterface = (overrides: Partial<InterfaceView> = {}): InterfaceView => ({
  id: 'eni-1',
  primary: true,
  subnetId: 'subnet-1',
  groupIds: ['sg-nodes'],
  addresses: [{ publicIp: '198.51.100.1', privateIp: '10.0.0.1', kind: 'automatic' }],
  privateIps: ['10.0.0.1'],
  ipv4Prefixes: [],
  ipv6: [],
  ipv6Prefixes: [],
  ...overrides,
});

/** A worker of a private node group that was launched with a public address. */
export const worker = (overrides: Partial<WorkerView> = {}): WorkerView => ({
  cluster: 'shop',
  nodegroup: 'web',
  ownership: 'managed',
  certain: true,
  instanceState: 'running',
  launchedAt: NOW - HOUR,
  tags: {},
  vpcId: 'vpc-1',
  privateDnsName: 'ip-10-0-0-1.eu-central-1.compute.internal',
  interfaces: [networkInterface()],
  exposures: [exposure()],
  shields: [],
  heldBy: [],
  ...overrides,
});

/** The same worker in its closed security group, without a public address. */
export const isolatedWorker = (overrides: Partial<WorkerView> = {}): WorkerView =>
  worker({
    interfaces: [networkInterface({ groupIds: [GROUPS.closed], addresses: [] })],
    exposures: [],
    ...overrides,
  });

export const quarantine = (overrides: Partial<Quarantine> = {}): Quarantine => ({
  kind: 'isolate',
  phase: 'isolated',
  cluster: 'shop',
  nodegroup: 'web',
  vpcId: 'vpc-1',
  exposures: ['public address 198.51.100.1'],
  startedAt: NOW - HOUR,
  expiresAt: NOW + HOUR,
  by: 'e-0',
  groups: GROUPS,
  saved: {
    interfaces: [
      { id: 'eni-1', groups: ['sg-nodes'], addresses: [{ publicIp: '198.51.100.1', privateIp: '10.0.0.1' }], ipv6: [] },
    ],
    targets: [],
  },
  notes: {},
  ...overrides,
});

export const observation = (
  view?: WorkerView,
  state: Partial<Observation['state']> = {},
  rest: Partial<Observation> = {},
): Observation => ({
  instanceId: 'i-1',
  trigger: TRIGGER,
  state: { ...NEVER_SEEN, ...state },
  ...(view !== undefined && { view, owner: { tags: {} } }),
  ...rest,
});

/** An operator's request. */
export const requested = (detail: object = {}, id = 'request-1'): Request => ({
  trigger: { ...TRIGGER, id, type: 'Quarantine Request' },
  event: { detail: { action: 'release', instanceId: 'i-1', why: 'it is mine', requestedBy: 'me', ...detail } } as never,
});

export const group = (overrides: Partial<GroupObservation> = {}): GroupObservation => ({
  key: { cluster: 'shop', nodegroup: 'web' },
  trigger: TRIGGER,
  state: { outcomes: 0 },
  owner: { tags: {} },
  size: 4,
  exposed: ['i-1'],
  publicSubnets: [],
  ipv6Subnets: [],
  publicTemplates: [],
  boundLater: 0,
  openPorts: [],
  worldOpen: [],
  users: new Map(),
  ...overrides,
});

/** A worker of the same node group that may be acted upon. */
export const workerUser = (overrides: Partial<Extract<NetworkUser, { kind: 'worker' }>> = {}): NetworkUser => ({
  kind: 'worker',
  instanceId: 'i-1',
  cluster: 'shop',
  nodegroup: 'web',
  ownership: 'managed',
  tags: {},
  owner: { tags: {} },
  ...overrides,
});

export const circumstances = (policy: object = {}, rest: Partial<Circumstances> = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
  stackName: 'eks-host-remediator',
  slots: {},
  caller: 'request-1',
  publicGroups: new Set(),
  ...rest,
});

const tags = fc.constantFrom({}, {}, {}, IGNORED);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const isolated = fc.boolean();

/** Any user, mostly a worker that may be acted upon. */
export const arbitraryNetworkUser: fc.Arbitrary<NetworkUser> = fc
  .record({
    kind: fc.constantFrom('worker', 'worker', 'worker', 'worker', 'instance', 'control-plane', 'interface'),
    cluster: fc.constantFrom('shop', 'shop', 'shop', 'pay'),
    ownership: fc.constantFrom('managed' as const, 'managed' as const, 'karpenter' as const, 'auto-mode' as const),
    tags,
    owner: fc.constantFrom<Owner>(
      { tags: {} },
      { tags: {} },
      { tags: {} },
      { tags: IGNORED },
      { tags: {}, unreadable: 'AccessDenied' },
      { tags: {}, notAWorker: 'EKS has no cluster shop.' },
    ),
  })
  .map(({ kind, cluster, ...rest }): NetworkUser => {
    if (kind === 'instance') return { kind, instanceId: 'i-9' };
    if (kind === 'control-plane') return { kind, cluster };
    if (kind === 'interface') return { kind, interfaceId: 'eni-9', description: 'ELB app/shop/1' };
    return workerUser({ cluster, ...rest });
  });

const arbitraryQuarantine = fc
  .record({
    kind: fc.constantFrom('isolate' as const, 'strip' as const),
    phase: fc.constantFrom('isolating' as const, 'isolated' as const, 'releasing' as const, 'terminating' as const),
    expiresAt: fc.integer({ min: NOW - HOUR, max: NOW + HOUR }),
  })
  .map(quarantine);

/** Any observation of `i-0` to `i-9`: exposed or not, in quarantine or not, with a request or not. */
export const arbitraryObservation: fc.Arbitrary<Observation> = fc
  .record({
    instanceId: fc.integer({ min: 0, max: 9 }).map((n) => `i-${n}`),
    view: fc.record({
      cluster: fc.constantFrom('shop', 'pay'),
      nodegroup: fc.constantFrom('web', 'batch'),
      ownership: fc.constantFrom('managed' as const, 'karpenter' as const, 'managed' as const, 'auto-mode' as const),
      instanceState: fc.constantFrom('running', 'running', 'running', 'pending', 'stopped', 'terminated'),
      tags,
    }),
    gone: fc.constantFrom(false, false, false, false, true),
    closed: isolated,
    owner: fc.constantFrom(
      { tags: {} },
      { tags: {} },
      { tags: IGNORED },
      { tags: {}, unreadable: 'AccessDenied' },
      { tags: {}, notAWorker: 'EKS has no cluster shop.' },
    ),
    open: optional(arbitraryQuarantine),
    action: fc.constantFrom(undefined, undefined, undefined, 'release', 'extend', 'terminate'),
    since: fc.integer({ min: NOW - HOUR, max: NOW }),
    busy: fc.constantFrom(false, false, false, true),
  })
  .map(({ instanceId, view, gone, closed, owner, open, action, since, busy }) =>
    observation(
      gone ? undefined : closed ? isolatedWorker(view) : worker(view),
      {
        reason: 'quarantine-budget',
        since,
        ...(open !== undefined && { quarantine: { ...open, cluster: view.cluster, nodegroup: view.nodegroup } }),
        ...(busy && { lease: { holder: 'another', until: NOW + 1 } }),
      },
      {
        instanceId,
        ...(!gone && { owner }),
        ...(action !== undefined && { request: requested({ action, by: '1d' }) }),
      },
    ),
  );

/** Any policy, a few of them invalid. */
export const arbitraryPolicy: fc.Arbitrary<Policy | InvalidPolicy> = fc
  .record({
    killSwitch: fc.constantFrom(false, false, false, true),
    scope: fc.constantFrom({}, {}, { clusters: ['pay'] }),
    quarantine: fc.record({
      mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'observe', 'off', 'unknown'),
      exposure: fc.constantFrom('address', 'open-port'),
      respond: fc.constantFrom('isolate', 'strip'),
      onExpiry: fc.constantFrom('alarm', 'terminate'),
      concurrency: fc.record({
        perGroup: fc.integer({ min: 1, max: 3 }),
        perCluster: fc.integer({ min: 1, max: 3 }),
        perAccount: fc.integer({ min: 1, max: 4 }),
      }),
    }),
  })
  .map((document) => parsePolicy(JSON.stringify(document), 'enforce'));
