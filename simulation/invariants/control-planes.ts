import { followingMode, NEXT_IMAGE, NEXT_VERSION } from '../scenario/parts/control-planes.ts';
import { versionOfImage } from '../scenario/parts/own-images.ts';
import { type Day, IGNORE, type Invariant, isChange } from './invariant.ts';
import { releaseOf, templateImageOf } from './moved-to.ts';
import { followsFrom, isSeen, watchVersions } from './settled.ts';

/** A look may have read the control plane so long before the call, ms: calls are repeated with pauses. */
const READ_WITHIN_MS = 10 * 60_000;

/** Words that say that a node group runs what it should. */
const CURRENT: ReadonlySet<string> = new Set(['up-to-date', 'upgraded']);

/**
 * Nodes follow their control plane to its Kubernetes version, never before it has settled, nor while it is changed, nor
 * after a rollback; and whoever is behind is told of.
 */
export function controlPlanes(day: Day): Invariant {
  const { controlPlanes: drawn } = day.scenario;
  if (drawn === undefined) return {};
  const { account } = day.run;
  const { eks } = account.fleet;
  const versions = watchVersions(day);

  /** Nothing moves to a newer version before the control plane can no longer be rolled back, by the policy. */
  const checkMove = (cluster: string, what: string): void => {
    const history = versions.of(cluster);
    const from = followsFrom(day, history);
    if (from === undefined) day.breach('no node follows too soon', `${what}, and ${cluster} was rolled back`);
    else if (from > account.time.now)
      day.breach(
        'no node follows too soon',
        `${what}, and ${cluster} has settled only at ${new Date(from).toISOString()}`,
      );
  };

  /**
   * EKS refuses to update node groups while a control plane is changed. Nobody asks for it, but for who could not know.
   * @param by the only type of change that counts; absent: each one does
   */
  const checkChanging = (cluster: string, what: string, by?: string): void => {
    const { changingSince, changingBy } = versions.of(cluster);
    if (by !== undefined && by !== changingBy) return;
    if (changingSince !== undefined && account.time.now - changingSince > READ_WITHIN_MS)
      day.breach('no node follows too soon', `${what} while the control plane of ${cluster} is changed`);
  };

  const behind = (): void => {
    const inForce = day.policies.at(-1)?.policy;
    if (inForce === undefined || inForce.killSwitch || followingMode(inForce, drawn) !== 'enforce') return;
    for (const { name: cluster, version } of eks.clusters.values()) {
      const history = versions.of(cluster);
      for (const group of eks.nodeGroupsOf(cluster)) {
        if (Object.hasOwn(group.tags, IGNORE) || group.status !== 'ACTIVE' || group.amiType === 'CUSTOM') continue;
        if (group.version === version || !isSeen(day, Math.max(history.seenAt, group.modifiedAt))) continue;
        const last = day.run.records.findLast(
          (record) =>
            record.remediation === 'upgrade-node-groups' &&
            record.cluster === cluster &&
            record.nodegroup === group.name &&
            record.instance === undefined,
        );
        if (last === undefined || CURRENT.has(last.reason)) {
          const runs = `${cluster}/${group.name} runs Kubernetes ${group.version}, not ${version}`;
          day.breach('followed or told', `${runs}, and ${last?.reason} was said`);
        }
      }
    }
  };

  return {
    onTick: versions.look,
    onCall(call) {
      if (call.operation === 'UpdateNodegroupVersion') {
        const { clusterName, nodegroupName, version } = call.input;
        const cluster = String(clusterName);
        checkChanging(cluster, `${nodegroupName} was to be updated`);
        const group = eks.nodeGroupsOf(cluster).find(({ name }) => name === nodegroupName);
        if (!isChange(call) || group === undefined) return;
        const target = group.amiType === 'CUSTOM' ? versionOfImage(releaseOf(day, call)) : version;
        const present = group.amiType === 'CUSTOM' ? versionOfImage(group.releaseVersion ?? '') : group.version;
        if (target === undefined || target === present) return;
        if (target !== eks.cluster(cluster).version)
          day.breach('no node follows too soon', `${nodegroupName} goes to Kubernetes ${target} before ${cluster}`);
        checkMove(cluster, `${nodegroupName} goes to Kubernetes ${target}`);
      }
      if (call.operation === 'StartInstanceRefresh' && isChange(call)) {
        if (templateImageOf(day, call) !== NEXT_IMAGE) return;
        const name = String(call.input.AutoScalingGroupName);
        const { cluster = '' } =
          day.scenario.selfManaged?.groups.find((each) => `${each.cluster}-${each.name}` === name) ?? {};
        checkChanging(cluster, `${name} goes to ${NEXT_IMAGE}`, 'VersionRollback');
        if (eks.cluster(cluster).version !== NEXT_VERSION)
          day.breach('no node follows too soon', `${name} goes to ${NEXT_IMAGE} before its control plane`);
        else checkMove(cluster, `${name} goes to ${NEXT_IMAGE}`);
      }
    },
    onEnd: behind,
  };
}
