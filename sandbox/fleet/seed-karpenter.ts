import type { JoinTimes } from '../account/auto-scaling/group.ts';
import { Karpenter } from '../account/eks/karpenter.ts';
import { osImageOf } from '../account/eks/node-os.ts';
import type { EksCluster } from '../account/eks/state.ts';
import type { FleetCluster } from './fleet.ts';
import { launcherKey } from './launches.ts';
import { userDataOf } from './own-templates.ts';
import type { FleetState } from './state.ts';

/** Runs Karpenter in a cluster whose fleet file has its node classes. */
export function seedKarpenterController(state: FleetState, cluster: EksCluster, file: FleetCluster): void {
  const { world, instances, releases, launchers, eks } = state;
  const { name: clusterName } = cluster;
  if (file.karpenterNodeClasses.length === 0) return;
  const karpenter = new Karpenter({
    clusterName,
    world,
    random: world.random.fork(`karpenter ${clusterName}`),
    instances,
    releases,
    version: () => cluster.version,
    classes: file.karpenterNodeClasses.map(
      ({ name, amiSelectorTerms, amiFamily, userData, labels, annotations, manager, managerOperation }) => ({
        name,
        terms: amiSelectorTerms,
        amiFamily,
        userData: userData && userDataOf(state, cluster, userData),
        labels,
        annotations,
        manager: { name: manager, operation: managerOperation },
      }),
    ),
    pools: file.karpenterNodePools,
    launch: (pool, { imageId, amiType, kubernetesVersion, releaseVersion }, readyAfter) => {
      const times: JoinTimes = { runningAfter: readyAfter / 2, readyAfter };
      const osImage = osImageOf(amiType, kubernetesVersion, releaseVersion);
      const key = launcherKey(clusterName, 'karpenterNodePool', pool);
      launchers.get(key)?.(0, times, (specified) => ({ ...specified, imageId, osImage }));
    },
    evictPods: (nodeName) => eks.evictPods(clusterName, nodeName),
  });
  state.karpenter.set(clusterName, karpenter);
}
