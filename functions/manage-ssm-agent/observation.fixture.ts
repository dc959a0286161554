import fc from 'fast-check';
import { type RequestedAction, sample } from '../../events/remediation-request.ts';
import { parsePolicy } from '../policy-document.ts';
import type { Owner } from '../shared/fleet/owners.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { InvalidPolicy } from '../shared/policy/policy.ts';
import type { Findings, NodeRole, Observation, WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';
import { NEW_WORKER, type WorkerState } from './worker-ledger.ts';

export const MINUTE = 60_000;
export const NOW = Date.parse('2026-07-20T12:00:00Z');

/** A node role with all rights that an agent needs. */
export const nodeRole = (overrides: Partial<NodeRole> = {}): NodeRole => ({
  name: 'shop-node',
  arn: 'arn:aws:iam::111122223333:role/shop-node',
  fingerprint: 'f1',
  allows: 'yes',
  registers: 'yes',
  forbidden: false,
  ...overrides,
});

/** A profile whose role gives an agent no rights. */
export const LACKING = { name: 'shop-node', role: nodeRole({ allows: 'no', registers: 'no' }) };

/** Findings in which nothing keeps the agent from registering. */
export const findings = (overrides: Partial<Findings> = {}): Findings => ({
  profile: { name: 'shop-node', role: nodeRole() },
  defaultHostManagement: false,
  metadata: { enabled: true, version2: true },
  network: { kind: 'open', way: 'nat-0a1b2c3d4e5f60718' },
  imageName: 'amazon-eks-node-al2023-x86_64-standard-1.33-v20260714',
  windows: false,
  ...overrides,
});

export const ONLINE = { online: true, version: '3.3.4624.0', latest: true, platform: 'Amazon Linux' };

/** A worker that was launched an hour ago and has never registered. */
export const worker = (overrides: Partial<WorkerView> = {}): WorkerView => ({
  cluster: 'shop',
  nodegroup: 'general',
  ownership: 'managed',
  certain: true,
  instanceState: 'running',
  launchedAt: NOW - 60 * MINUTE,
  tags: {},
  owner: { tags: {} },
  ...overrides,
});

export const observation = (view: WorkerView, state: Partial<WorkerState> = {}): Observation => ({
  instanceId: 'i-0f3a5c7e9b1d2f4a6',
  trigger: { id: 'e-1', type: 'EC2 Instance State-change Notification', time: NOW, redelivered: false },
  state: { ...NEW_WORKER, ...state },
  view,
});

const tags = fc.constantFrom({}, {}, {}, { 'eks-host-remediator:ignore': '' });

const arbitraryOwner: fc.Arbitrary<Owner> = fc.oneof(
  fc.record({ tags }),
  fc.record({ tags, unreadable: fc.constant('AccessDeniedException: no') }),
  fc.record({ tags, notAWorker: fc.constant('EKS has no cluster shop.') }),
);

const answer = fc.constantFrom('yes' as const, 'no' as const, 'unsure' as const);

const arbitraryFindings: fc.Arbitrary<Findings> = fc
  .record({
    profile: fc.oneof(
      fc.constantFrom(undefined, { name: 'p' }),
      fc
        .record({
          allows: answer,
          registers: answer,
          forbidden: fc.boolean(),
          fingerprint: fc.constantFrom('f1', 'f2'),
        })
        .map((role) => ({ name: 'p', role: nodeRole(role) })),
    ),
    defaultHostManagement: fc.boolean(),
    metadata: fc.boolean().map((enabled) => ({ enabled, version2: enabled })),
    network: fc.constantFrom<Findings['network']>(
      { kind: 'open', way: 'nat-1' },
      { kind: 'closed', missing: 'No route.' },
      { kind: 'unseen', missing: 'No route.' },
      { kind: 'unsure', doubt: 'A transit gateway.' },
    ),
    imageName: fc.constantFrom('', 'amazon-eks-node-al2023-x', 'bottlerocket-aws-k8s-1.33-x'),
    windows: fc.boolean(),
    registeredAs: fc.constantFrom(undefined, undefined, 'mi-0123456789abcdef0'),
    shutInBy: fc.constantFrom(undefined, undefined, 'the subnet has no default route'),
  })
  .map(({ profile, registeredAs, shutInBy, ...others }) => ({
    ...others,
    ...(shutInBy !== undefined && { shutInBy }),
    ...(profile !== undefined && { profile }),
    ...(registeredAs !== undefined && { registeredAs }),
  }));

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const cause = fc.constantFrom('role-lacks-ssm' as const, 'agent-missing' as const, 'agent-outdated' as const);
const remedy = fc.record({
  kind: fc.constantFrom('attach-policy' as const, 'update-agent' as const, 'install-agent' as const),
  cause,
  startedAt: fc.integer({ min: NOW - 60 * MINUTE, max: NOW }),
  attempt: fc.integer({ min: 1, max: 3 }),
});
const failures = fc.record({
  cause,
  count: fc.integer({ min: 1, max: 4 }),
  lastAt: fc.integer({ min: NOW - 300 * MINUTE, max: NOW }),
});

const proposal = fc.record(
  {
    target: fc.constantFrom('role-lacks-ssm attach-policy', 'agent-missing install-agent'),
    at: fc.integer({ min: NOW - 300 * MINUTE, max: NOW }),
    ruling: fc.record({
      kind: fc.constantFrom('approved' as const, 'rejected' as const),
      id: fc.constant('r-0'),
      requestedBy: fc.constant('somebody'),
      why: fc.constant('because'),
    }),
  },
  { requiredKeys: ['target', 'at'] },
);

export const request = (action: RequestedAction, at = NOW): OperatorRequest => ({
  event: { ...sample, id: 'r-1', detail: { ...sample.detail, remediation: 'manage-ssm-agent', action } },
  trigger: { id: 'r-1', type: 'Remediation Request', time: at, redelivered: false },
});

export const arbitraryObservation: fc.Arbitrary<Observation> = fc
  .record({
    ownership: fc.constantFrom('managed' as const, 'self-managed' as const, 'karpenter' as const, 'auto-mode' as const),
    instanceState: fc.constantFrom('running', 'running', 'running', 'pending', 'stopped', 'terminated'),
    launchedAt: fc.integer({ min: NOW - 60 * MINUTE, max: NOW }),
    tags,
    owner: optional(arbitraryOwner),
    agent: optional(
      fc.record({
        online: fc.boolean(),
        version: fc.constantFrom('3.2.0.0', '3.3.4624.0'),
        latest: fc.boolean(),
        platform: fc.constantFrom('Amazon Linux', 'Bottlerocket'),
      }),
    ),
    findings: optional(arbitraryFindings),
    remedy: optional(remedy),
    failures: optional(failures),
    standing: optional(proposal),
  })
  .map(({ owner, agent, findings: found, remedy: started, failures: failed, standing, ...view }) => {
    const { owner: _default, ...known } = worker(view);
    return observation(
      {
        ...known,
        ...(owner !== undefined && { owner }),
        ...(agent !== undefined && { agent }),
        ...(found !== undefined && { findings: found }),
      },
      {
        ...(started !== undefined && { remedy: started }),
        ...(failed !== undefined && { failures: failed }),
        ...(standing !== undefined && { proposal: standing }),
      },
    );
  });

const mode = fc.constantFrom('enforce', 'enforce', 'observe', 'off');

export const arbitraryPolicy: fc.Arbitrary<Policy | InvalidPolicy> = fc
  .record({
    killSwitch: fc.constantFrom(false, false, false, true),
    scope: fc.constantFrom({}, {}, { clusters: ['other'] }),
    ssmAgent: fc.record({
      mode: fc.constantFrom('enforce', 'enforce', 'observe', 'off', 'unknown'),
      remedies: fc.record({
        attachPolicy: mode,
        defaultHostManagement: mode,
        updateAgent: mode,
        installAgent: mode,
        installWhenUnsure: mode,
      }),
    }),
  })
  .map((document) => parsePolicy(JSON.stringify(document), 'enforce'));
