import { sample } from '../events/inspector-package-finding.ts';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, type Scenario } from './harness.ts';

export const OLD = '1.33.12-20260625';
export const NEW = '1.33.13-20260714';
const STARTS_AT = '2026-07-14T00:05:00Z';
const AMI_TYPE = 'AL2023_x86_64_STANDARD';

/** Short times: urgent findings start their upgrade at 1:30 from the start, others at 3:00. */
export const HASTY = { upgrades: { bakeAge: '2h', urgent: { bakeAge: '30m' } } };
/** When {@link HASTY} lets an upgrade start, ms from the start. */
export const URGENT_START = 1.5 * HOUR;
export const NORMAL_START = 3 * HOUR;

/**
 * A vulnerability of the highest gravity. It is known after ten minutes, and releases from half an hour later on have
 * the fix.
 */
export const URGENT = {
  id: 'CVE-2026-31415',
  severity: 'CRITICAL',
  package: 'runc',
  fixedInVersion: '1.2.9',
  exploitAvailable: true,
  epss: 0.83,
  publishedAt: '+10m',
  fixedSince: '+30m',
};
/** A grave vulnerability without a known exploit. */
export const GRAVE = {
  ...URGENT,
  id: 'CVE-2026-27182',
  severity: 'HIGH',
  package: 'curl',
  exploitAvailable: false,
  epss: 0.01,
};

export interface FindingsFleet {
  readonly vulnerabilities?: readonly object[];
  /** When the newer release is published; undefined where it never is. */
  readonly newReleaseAt?: string | undefined;
  readonly nodeGroup?: object;
  readonly cluster?: object;
  readonly inspector?: object;
  readonly more?: object;
}

/** One cluster with one node group, in an account that Inspector scans. */
export const findingsFleet = ({
  vulnerabilities = [URGENT],
  newReleaseAt = '+40m',
  nodeGroup = {},
  cluster = {},
  inspector = {},
  more = {},
}: FindingsFleet = {}): Pick<Scenario, 'fleet'> => ({
  fleet: {
    startsAt: STARTS_AT,
    releases: [
      { at: '-10d', kubernetesVersion: '1.33', amiType: AMI_TYPE, releaseVersion: OLD },
      { at: newReleaseAt, kubernetesVersion: '1.33', amiType: AMI_TYPE, releaseVersion: NEW },
    ],
    inspector: { vulnerabilities, ...inspector },
    clusters: [
      {
        name: 'shop',
        version: '1.33',
        nodeGroups: [
          { name: 'web', desiredSize: 2, releaseVersion: OLD, updates: { minutesPerNode: 4 }, ...nodeGroup },
        ],
        ...cluster,
      },
    ],
    ...more,
  },
});

/** The time of a release after the end of every run. */
export const NEVER = '+99d';

const ours = ({ records }: Run): RemediationRecord[] =>
  records.filter(({ remediation }) => remediation === 'triage-findings');

/** The records of triage-findings about node groups, in order, as `decision reason`. */
export const triageIncident = (run: Run): string[] =>
  ours(run)
    .filter(({ nodegroup }) => nodegroup !== undefined)
    .map(({ decision, reason }) => `${decision} ${reason}`);

/** The records of triage-findings with this reason. */
export const told = (run: Run, reason: string): RemediationRecord[] =>
  ours(run).filter((record) => record.reason === reason);

/** The numbers of messages by their outcome. */
export function counted(run: Run): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { details = {} } of told(run, 'findings-counted')) {
    for (const [kind, count] of Object.entries(details)) sums[kind] = (sums[kind] ?? 0) + Number(count);
  }
  return sums;
}

export const workersOf = (run: Run): string[] => run.account.fleet.instances.list().map(({ id }) => id);

/** A forged Inspector event, published this long after the start. */
export const forged = (instanceId: string, after = 30 * MINUTE, detail: object = {}, id = 'forged') => ({
  after,
  event: {
    ...sample,
    id,
    resources: [instanceId],
    detail: { ...sample.detail, resources: [{ type: 'AWS_EC2_INSTANCE', id: instanceId }], ...detail },
  },
});

/** When an upgrade started, ms from the start. */
export function upgradeBegan({ records }: Run): number | undefined {
  const began = records.find(({ reason }) => reason === 'upgrade-started');
  return began === undefined ? undefined : Date.parse(began.time) - Date.parse(STARTS_AT);
}
