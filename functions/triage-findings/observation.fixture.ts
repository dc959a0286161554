import fc from 'fast-check';
import { parsePolicy } from '../policy-document.ts';
import { NEW_FINDING_STATE, type Need } from '../shared/ledger/finding-ledger.ts';
import { machineImage } from '../shared/releases/machine-image.fixture.ts';
import { targeting } from '../shared/releases/target.fixture.ts';
import type { Circumstances } from './decision.ts';
import type {
  GroupObservation,
  NodeGroupView,
  OpenFinding,
  OtherGroupView,
  PinWay,
  RefreshWay,
  View,
} from './observation.ts';
import type { Policy } from './policy.ts';

export const NOW = Date.parse('2026-07-20T12:00:00Z');
export const OLD = '1.33.12-20260625';
export const NEW = '1.33.13-20260714';

export function policyOf(document: object = {}): Policy {
  const policy = parsePolicy(JSON.stringify(document), 'enforce');
  if ('error' in policy) throw new Error(policy.error);
  return policy;
}

export const circumstances = (document: object = {}): Circumstances => ({
  policy: policyOf(document),
  now: NOW,
  account: '111122223333',
});

export const finding = (change: Partial<OpenFinding> = {}): OpenFinding => ({
  instanceId: 'i-0a',
  vulnerabilityId: 'CVE-2026-31415',
  severity: 'CRITICAL',
  urgency: 'urgent',
  image: 'current',
  ...change,
});

export const need = (change: Partial<Need> = {}): Need => ({
  urgency: 'urgent',
  severity: 'CRITICAL',
  vulnerabilities: ['CVE-2026-31415'],
  releaseVersion: OLD,
  verifiedAt: NOW,
  ...change,
});

/** A node group with one urgent finding, for which a newer release exists. */
export const nodeGroup = (change: Partial<NodeGroupView> = {}): NodeGroupView => ({
  kind: 'node-group',
  clusterStatus: 'ACTIVE',
  clusterTags: {},
  tags: {},
  status: 'ACTIVE',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion: OLD,
  kubernetesVersion: '1.33',
  controlPlane: '1.33',
  target: targeting(NOW, NEW),
  open: [finding()],
  ...change,
});

export const [OLD_AMI, NEW_AMI] = ['ami-0aaaaaaaaaaaaaaaa', 'ami-0bbbbbbbbbbbbbbbb'];
const DAY = 86_400_000;
export const image = (imageId: string, days: number) =>
  machineImage({ imageId, name: `nodes-${imageId.slice(-2)}`, createdAt: NOW - days * DAY });

/** The way of a group for which the policy names a newer AMI. */
export const refreshWay = (change: Partial<RefreshWay> = {}): RefreshWay => ({
  kind: 'refresh',
  controlPlane: '1.33',
  wanted: { kind: 'named', candidates: [{ image: image(NEW_AMI, 2) }] },
  present: image(OLD_AMI, 30),
  ...change,
});

export const pinWay = (classes: ReadonlyArray<readonly [string, string | undefined]>): PinWay => ({
  kind: 'pin',
  classes: new Map(classes),
});

/** An open finding on a worker of a self-managed group. */
export const findingOn = (imageId: string, change: Partial<OpenFinding> = {}): OpenFinding =>
  finding({ imageId, ...change });

/** A self-managed group with one urgent finding, for which the policy names a newer AMI. */
export const otherGroup = (change: Partial<OtherGroupView> = {}): OtherGroupView => ({
  kind: 'other-group',
  clusterTags: {},
  tags: {},
  runs: OLD_AMI,
  open: [findingOn(OLD_AMI)],
  way: refreshWay(),
  ...change,
});

/** A policy under which refresh-groups and steer-node-classes move groups. */
export const MOVING = {
  refreshes: { mode: 'enforce', wanted: { ssmParameter: '/ami' } },
  nodeClasses: { mode: 'enforce' },
};

export const observation = (
  view: View,
  state: Partial<GroupObservation['state']> = {},
  claimed?: GroupObservation['claimed'],
): GroupObservation => ({
  topic: 'findings',
  subject: { cluster: 'shop', nodegroup: 'web' },
  trigger: { id: 'e-1', type: 'Inspector2 Finding', time: NOW },
  state: { ...NEW_FINDING_STATE, ...state },
  ...(claimed !== undefined && { claimed }),
  view,
});

const tags = fc.constantFrom({}, { team: 'a' }, { 'eks-host-remediator:ignore': '' });
const release = fc.constantFrom('1.33.12-20260610', OLD, NEW, 'strange');
const urgency = fc.constantFrom('normal' as const, 'urgent' as const);
const vulnerability = fc.constantFrom('CVE-2026-1', 'CVE-2026-2', 'CVE-2026-3');
const severity = fc.constantFrom('CRITICAL', 'HIGH', 'UNTRIAGED');
/** What findings on workers of every kind have. */
const ofAnyFinding = { instanceId: fc.constantFrom('i-0a', 'i-0b'), vulnerabilityId: vulnerability, severity, urgency };

const view: fc.Arbitrary<View> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<View>({ kind: 'gone' }) },
  { weight: 1, arbitrary: fc.constant<View>({ kind: 'unreadable', error: 'AccessDeniedException: no' }) },
  { weight: 1, arbitrary: fc.constant<View>({ kind: 'auto-mode' }) },
  {
    weight: 15,
    arbitrary: fc
      .record(
        {
          clusterTags: tags,
          tags,
          runs: fc.constantFrom('', OLD_AMI, NEW_AMI, `${OLD_AMI} ${NEW_AMI}`),
          open: fc.array(
            fc.record({
              ...ofAnyFinding,
              image: fc.constantFrom('current' as const, 'other' as const),
              imageId: fc.constantFrom(OLD_AMI, NEW_AMI),
            }),
            { maxLength: 4 },
          ),
          aftermath: fc.record({
            workers: fc.nat(2),
            scanned: fc.nat(2),
            stillOpen: fc.uniqueArray(vulnerability, { maxLength: 3 }),
          }),
          way: fc.oneof(
            fc
              .record(
                {
                  wanted: fc.oneof(
                    fc.constantFrom(OLD_AMI, NEW_AMI).map((id): RefreshWay['wanted'] => ({
                      kind: 'named',
                      candidates: [{ image: image(id, id === NEW_AMI ? 2 : 30) }],
                    })),
                    fc.constant<RefreshWay['wanted']>({ kind: 'none', message: 'There is none.' }),
                  ),
                  present: fc.constantFrom(OLD_AMI, NEW_AMI).map((id) => image(id, id === NEW_AMI ? 2 : 30)),
                  movesTo: fc.constant(NEW_AMI),
                  reason: fc.constantFrom('image-baking', 'group-is-mixed', 'refresh-halted', 'would-refresh'),
                },
                { requiredKeys: [] },
              )
              .map(
                ({ wanted, present, movesTo, reason }): RefreshWay => ({
                  kind: 'refresh',
                  controlPlane: '1.33',
                  ...(wanted !== undefined && { wanted }),
                  ...(present !== undefined && { present }),
                  ...(movesTo !== undefined && { movesTo }),
                  ...(reason !== undefined && { reason }),
                }),
              ),
            fc
              .array(fc.constantFrom(undefined, 'node-class-current', 'node-class-drifting', 'ami-terms-custom'), {
                maxLength: 3,
              })
              .map((reasons) => pinWay(reasons.map((reason, index) => [`class-${index}`, reason]))),
            fc.constant({ kind: 'none' as const }),
          ),
        },
        { requiredKeys: ['clusterTags', 'tags', 'runs', 'open', 'way'] },
      )
      .map((fields) => ({ kind: 'other-group', ...fields }) as OtherGroupView),
  },
  {
    weight: 20,
    arbitrary: fc
      .record(
        {
          clusterStatus: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'UPDATING', 'DELETING'),
          clusterTags: tags,
          tags,
          status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'UPDATING', 'DEGRADED', 'DELETE_FAILED'),
          amiType: fc.constantFrom('AL2023_x86_64_STANDARD', 'AL2023_x86_64_STANDARD', 'CUSTOM'),
          releaseVersion: release,
          kubernetesVersion: fc.constantFrom('1.32', '1.33'),
          controlPlane: fc.constantFrom('1.33', '1.36'),
          target: fc.oneof(
            release.map((version) => targeting(NOW, version)),
            fc.record({
              kind: fc.constant('none' as const),
              reason: fc.constant('release-withdrawn' as const),
              message: fc.constant('because'),
            }),
          ),
          open: fc.array(
            fc.record({
              ...ofAnyFinding,
              image: fc.constantFrom('current' as const, 'other' as const, 'unknown' as const),
            }),
            { maxLength: 4 },
          ),
          named: fc.constantFrom(OLD_AMI, NEW_AMI).map((id) => ({
            candidates: [{ image: image(id, id === NEW_AMI ? 2 : 30) }],
            present: image(OLD_AMI, 30),
            controlPlane: '1.33',
          })),
          aftermath: fc.record({
            workers: fc.nat(2),
            scanned: fc.nat(2),
            stillOpen: fc.uniqueArray(vulnerability, { maxLength: 3 }),
          }),
        },
        {
          requiredKeys: [
            'clusterStatus',
            'clusterTags',
            'tags',
            'status',
            'amiType',
            'releaseVersion',
            'kubernetesVersion',
            'controlPlane',
            'target',
            'open',
          ],
        },
      )
      .map((fields) => ({ kind: 'node-group', ...fields }) as NodeGroupView),
  },
);

export const arbitraryObservation: fc.Arbitrary<GroupObservation> = fc
  .record({
    view,
    need: fc.option(
      fc.record({
        urgency,
        severity,
        vulnerabilities: fc.uniqueArray(vulnerability, { minLength: 1 }),
        releaseVersion: fc.oneof(release, fc.constantFrom(OLD_AMI, NEW_AMI, `${OLD_AMI} ${NEW_AMI}`)),
        verifiedAt: fc.constant(NOW - 3_600_000),
      }),
    ),
    claimed: fc.option(urgency),
  })
  .map(({ view: seen, need: known, claimed }) =>
    observation(seen, known === null ? {} : { need: known }, claimed ?? undefined),
  );

export const arbitraryCircumstances: fc.Arbitrary<Circumstances> = fc
  .record({
    findings: fc.record({ mode: fc.constantFrom('enforce', 'observe') }),
    upgrades: fc.record({
      mode: fc.constantFrom('enforce', 'observe', 'off'),
      image: fc.record({ mode: fc.constantFrom('enforce', 'observe', 'off') }),
    }),
    refreshes: fc.record({ mode: fc.constantFrom('enforce', 'enforce', 'observe', 'off') }),
    nodeClasses: fc.record({ mode: fc.constantFrom('enforce', 'observe', 'off') }),
    scope: fc.constantFrom({}, { clusters: ['shop'] }, { clusters: ['other'] }),
  })
  .map(circumstances);
