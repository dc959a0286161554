import pMap from 'p-map';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Scope } from '../batch.ts';
import { INSTALL_PK, type Installation, InstallationConflict, readInstallations } from '../install-ledger.ts';
import type { Observation } from '../observation.ts';
import { type Bringing, bringOnce, defer, type InstallDeps, wantingIn } from './install-in-cluster.ts';
import type { Beginnings, Decided } from './remedy.ts';

/** How many times a cluster is tried anew because another reconcile changed its installation at the same time. */
const TRIES = 3;
const NOBODY: Installation = { nodes: {}, revision: 0 };

/** The results of the installations of one reconcile. */
export interface Installations {
  readonly beginnings: Beginnings;
  /** One error per cluster whose DaemonSet could not be updated. The next reconcile or the sweep tries again. */
  readonly troubles: readonly Error[];
}

/**
 * Updates the installer DaemonSets to what was decided: one per cluster, on exactly the nodes without an agent, deleted
 * when none is left. New nodes are saved before the DaemonSet is applied, and finished ones are removed afterwards.
 * Another reconcile that changes the same installation meanwhile makes the later one begin anew. So neither a crash nor
 * a race leaves a DaemonSet that the ledger does not know.
 *
 * @param image container image of the installer, from the policy; undefined while the policy cannot be read: then no
 * node is added, and the remaining ones stay as they are
 */
export async function bringInstallations(
  deps: InstallDeps,
  readCluster: ClusterReader,
  scope: Scope,
  decided: readonly Decided[],
  image: string | undefined,
): Promise<Installations> {
  const concerned = decided.filter(
    ({ observation, decision }) => isInstalling(observation) || decision.begin === 'install-agent',
  );
  const clusters = [
    ...new Set([...concerned.map(({ observation }) => observation.view.cluster), ...scope.clusters.keys()]),
  ];
  const installing = await readInstallations(deps.ledger, clusters);
  const bringing: Bringing = { deps, readCluster, scope, decided, image, beginnings: new Map(), troubles: [] };
  const bring = (cluster: string) => bringTo(cluster, installing.get(cluster) ?? NOBODY, bringing);
  await pMap(clusters, bring, { concurrency: READ_CONCURRENCY });
  return bringing;
}

const isInstalling = ({ state }: Observation): boolean => state.remedy?.kind === 'install-agent';

/** Brings one cluster to what was decided, anew where another reconcile was first. */
async function bringTo(cluster: string, installed: Installation, bringing: Bringing): Promise<void> {
  const { ledger } = bringing.deps;
  // Nobody knows on which nodes the installer runs: none is added, and none forgotten.
  if (ledger.unreadable?.has(INSTALL_PK, cluster)) {
    return defer(bringing, wantingIn(cluster, bringing), 'The ledger does not say on which nodes the installer runs.');
  }
  let known = installed;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bringOnce(cluster, known, attempt, bringing);
    } catch (error) {
      if (!(error instanceof InstallationConflict)) throw error;
      if (attempt === TRIES) {
        // What has begun for other workers is still to be remembered, so that nothing of it is done twice.
        defer(bringing, wantingIn(cluster, bringing), error.message);
        bringing.troubles.push(error);
        return;
      }
      known = (await readInstallations(ledger, [cluster])).get(cluster) ?? NOBODY;
    }
  }
}
