import type { EksNodeGroup } from '../../sandbox/account/eks/node-group.ts';
import { type Day, type Invariant, isChange, largest } from './invariant.ts';
import { releaseOf } from './moved-to.ts';
import { dateOf } from './takers.ts';

/** Node groups are upgraded within their budget, and never to an older release. */
export function upgrades(day: Day): Invariant {
  const { eks } = day.run.account.fleet;
  const groups = (): EksNodeGroup[] => [...eks.clusters.keys()].flatMap((name) => eks.nodeGroupsOf(name));
  const newest = new Map<string, string>();

  const look = (): void => {
    for (const { name, cluster, releaseVersion = '' } of groups()) {
      const key = `${cluster.name}/${name}`;
      const before = newest.get(key) ?? '';
      if (dateOf(releaseVersion) < dateOf(before)) {
        day.breach('no release goes backwards', `${key} went from ${before} to ${releaseVersion}`);
      }
      newest.set(key, releaseVersion);
    }
  };
  return {
    onTick: look,
    onCall(call) {
      if (call.operation !== 'UpdateNodegroupVersion' || !isChange(call)) return;
      look();
      const { clusterName, nodegroupName } = call.input;
      const releaseVersion = releaseOf(day, call);
      const key = `${clusterName}/${nodegroupName}`;
      if (dateOf(releaseVersion) < dateOf(newest.get(key) ?? '')) {
        day.breach('no release goes backwards', `${key} was to go from ${newest.get(key)} to ${releaseVersion}`);
      }
      const running = groups().filter(({ name, cluster }) =>
        eks.updatesOf(cluster.name, name).some(({ status }) => status === 'InProgress'),
      );
      const most = largest(day, ({ upgrades: { concurrency } }) => concurrency.perAccount);
      if (running.length > most) day.breach('budget', `${running.length} node groups are updated at once, not ${most}`);
      const mostOfCluster = largest(day, ({ upgrades: { concurrency } }) => concurrency.perCluster);
      for (const { name } of eks.clusters.values()) {
        const ofCluster = running.filter(({ cluster }) => cluster.name === name).length;
        if (ofCluster > mostOfCluster) day.breach('budget', `${ofCluster} node groups of ${name} are updated at once`);
      }
    },
  };
}
