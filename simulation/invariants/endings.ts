import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { Day, Invariant } from './invariant.ts';

/** Words that say that a worker is closed, or never was open. */
const CLOSED: ReadonlySet<string> = new Set(['not-exposed', 'quarantined', 'stripped', 'quarantine-ended']);
/** Words that say that a node group runs what it should. */
const CURRENT: ReadonlySet<string> = new Set(['up-to-date', 'upgraded']);
const IGNORE = 'eks-host-remediator:ignore';

/** Faults have ended for hours: whoever is exposed is closed or told of, and whoever can be upgraded is. */
export function endings(day: Day): Invariant {
  const { account, records } = day.run;
  const { eks, instances, networks } = account.fleet;

  const lastOf = (remediation: string, of: (record: RemediationRecord) => boolean): RemediationRecord | undefined =>
    records.findLast((record) => record.remediation === remediation && of(record));

  const exposed = (): void => {
    for (const { id, tags, kubernetes, operator, state } of instances.list()) {
      if (state !== 'running' || kubernetes === undefined || operator !== undefined || tags.has(IGNORE)) continue;
      const [cluster, group] = [tags.get('eks:cluster-name'), tags.get('eks:nodegroup-name')];
      const ofGroup = eks.nodeGroupsOf(cluster ?? '').find(({ name }) => name === group);
      if (ofGroup === undefined || Object.hasOwn(ofGroup.tags, IGNORE) || !networks.isReachable(id)) continue;
      const own = lastOf('quarantine-workers', ({ instance }) => instance === id);
      const ofAll = lastOf(
        'quarantine-workers',
        (record) => record.cluster === cluster && record.nodegroup === group && record.instance === undefined,
      );
      if ((own === undefined || CLOSED.has(own.reason)) && ofAll?.reason !== 'public-by-design') {
        day.breach(
          'exposed is closed or told',
          `${id} of ${cluster}/${group} is open, and its last record is ${own?.reason}`,
        );
      }
    }
  };

  const outdated = (): void => {
    for (const name of eks.clusters.keys()) {
      for (const { name: group, version, tags, releaseVersion = '', amiType, status } of eks.nodeGroupsOf(name)) {
        if (Object.hasOwn(tags, IGNORE) || status !== 'ACTIVE' || amiType === 'CUSTOM') continue;
        const recommended = account.fleet.releases.latest(version, amiType, account.time.now)?.releaseVersion;
        const last = lastOf(
          'upgrade-node-groups',
          (record) => record.cluster === name && record.nodegroup === group && record.instance === undefined,
        );
        if (releaseVersion !== recommended && (last === undefined || CURRENT.has(last.reason))) {
          day.breach(
            'upgraded or told',
            `${name}/${group} runs ${releaseVersion}, not ${recommended}, and ${last?.reason} was said`,
          );
        }
      }
    }
  };

  return {
    onEnd() {
      const [inForce] = day.policies.slice(-1);
      if (inForce === undefined) return;
      if (inForce.policy.quarantine.mode !== 'off') exposed();
      if (inForce.policy.upgrades.mode !== 'off') outdated();
    },
  };
}
