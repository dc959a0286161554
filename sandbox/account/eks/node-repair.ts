import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { World } from '../world.ts';
import type { Kubelets } from './kubelets.ts';
import type { EksState } from './state.ts';

/**
 * After how long EKS replaces a node that is not Ready, ms, and how long the instance takes to end. Source: EKS user guide,
 * "Automatically repair nodes": the kubelet's Ready condition, repair after 30 minutes, by Replace.
 */
const REPAIR_AFTER_MS = 30 * 60_000;
const TERMINATES_MS = 60_000;

/**
 * EKS node auto repair: a node of a managed node group with `nodeRepairConfig` that is not Ready for half an hour is replaced,
 * its instance terminated, whatever it is protected by. Two things nobody documents are taken at their worst: that members in
 * standby are no exception, and that no threshold of unhealthy nodes holds it up. What left the Auto Scaling group is none of
 * EKS's nodes any more. Linux alone is repaired (the same page).
 */
export function repairNodes(world: World, eks: EksState, groups: AutoScalingGroups, kubelets: Kubelets): void {
  kubelets.onUnheard((instance, stillSo) => {
    world.time.after(REPAIR_AFTER_MS, () => {
      const { kubernetes, windows, id } = instance;
      if (windows || kubernetes === undefined || !stillSo()) return;
      const group = eks
        .nodeGroupsOf(kubernetes.clusterName)
        .find(({ autoScalingGroup }) => autoScalingGroup.members.has(id));
      if (group?.repairsNodes !== true) return;
      groups.terminate(group.autoScalingGroup, instance, TERMINATES_MS);
      groups.settleSoon(group.autoScalingGroup);
    });
  });
}
