import type { JoinTimes } from '../account/auto-scaling/group.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { Karpenter } from '../account/eks/karpenter.ts';
import { osImageOf } from '../account/eks/node-os.ts';
import type { FleetCluster } from './fleet.ts';
import { launcherKey } from './launches.ts';
import { userDataOf } from './own-templates.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Runs Karpenter in a cluster whose fleet file has its node classes. */
export function seedKarpenterController(state: FleetState, cluster: EksCluster, file: FleetCluster): void {
  const { world, instances, releases, launchers, eks, kubelets } = state;
  const { name: clusterName } = cluster;
  const startsAt = world.time.now;
  // The Kubernetes APIs are there once the whole account is.
  const nodes = () => eks.karpenterNodes(clusterName);
  if (file.karpenterNodeClasses.length === 0) return;
  const karpenter = new Karpenter({
    clusterName,
    apiVersion: file.karpenterVersion,
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
      const { hasNoCapacityUntil = '' } = file.karpenterNodePools.find(({ name }) => name === pool) ?? {};
      if (world.time.now < (parseTime(hasNoCapacityUntil, startsAt) ?? 0)) return undefined;
      return launchers.get(key)?.(0, times, (specified) => ({ ...specified, imageId, osImage }));
    },
    isUnheard: (instance) => kubelets.unheardSince(instance) !== undefined,
    nodes: {
      isKept: (nodeName) => nodes().isKept(nodeName),
      hasKeptPods: (nodeName) => nodes().hasKeptPods(nodeName),
      markDisrupted: (nodeName, is) => nodes().markDisrupted(nodeName, is),
      drain: (nodeName, byForce) => nodes().drain(nodeName, byForce),
    },
  });
  state.karpenter.set(clusterName, karpenter);
}
