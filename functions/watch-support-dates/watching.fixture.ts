import type { Run } from '../../sandbox/play.ts';

/** When Kubernetes versions lose their support, seen from a day of July. */
export const versions = {
  startsAt: '2026-07-01T00:00:00Z',
  kubernetesVersions: [
    { version: '1.31', endOfStandardSupport: '2025-11-26T00:00:00Z', endOfExtendedSupport: '2026-11-26T00:00:00Z' },
    { version: '1.33', endOfStandardSupport: '2026-07-29T00:00:00Z', endOfExtendedSupport: '2027-07-29T00:00:00Z' },
    { version: '1.34', endOfStandardSupport: '2026-12-02T00:00:00Z', endOfExtendedSupport: '2027-12-02T00:00:00Z' },
  ],
};

export const cluster = (name: string, version: string, others: object = {}) => ({
  name,
  version,
  nodeGroups: [],
  ...others,
});

const off = { mode: 'off' };
/** Has nothing else act. */
export const policy = {
  upgrades: off,
  refreshes: off,
  ssmAgent: off,
  quarantine: off,
  findings: off,
  posture: off,
  imds: off,
};

export const told = ({ records }: Run) =>
  records
    .filter(({ remediation }) => remediation === 'watch-support-dates')
    .map(({ cluster, decision, reason, time }) => `${time.slice(5, 10)} ${cluster} ${decision} ${reason}`)
    .toSorted();
export const messagesOf = ({ records }: Run, cluster: string): string[] =>
  records.flatMap((record) =>
    record.remediation === 'watch-support-dates' && record.cluster === cluster ? [record.message] : [],
  );

/** The number of messages that people got about a cluster. */
export const notified = ({ account }: Run, cluster: string): number =>
  account.sns.published.filter(({ subject }) => subject?.includes(` ${cluster}:`)).length;
