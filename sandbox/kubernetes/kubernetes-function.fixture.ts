import { setTimeout } from 'node:timers/promises';
import { clusterToken, openKubernetes } from '../../functions/shared/kubernetes/access.ts';
import { isKubernetesAccessError } from '../../functions/shared/kubernetes/access-error.ts';
import type { DaemonSetManifest, KubernetesClient } from '../../functions/shared/kubernetes/client.ts';
import { createPatience } from '../../functions/shared/kubernetes/patience.ts';

interface Event {
  readonly cluster: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
  readonly manifest: DaemonSetManifest;
  /** A node to isolate, drain and restore, instead of everything else. */
  readonly node?: string;
}

/** A function that lists the nodes, applies a DaemonSet, waits until it is ready everywhere, and deletes it. */
export async function handler({ cluster, endpoint, certificateAuthority, manifest, node }: Event) {
  const clock = { now: () => Date.now() };
  const token = await clusterToken({
    cluster,
    region: process.env.AWS_REGION ?? '',
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: process.env.AWS_SESSION_TOKEN ?? '',
    },
    clock,
  });
  const patience = createPatience(clock, 600_000);
  const { name, namespace } = manifest.metadata;
  try {
    const client = await openKubernetes({ cluster, endpoint, certificateAuthority, token, patience });
    if (node !== undefined) return await emptied(client, node);
    const nodes = await client.listNodes();
    await client.apply(manifest);
    const seen: unknown[] = [];
    for (let status = { desired: 0, ready: -1 }; status.ready < nodes.length; ) {
      await setTimeout(5_000);
      status = (await client.daemonSetStatus(namespace, name)) ?? status;
      seen.push(status);
    }
    await client.deleteDaemonSet(namespace, name);
    return { nodes: nodes.map((node) => node.instanceId), last: seen.at(-1) };
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    return { problem: error.problem, message: error.message, at: Date.now() };
  }
}

async function emptied(client: KubernetesClient, name: string) {
  const taint = { key: 'quarantine', value: 'yes', effect: 'NoSchedule' };
  const key = 'node.kubernetes.io/exclude-from-external-load-balancers';
  const isolated = await client.isolateNode(name, { taint, label: { key, value: 'true' } });
  const movable = async () =>
    (await client.listPods(name)).filter(({ ownedByDaemonSet, mirror }) => !ownedByDaemonSet && !mirror);
  const evictions: string[] = [];
  for (let pods = await movable(); pods.length > 0; pods = await movable()) {
    for (const pod of pods) if (!pod.terminating) evictions.push(await client.evict(pod));
    await setTimeout(10_000);
  }
  const label = { key, value: undefined };
  const restored = await client.restoreNode(name, { unschedulable: false, taintKey: taint.key, label });
  return { isolated, evictions, restored, node: await client.findNode(`i-0${name}`, name) };
}
