import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { isKubernetesAccessError, type KubernetesProblem } from '../../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../../shared/kubernetes/client.ts';
import { type OpenOptions, openCluster } from '../../shared/kubernetes/open-cluster.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Scope } from '../batch.ts';
import { mayStillStart } from '../grace.ts';
import { INSTALLER, INSTALLER_NODE_LIMIT, installability, installerDaemonSet } from '../install/index.ts';
import { type Installation, type InstallingNodes, saveInstallation } from '../install-ledger.ts';
import type { Observation } from '../observation.ts';
import type { Reason } from '../reasons.ts';
import { type Beginning, type Decided, toBegin } from './remedy.ts';

export interface InstallDeps extends OpenOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Unique name of this reconcile. */
  readonly caller: string;
}

/** The installations of one reconcile: what they go by, and what has come of them so far. */
export interface Bringing {
  readonly deps: InstallDeps;
  readonly readCluster: ClusterReader;
  readonly scope: Scope;
  readonly decided: readonly Decided[];
  /** Container image of the installer; undefined while the policy cannot be read. */
  readonly image: string | undefined;
  readonly beginnings: Map<string, Beginning>;
  readonly troubles: Error[];
}

/** The workers of the cluster on which the agent is to be installed from now on. */
export const wantingIn = (cluster: string, { decided }: Pick<Bringing, 'decided'>): Observation[] =>
  toBegin(decided, 'install-agent').filter(({ view }) => view.cluster === cluster);

/** Has these workers wait for another reconcile. */
export function defer({ beginnings }: Bringing, workers: readonly Observation[], message: string): void {
  for (const { instanceId } of workers) beginnings.set(instanceId, { kind: 'deferred', message });
}

function refuse({ beginnings }: Bringing, workers: readonly Observation[], reason: Reason, message: string): void {
  for (const { instanceId } of workers) beginnings.set(instanceId, { kind: 'refused', reason, message });
}

/**
 * One attempt to bring a cluster to what was decided: ledger ► DaemonSet ► ledger.
 *
 * @param known what the ledger has of the cluster
 * @param attempt counts from 1
 * @throws InstallationConflict when another reconcile has changed the installation since it was read
 */
export async function bringOnce(
  cluster: string,
  known: Installation,
  attempt: number,
  bringing: Bringing,
): Promise<void> {
  const { deps, readCluster, image, beginnings, troubles } = bringing;
  const before = known.nodes;
  const staying = stillInstalling(before, cluster, bringing);
  const wanting = wantingIn(cluster, bringing);
  const room = INSTALLER_NODE_LIMIT - Object.keys(staying).length;
  const starting = wanting.slice(0, room);
  const full = `The installer serves at most ${INSTALLER_NODE_LIMIT} nodes of a cluster at a time.`;
  defer(bringing, wanting.slice(room), full);
  const isSame = starting.length === 0 && Object.keys(staying).length === Object.keys(before).length;
  // After a conflict the DaemonSet may be the one that this reconcile has applied, whatever the ledger says.
  if (isSame && attempt === 1) return;
  let saved = known;
  const save = async (step: string, nodes: InstallingNodes): Promise<void> => {
    const writer = `${deps.caller} install ${attempt} ${step}`;
    saved = await saveInstallation(deps.ledger, cluster, { ...saved, nodes }, writer);
  };
  try {
    const reading = await readCluster(cluster);
    if (reading.kind === 'gone') {
      refuse(bringing, starting, 'kubernetes-unreachable', 'The cluster no longer exists.');
      return await save('end', {});
    }
    if (reading.kind === 'unreadable') {
      refuse(bringing, starting, 'unreadable', reading.error);
      if (Object.keys(before).length > 0) troubles.push(new Error(reading.error));
      return;
    }
    const kubernetes = await openCluster(deps, cluster, reading.found);
    const added = starting.length === 0 ? {} : await addNodes(kubernetes, starting, beginnings, deps.clock.now());
    const after = { ...staying, ...added };
    // All nodes were refused and no DaemonSet exists, so there is nothing to update.
    if (Object.keys(after).length === 0 && Object.keys(before).length === 0 && attempt === 1) return;
    await save('begin', { ...before, ...added });
    await applyInstaller(kubernetes, after, deps.region, image);
    await save('end', after);
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    refuse(bringing, starting, REASONS[error.problem], error.message);
    // What a cluster refuses for good it has not got: no installation has begun, and none is to be ended.
    if (saved !== known && FOR_GOOD.has(error.problem)) await save('refused', before);
    if (Object.keys(before).length > 0) troubles.push(error);
  }
}

const FOR_GOOD: ReadonlySet<KubernetesProblem> = new Set(['unauthorized', 'forbidden', 'denied', 'invalid']);

/**
 * The saved nodes whose installation goes on: this reconcile did not end it, and the worker is not missing from a
 * cluster that was read as a whole.
 */
function stillInstalling(
  before: InstallingNodes,
  cluster: string,
  { scope, decided }: Pick<Bringing, 'scope' | 'decided'>,
): InstallingNodes {
  const seen = new Map(decided.map(({ observation, decision }) => [observation.instanceId, decision]));
  return Object.fromEntries(
    Object.entries(before).filter(([instanceId]) => {
      const decision = seen.get(instanceId);
      if (decision !== undefined) return decision.memory.remedy?.kind === 'install-agent';
      return !scope.clusters.has(cluster) && !scope.instances.has(instanceId);
    }),
  );
}

/** What helps where an instance is no node long after its launch. */
const NOT_JOINED =
  'See why the instance did not join its cluster: aws ec2 get-console-output shows how it started. Without its kubelet nothing reaches it; replace it.';

/**
 * The nodes of the workers whose installation begins. Others are refused, each with its reason.
 *
 * A kubelet writes the provider id of its node itself, so a compromised one could name another instance there and draw the
 * privileged installer onto its own host. It cannot choose its name, which follows from its instance: both must match, as
 * in `isNodeBy`.
 */
async function addNodes(
  kubernetes: KubernetesClient,
  starting: readonly Observation[],
  beginnings: Map<string, Beginning>,
  now: number,
): Promise<InstallingNodes> {
  const nodes = new Map((await kubernetes.listNodes()).map((node) => [node.name, node]));
  const added: Record<string, string> = {};
  for (const { instanceId, view } of starting) {
    const node = [view.privateDnsName ?? '', instanceId]
      .map((name) => nodes.get(name))
      .find((named) => named?.instanceId === instanceId);
    const able = node === undefined ? undefined : installability(node.osImage);
    if (node === undefined && mayStillStart(view, now)) {
      const message = 'The instance is no node of its cluster yet: it may still be starting.';
      beginnings.set(instanceId, { kind: 'deferred', message });
    } else if (node === undefined) {
      const message = 'The instance is no node of its cluster: nothing can be installed on it through Kubernetes.';
      beginnings.set(instanceId, { kind: 'refused', reason: 'agent-not-installable', message, hint: NOT_JOINED });
    } else if (able?.kind === 'refused') {
      const { reason: message, hint } = able;
      beginnings.set(instanceId, { kind: 'refused', reason: 'agent-not-installable', message, hint });
    } else {
      added[instanceId] = node.name;
      const call = { service: 'kubernetes', operation: 'PATCH daemonsets', requestId: '' };
      beginnings.set(instanceId, { kind: 'begun', calls: [call] });
    }
  }
  return added;
}

async function applyInstaller(
  kubernetes: KubernetesClient,
  nodes: InstallingNodes,
  region: string,
  image: string | undefined,
): Promise<void> {
  const nodeNames = Object.values(nodes);
  if (nodeNames.length === 0) await kubernetes.deleteDaemonSet(INSTALLER.namespace, INSTALLER.name);
  else if (image !== undefined) await kubernetes.apply(installerDaemonSet({ nodeNames, region, image }));
}

const REASONS: Readonly<Record<KubernetesProblem, Reason>> = {
  unreachable: 'kubernetes-unreachable',
  unauthorized: 'kubernetes-access-missing',
  forbidden: 'kubernetes-forbidden',
  denied: 'kubernetes-failed',
  conflict: 'kubernetes-failed',
  invalid: 'kubernetes-failed',
  throttled: 'kubernetes-failed',
  'too-long': 'kubernetes-failed',
  failed: 'kubernetes-failed',
};
