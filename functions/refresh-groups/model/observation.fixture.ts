import { parsePolicy } from '../../policy-document.ts';
import type { Need } from '../../shared/ledger/finding-ledger.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { machineImage } from '../../shared/releases/machine-image.fixture.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import type { Policy } from '../policy.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';

export const NOW = Date.parse('2026-07-14T12:00:00Z');
export const HOUR = 3_600_000;
export const OLD = 'ami-0aaaaaaaaaaaaaaaa';
export const NEW = 'ami-0bbbbbbbbbbbbbbbb';

export const image = (imageId: string, age: number, more: Partial<MachineImage> = {}) =>
  machineImage({ imageId, name: `nodes-${imageId.slice(-2)}`, createdAt: NOW - age, ...more });

export const policyWith = (refreshes: object = {}, others: object = {}): Policy => {
  const all = { wanted: { ssmParameter: '/ami' }, templates: 'change', mode: 'enforce', ...refreshes };
  return parsePolicy(JSON.stringify({ refreshes: all, ...others }), 'enforce') as Policy;
};

export type Group = Observation['group'];
export const member = (id: string, more: object = {}) => ({
  id,
  lifecycleState: 'InService',
  imageId: OLD,
  isProtected: false,
  isQuarantined: false,
  ...more,
});
export const seen = (more: Partial<Observation> = {}, group: Partial<Group> = {}): Observation => ({
  key: { cluster: 'shop', nodegroup: 'self-managed:legacy' },
  group: {
    name: 'legacy',
    tags: {},
    source: { kind: 'version', templateId: 'lt-1', version: '3' },
    suspended: [],
    desired: 2,
    members: [member('i-1'), member('i-2')],
    ...group,
  },
  trigger: { id: 't', type: 'sweep', time: NOW, redelivered: false },
  owner: { tags: {} },
  controlPlane: '1.33',
  refreshes: [],
  wanted: { kind: 'named', candidates: [{ image: image(NEW, 48 * HOUR) }] },
  present: image(OLD, 96 * HOUR),
  template: { templateId: 'lt-1', templateName: 'legacy', version: 3, tags: {}, data: { ImageId: OLD } },
  drains: true,
  state: { outcomes: 0, revision: 0 },
  ...more,
});
export const circumstances = (policy: Policy = policyWith(), more: Partial<Circumstances> = {}): Circumstances => ({
  policy,
  now: NOW,
  account: '111122223333',
  underWay: new Set(),
  ...more,
});
export const said = ({ decision, reason }: Decision) => `${decision} ${reason}`;
export const begun = {
  target: NEW,
  from: { version: '3', imageId: OLD },
  at: NOW - HOUR,
  attempt: 1,
  version: '4',
  refreshId: 'r-1',
};
export const under = (more: Partial<RefreshState> = {}): RefreshState => ({
  outcomes: 1,
  revision: 1,
  fingerprint: 'x',
  refresh: begun,
  ...more,
});
export const known = (status: string, more: object = {}) => ({
  id: 'r-1',
  status,
  reason: '',
  percent: 50,
  startedAt: NOW - HOUR,
  isAsBegunHere: true,
  version: '4',
  ...more,
});

/** Urgent findings that Inspector has just confirmed. */
export const need: Need = {
  urgency: 'urgent',
  severity: 'CRITICAL',
  vulnerabilities: ['CVE-2026-31415'],
  releaseVersion: OLD,
  verifiedAt: NOW,
};

/** An operator's request about the group. */
export const asked = (action: string) =>
  ({
    event: { detail: { remediation: 'refresh-groups', action, requestedBy: 'somebody', why: 'it is bad' } },
    trigger: { id: `asked to ${action}`, type: 'operator', time: NOW, redelivered: false },
  }) as never;
