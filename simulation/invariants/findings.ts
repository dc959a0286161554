import { QUARANTINE_TAG } from '../../functions/shared/fleet/scope.ts';
import { MEMBER_OF } from '../../functions/shared/fleet/worker.ts';
import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { Finding } from '../../sandbox/account/inspector/finding.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { BAKES_FOR } from '../scenario/parts/vulnerabilities.ts';
import { watchUrgent } from './hastened.ts';
import { type Day, IGNORE, type Invariant, isChange } from './invariant.ts';

const HOUR_MS = 3_600_000;
const CLUSTER_TAG = 'kubernetes.io/cluster/';
/** How long after a sweep at most findings have been told of, for all that faults may do, ms. */
const TOLD_WITHIN_MS = HOUR_MS;
/** Words that say that findings are over. */
const OVER: ReadonlySet<string> = new Set(['findings-fixed', 'findings-closed', 'finding-not-open']);
/** Severities that count by the default policy. */
const COUNT: ReadonlySet<string> = new Set(['CRITICAL', 'HIGH']);

/** A release moves before it has baked only with urgent findings; whoever has findings is told of. */
export function findings(day: Day): Invariant {
  if (day.scenario.vulnerabilities === undefined) return {};
  const { account, records } = day.run;
  const { inspector, eks, releases } = account.fleet;

  /** The cluster and group of the node of a finding, as records name them. */
  const groupOf = ({ instance: { tags } }: Finding): readonly [string, string] | undefined => {
    const cluster = [...tags.keys()].find((key) => key.startsWith(CLUSTER_TAG))?.slice(CLUSTER_TAG.length) ?? '';
    const pool = tags.get('karpenter.sh/nodepool');
    if (pool !== undefined) return [cluster, `karpenter:${pool}`];
    const nodeGroup = tags.get('eks:nodegroup-name');
    const ofGroup = tags.get('aws:autoscaling:groupName');
    if (ofGroup !== undefined) return [cluster, nodeGroup ?? `self-managed:${ofGroup}`];
    // What a quarantine took out of its group for good is in none any more.
    return nodeGroup === undefined ? undefined : [cluster, 'self-managed:*'];
  };
  const counts = ({ vulnerability }: Finding): boolean =>
    COUNT.has(vulnerability.severity) && vulnerability.fixedInVersion !== undefined;

  const lastOf = ([ofCluster, group]: readonly [string, string]): RemediationRecord | undefined =>
    records.findLast(
      ({ remediation, cluster, nodegroup, reason }) =>
        remediation === 'triage-findings' &&
        cluster === ofCluster &&
        nodegroup === group &&
        !reason.startsWith('workers-'),
    );

  const urgent = watchUrgent(day);
  return {
    onTick: urgent.look,
    onCall(call) {
      if (call.operation !== 'UpdateNodegroupVersion' || !isChange(call)) return;
      urgent.look();
      const { clusterName, nodegroupName, version, releaseVersion } = call.input;
      const group = eks.nodeGroupsOf(String(clusterName)).find(({ name }) => name === nodegroupName);
      if (group === undefined || group.amiType === 'CUSTOM') return;
      const { at = 0 } = releases.find(String(version), group.amiType, String(releaseVersion)) ?? {};
      const key = `${clusterName}/${nodegroupName}`;
      if (account.time.now - at >= BAKES_FOR * HOUR_MS || urgent.isHastened(key)) return;
      day.breach('the bake', `${key} takes ${releaseVersion} too soon, and has no urgent finding`);
    },
    onEnd() {
      const inForce = day.policies.at(-1)?.policy;
      if (inForce === undefined || inForce.killSwitch) return;
      const since = account.time.now - sweepPauseOf(day.scenario) - TOLD_WITHIN_MS;
      for (const finding of inspector.findings()) {
        const { instance, status, firstObservedAt, vulnerability } = finding;
        const group = groupOf(finding);
        if (status !== 'ACTIVE' || group === undefined || !counts(finding) || firstObservedAt > since) continue;
        // A worker in quarantine does not stand for its group.
        if (instance.state !== 'running' || instance.operator !== undefined || instance.tags.has(QUARANTINE_TAG))
          continue;
        if (instance.tags.has(IGNORE)) continue;
        // What has never joined the cluster is no worker of it: refresh-groups tells of that.
        if (!instance.tags.has(MEMBER_OF)) continue;
        const [cluster, name] = group;
        const managed = eks.nodeGroupsOf(cluster).find((each) => each.name === name);
        if (managed !== undefined && Object.hasOwn(managed.tags, IGNORE)) continue;
        const last = lastOf(group);
        if (last === undefined || OVER.has(last.reason)) {
          const said = last === undefined ? 'nothing' : last.reason;
          day.breach(
            'findings are told of',
            `${instance.id} of ${group.join('/')} has ${vulnerability.id}, and ${said} was said`,
          );
        }
      }
    },
  };
}
