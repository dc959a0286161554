import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { Kubelets } from './kubelets.ts';

/**
 * Completes the hook on launches for each instance whose node is Ready. Neither when EKS completes its `Launch-LC-Hook`
 * is documented, nor whether it waits for the node: this is the longest wait.
 */
export function completeLaunchHooks(groups: AutoScalingGroups, kubelets: Kubelets): void {
  groups.onReady((group, instance) => {
    if (kubelets.unheardSince(instance) === undefined) groups.completeLaunch(group, instance);
  });
}
