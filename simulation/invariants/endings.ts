import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { EksNodeGroup } from '../../sandbox/account/eks/node-group.ts';
import { newestImage } from '../scenario/parts/own-images.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { type Day, IGNORE, type Invariant } from './invariant.ts';
import { SEEN_WITHIN_MS } from './settled.ts';

/** Words that say that a worker is closed, or never was open. */
const CLOSED: ReadonlySet<string> = new Set(['not-exposed', 'quarantined', 'stripped', 'quarantine-ended']);
/** Words that say that a node group runs what it should. */
const CURRENT: ReadonlySet<string> = new Set(['up-to-date', 'upgraded']);
/** Words that say that a worker is held, or about to be. */
const HELD: ReadonlySet<string> = new Set(['quarantined', 'stripped', 'quarantine-started', 'quarantine-in-progress']);

/** Faults have ended for hours: whoever is exposed is closed or told of, and whoever can be upgraded is. */
export function endings(day: Day): Invariant {
  const { account, records } = day.run;
  const { eks, instances, networks } = account.fleet;

  /** When an instance was last seen that had not ended, epoch ms. EC2 forgets those that have. */
  const lastThere = new Map<string, number>();

  const lastOf = (remediation: string, of: (record: RemediationRecord) => boolean): RemediationRecord | undefined =>
    records.findLast((record) => record.remediation === remediation && of(record));

  const exposed = (): void => {
    for (const { id, tags, kubernetes, operator, state } of instances.list()) {
      if (state !== 'running' || kubernetes === undefined || operator !== undefined || tags.has(IGNORE)) continue;
      const cluster = kubernetes.clusterName;
      const pool = tags.get('karpenter.sh/nodepool');
      const group = pool === undefined ? tags.get('eks:nodegroup-name') : `karpenter:${pool}`;
      const ofGroup = eks.nodeGroupsOf(cluster).find(({ name }) => name === group);
      const isOurs = pool !== undefined || (ofGroup !== undefined && !Object.hasOwn(ofGroup.tags, IGNORE));
      if (!isOurs || !networks.isReachable(id)) continue;
      const own = lastOf('quarantine-workers', ({ instance }) => instance === id);
      const ofAll = lastOf(
        'quarantine-workers',
        (record) =>
          record.cluster === cluster &&
          record.nodegroup === group &&
          record.instance === undefined &&
          // A check is about another question: the ways in by SSH.
          record.details?.check === undefined,
      );
      if ((own === undefined || CLOSED.has(own.reason)) && ofAll?.reason !== 'public-by-design') {
        day.breach(
          'exposed is closed or told',
          `${id} of ${cluster}/${group} is open, and its last record is ${own?.reason}`,
        );
      }
    }
  };

  /** Whoever was in quarantine, and has been gone for longer than sweeps take, is said to be. */
  const gone = (): void => {
    const held = new Map<string, RemediationRecord>();
    for (const each of records)
      if (each.remediation === 'quarantine-workers' && each.instance !== undefined) held.set(each.instance, each);
    for (const [id, { reason }] of held) {
      const goneFor = account.time.now - (lastThere.get(id) ?? account.time.now);
      const isSeen = goneFor > sweepPauseOf(day.scenario) + SEEN_WITHIN_MS;
      if (isSeen && HELD.has(reason)) day.breach('its end is told', `${id} is gone, and ${reason} was said last`);
    }
  };

  const isOut = (imageId: string): boolean => account.fleet.images.list().some(({ ImageId }) => ImageId === imageId);

  /** What a node group is to run: the recommended release, or the newest AMI of its owner that its control plane has it take. */
  const wantedFor = ({ cluster, version, amiType, releaseVersion }: EksNodeGroup): string | undefined => {
    if (amiType !== 'CUSTOM') return account.fleet.releases.latest(version, amiType, account.time.now)?.releaseVersion;
    // When nodes take AMIs for another Kubernetes version, others watch.
    return day.scenario.controlPlanes === undefined ? newestImage(isOut, cluster.version) : releaseVersion;
  };

  const outdated = (): void => {
    for (const name of eks.clusters.keys()) {
      for (const one of eks.nodeGroupsOf(name)) {
        const { name: group, tags, releaseVersion = '', status } = one;
        if (Object.hasOwn(tags, IGNORE) || status !== 'ACTIVE') continue;
        const recommended = wantedFor(one);
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
    onTick() {
      for (const { id, terminatedAt } of instances.list())
        if (terminatedAt === undefined) lastThere.set(id, account.time.now);
    },
    onEnd() {
      const [inForce] = day.policies.slice(-1);
      if (inForce === undefined) return;
      if (inForce.policy.quarantine.mode !== 'off') exposed();
      if (inForce.policy.quarantine.mode === 'enforce') gone();
      if (inForce.policy.upgrades.mode !== 'off') outdated();
    },
  };
}
