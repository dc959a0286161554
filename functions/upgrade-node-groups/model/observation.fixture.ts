import fc from 'fast-check';
import { type RequestedAction, sample } from '../../../events/remediation-request.ts';
import { parsePolicy } from '../../policy-document.ts';
import type { OperatorRequest } from '../../shared/intake/operator-request.ts';
import type { Need } from '../../shared/ledger/finding-ledger.ts';
import { NEW_NODE_GROUP } from '../../shared/ledger/node-group-ledger.ts';
import type { InvalidPolicy } from '../../shared/policy/policy.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import type { Line, Waitlist } from '../moment/waitlist.ts';
import type { Policy } from '../policy.ts';
import type { Node } from './nodes.ts';
import type { NodeGroupView, Observation, UpdateView, View } from './observation.ts';

export const HOUR = 3_600_000;
/** A Monday noon. */
export const NOW = Date.parse('2026-07-20T12:00:00Z');

/** A number of nodes in service that run a release. */
export const nodesOn = (releaseVersion: string, count: number): Node[] =>
  Array.from({ length: count }, () => ({ imageName: imageNameOf(releaseVersion) }));

export const imageNameOf = (releaseVersion: string): string =>
  `amazon-eks-node-al2023-x86_64-standard-1.33-v${releaseVersion.split('-')[1]}`;

/** An old, healthy node group whose release has baked. */
export const nodeGroup = (overrides: Partial<NodeGroupView> = {}): NodeGroupView => ({
  kind: 'node-group',
  cluster: { status: 'ACTIVE', version: '1.33', tags: {} },
  arn: 'arn:aws:eks:eu-central-1:111122223333:nodegroup/shop/general/7acb1d4e',
  status: 'ACTIVE',
  version: '1.33',
  releaseVersion: '1.33.12-20260625',
  amiType: 'AL2023_x86_64_STANDARD',
  tags: {},
  healthIssues: [],
  target: targeting(NOW - 48 * HOUR, '1.33.13-20260714'),
  desired: 2,
  atATime: 1,
  nodes: nodesOn('1.33.12-20260625', 2),
  ...overrides,
});

/** Urgent findings that Inspector has just confirmed. */
export const need = (change: Partial<Need> = {}): Need => ({
  urgency: 'urgent',
  severity: 'CRITICAL',
  vulnerabilities: ['CVE-2026-31415'],
  releaseVersion: '1.33.12-20260625',
  verifiedAt: NOW,
  ...change,
});

export const observation = (
  view: View,
  state: Partial<Observation['state']> = {},
  key = { cluster: 'shop', nodegroup: 'general' },
): Observation => ({
  key,
  trigger: { id: 'e-1', type: 'EKS AMI Release', time: NOW },
  state: { ...NEW_NODE_GROUP, ...state },
  view,
});

/**
 * A line in which no release was withdrawn.
 *
 * @param urgent the subjects that have urgent findings
 */
export const lineOf = (waitlist: Waitlist, urgent: ReadonlySet<string> = new Set()): Line => ({
  waitlist,
  urgent,
  withdrawn: new Map(),
});

/** Slots from `{ 'cluster/nodegroup': 'cluster' }`. */
export const slotsOf = (holders: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(holders).map(([subject, cluster]) => [subject, { cluster, expiresAt: NOW + HOUR }]),
  );

const tags = fc.constantFrom({}, { team: 'a' }, { 'eks-host-remediator:ignore': 'true' });
const RELEASES = ['1.33.12-20260610', '1.33.12-20260625', '1.33.13-20260714', '1.33.13-20260801'];
const release = fc.constantFrom(...RELEASES);
const time = fc.integer({ min: NOW - 72 * HOUR, max: NOW });

const arbitraryProposal = fc.record(
  {
    target: release,
    at: time,
    ruling: fc.record({
      kind: fc.constantFrom('approved' as const, 'rejected' as const),
      id: fc.constant('r-0'),
      requestedBy: fc.constant('somebody'),
      why: fc.constant('because'),
    }),
  },
  { requiredKeys: ['target', 'at'] },
);

/** A request for any of the four actions. */
export const arbitraryRequest: fc.Arbitrary<OperatorRequest> = fc
  .record({ action: fc.constantFrom('approve', 'reject', 'resume', 'retry'), at: time })
  .map(({ action, at }) => request(action, at));

export const request = (action: RequestedAction, at = NOW): OperatorRequest => ({
  event: { ...sample, id: 'r-1', detail: { ...sample.detail, action } },
  trigger: { id: 'r-1', type: 'Remediation Request', time: at, redelivered: false },
});

const update: fc.Arbitrary<UpdateView> = fc.oneof(
  fc.record({ kind: fc.constant('absent' as const) }),
  fc.record({
    kind: fc.constant('in-progress' as const),
    updateId: fc.constant('u-1'),
  }),
  fc.record({ kind: fc.constant('successful' as const), updateId: fc.constant('u-1') }),
  fc.record({
    kind: fc.constant('failed' as const),
    updateId: fc.constant('u-1'),
    errors: fc.constant([{ code: 'PodEvictionFailure', message: 'no' }]),
  }),
);

export const unreadable = (code = 'AccessDeniedException'): View => ({
  kind: 'unreadable',
  error: `${code}: no`,
  code,
  isThrottled: code === 'ThrottlingException',
});

const view: fc.Arbitrary<View> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<View>({ kind: 'gone' }) },
  { weight: 1, arbitrary: fc.constant<View>(unreadable()) },
  {
    weight: 20,
    arbitrary: fc
      .record({
        cluster: fc.record({
          status: fc.constantFrom('ACTIVE', 'ACTIVE', 'UPDATING', 'FAILED'),
          version: fc.constantFrom('1.33', '1.33', '1.34', '1.37', '1.32'),
          tags,
        }),
        status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'UPDATING', 'DEGRADED', 'CREATING'),
        releaseVersion: release,
        amiType: fc.constantFrom('AL2023_x86_64_STANDARD', 'AL2023_x86_64_STANDARD', 'CUSTOM'),
        tags,
        healthIssues: fc.constantFrom<NodeGroupView['healthIssues']>(
          [],
          [],
          [{ code: 'AmiIdNotFound', message: 'gone' }],
          [{ code: 'IamNodeRoleNotFound', message: 'gone' }],
        ),
        desired: fc.constantFrom(2, 2, 0),
        nodes: fc.array(
          release.map((version) => ({ imageName: imageNameOf(version) })),
          { maxLength: 3 },
        ),
        target: fc.oneof(
          fc
            .record({ versions: fc.subarray(RELEASES, { minLength: 1 }), times: fc.array(time, { minLength: 4 }) })
            .map(({ versions, times }) => ({
              ...targeting(times[versions.length - 1] ?? 0, ...versions),
              offered: versions.map((releaseVersion, index) => ({ releaseVersion, firstSeenAt: times[index] ?? 0 })),
            })),
          fc.record({
            kind: fc.constant('none' as const),
            reason: fc.constantFrom('release-withdrawn' as const, 'release-not-yet-seen' as const),
            message: fc.constant('because'),
          }),
        ),
      })
      .map(nodeGroup),
  },
);

/** Any observation of a node group of cluster `c0` to `c3`. */
export const arbitraryObservation: fc.Arbitrary<Observation> = fc
  .record({
    view,
    key: fc.record({
      cluster: fc.constantFrom('c0', 'c1', 'c2', 'c3'),
      nodegroup: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
    update,
    upgrade: fc.option(
      fc.record({ releaseVersion: release, attempt: fc.integer({ min: 1, max: 3 }), requestedAt: time }),
    ),
    failures: fc.option(fc.record({ releaseVersion: release, count: fc.integer({ min: 1, max: 4 }), lastAt: time })),
    proposal: fc.option(arbitraryProposal),
    quarantined: fc.option(fc.constant(['i-0123456789abcdef0'])),
    quarantineWait: fc.option(fc.record({ releaseVersion: release, since: time })),
    findings: fc.option(
      fc.record({ urgency: fc.constantFrom('normal' as const, 'urgent' as const), verifiedAt: time }),
    ),
  })
  .map(({ view: seen, key, update: how, upgrade, failures, proposal, quarantined, quarantineWait, findings }) => ({
    ...observation(
      seen.kind === 'node-group' && upgrade !== null ? { ...seen, update: how } : seen,
      {
        ...(upgrade !== null && { upgrade }),
        ...(failures !== null && { failures }),
        ...(proposal !== null && { proposal }),
        ...(quarantineWait !== null && { quarantineWait }),
      },
      key,
    ),
    ...(quarantined !== null && { quarantined }),
    ...(findings !== null && { need: need(findings) }),
  }));

/** Any policy, a few of them invalid. */
export const arbitraryPolicy: fc.Arbitrary<Policy | InvalidPolicy> = fc
  .record({
    killSwitch: fc.constantFrom(false, false, false, true),
    findings: fc.record({ mode: fc.constantFrom('enforce', 'enforce', 'observe', 'off') }),
    upgrades: fc.record({
      mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'observe', 'off', 'unknown'),
      bakeAge: fc.constantFrom('0h', '1h', '24h'),
      urgent: fc.record({ bakeAge: fc.constantFrom('0h', '2h', '48h'), ignoreWindows: fc.boolean() }),
      windows: fc.constantFrom(
        [],
        [],
        [{ cron: '0 11 * * *', duration: '2h' }],
        [{ cron: '0 3 * * *', duration: '1h' }],
      ),
      concurrency: fc.record({
        perCluster: fc.integer({ min: 1, max: 3 }),
        perAccount: fc.integer({ min: 1, max: 4 }),
      }),
      stopAfterFailures: fc.integer({ min: 1, max: 4 }),
      approval: fc.constantFrom('none', 'none', 'required'),
      approvalExpiresAfter: fc.constantFrom('1h', '48h', '14d'),
    }),
  })
  .map((document) => parsePolicy(JSON.stringify(document), 'enforce'));
