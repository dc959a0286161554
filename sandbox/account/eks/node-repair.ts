import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { World } from '../world.ts';
import type { Kubelets } from './kubelets.ts';
import type { EksState } from './state.ts';

/**
 * How long a node is not Ready before EKS replaces it, and how long the instance takes to terminate, ms. Source: EKS
 * user guide, "Automatically repair nodes": the kubelet's Ready condition, repair after 30 minutes, by Replace.
 */
const REPAIR_AFTER_MS = 30 * 60_000;
const TERMINATES_MS = 60_000;

/**
 * EKS node auto repair. A node of a managed node group with `nodeRepairConfig` that is not Ready for half an hour is
 * replaced: its instance is terminated, whatever protects it. For two undocumented points the worst case is assumed:
 * members in standby are no exception, and no threshold of unhealthy nodes prevents the repair. A node outside of the
 * Auto Scaling group is no longer EKS's. Only Linux nodes are repaired (the same page).
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
