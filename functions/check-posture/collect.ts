import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { makePostureReconcileRequest } from '../../events/posture-reconcile-request.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { askToClose, type CloseDeps } from './ask-to-close.ts';
import type { Looked } from './decide-check.ts';
import { type Host, readHost } from './host/host.ts';
import type { RegionFacts } from './host/instance-facts.ts';
import { judgeHost } from './host/judge-host.ts';
import { type ImageReader, readInstanceFacts } from './host/observe-instances.ts';
import { readPods } from './host/observe-pods.ts';
import { judge } from './judge/judge.ts';
import { type Node, NodeError, readNode } from './judge/node.ts';
import { type ObserveClients, readOutput } from './observe.ts';
import type { Policy } from './policy.ts';
import {
  answered,
  type ClusterState,
  failedAfter,
  readGroupStates,
  type Sample,
  samplesIn,
  saveClusterState,
} from './posture-ledger.ts';
import type { checkPosture } from './remediation.ts';
import { silentHosts } from './silent-hosts.ts';
import { subjectsIn, tell } from './tell.ts';
import { deniedOn, unreadOf, whyMute } from './why-mute.ts';

export interface ReconcileDeps extends QueueDeps<typeof checkPosture>, ObserveClients, CloseDeps {
  readonly document: string;
}

export interface CollectDeps extends ReconcileDeps {
  /** Reads the facts of the region, once a reconcile. */
  readonly readRegion: () => Promise<RegionFacts>;
  readonly readImages: ImageReader;
  /** Asks for a reconcile of Session Manager's preferences of the region, once a reconcile. */
  readonly seeToSessions: () => Promise<void>;
}

export const HOUR = 3_600_000;
/** How long commands may take, ms. What they have not reported by then counts as unknown. */
const COLLECT_WITHIN = 15 * 60_000;
/** The growing delays before each read of the results, seconds. */
const LOOK_AFTER = [30, 60, 120, 300] as const;

/** Reads the results of the commands, and again later while some run. */
export async function collect(
  deps: CollectDeps,
  policy: Policy,
  cluster: string,
  state: ClusterState & { readonly pending: NonNullable<ClusterState['pending']> },
): Promise<void> {
  const { ledger, caller } = deps;
  const now = deps.clock.now();
  const { polls, sentAt, trigger, isPartial = false, nodegroups, asks = [] } = state.pending;
  const read = await readAll(deps, cluster, state.pending, now - sentAt >= COLLECT_WITHIN);
  if (read === undefined) {
    const pending = { ...state.pending, polls: polls + 1 };
    const saved = await saveClusterState(ledger, cluster, { ...state, pending }, now, caller);
    if (saved !== undefined) await lookAgain(deps, cluster, polls + 1);
    return;
  }
  const { looked, mute } = read;
  const before = await readGroupStates(ledger, subjectsIn(cluster, looked));
  if (policy.shells.seesToSessions) await deps.seeToSessions();
  // Requests come before the new states are saved, so that a check that dies in between asks again.
  await askToClose(deps, cluster, looked, { waivers: policy.posture.waivers, before, now });
  const told = new Set([...looked.values()].flat().map(({ instanceId }) => instanceId));
  const silent = await silentHosts(deps, before.values(), told);
  const { expiry, failed } = await tell(deps, policy, cluster, trigger, { looked, mute, before, silent });
  const isWhole = !isPartial && [...looked.values()].every((each) => each.length > 0);
  const every = Math.max(HOUR, policy.posture.every);
  const next = isWhole ? nextDue(now, every, cluster) : now + 6 * HOUR;
  // A check of some groups moves no date for the others.
  const dueAt = Math.min(nodegroups === undefined ? next : Math.min(next, state.dueAt ?? 0), expiry);
  const { revision } = state;
  const names = [...looked].flatMap(([group, hosts]) => (hosts.length > 0 ? [group] : []));
  await saveClusterState(
    ledger,
    cluster,
    {
      dueAt,
      revision,
      failed: failedAfter(state, new Set(looked.keys()), failed),
      ...answered(state, asks, names, now),
    },
    now,
    caller,
  );
}

/**
 * Judges what each worker printed, by group; undefined while one is not done. The output of a worker that ran out of
 * time counts as missing. `mute`: why a worker of a group told nothing although its agent answered, by group.
 */
async function readAll(
  deps: CollectDeps,
  cluster: string,
  { samples: batches, access, remoteAccess = {} }: NonNullable<ClusterState['pending']>,
  isOver: boolean,
): Promise<{ readonly looked: Map<string, Looked[]>; readonly mute: ReadonlyMap<string, string> } | undefined> {
  const { ssm, ec2, clock, account, readRegion, readImages } = deps;
  const samples = samplesIn(batches);
  const looked = new Map<string, Looked[]>(samples.map(({ nodegroup }) => [nodegroup, []]));
  const seen: Array<{ nodegroup: string; instanceId: string; node: Node; host: Host }> = [];
  const mute = new Map<string, string>();
  let isRunning = false;
  const readOne = async (sample: Sample): Promise<void> => {
    // One running command is enough to read all of them again.
    if (isRunning) return;
    const gathered = await readOutput(ssm, sample);
    isRunning ||= gathered.kind === 'running' && !isOver;
    const { nodegroup, instanceId } = sample;
    const found = gathered.kind === 'ended' ? nodeIn(gathered.output) : undefined;
    if (found === undefined) {
      const why =
        gathered.kind === 'unread'
          ? unreadOf(instanceId, gathered.refused)
          : sample.refused === undefined
            ? whyMute(instanceId, gathered.status)
            : deniedOn(instanceId, sample.refused);
      if (why !== undefined) mute.set(nodegroup, why);
      return;
    }
    seen.push({ nodegroup, instanceId, ...found });
  };
  await pMap(samples, readOne, { concurrency: READ_CONCURRENCY });
  if (isRunning) return undefined;
  const facts = await readInstanceFacts(
    ec2,
    seen.map(({ instanceId }) => instanceId),
    { account, readImages },
  );
  const around = await readRegion();
  const nodes = seen.map(({ instanceId }) => ({ instanceId, privateDnsName: facts.get(instanceId)?.privateDnsName }));
  const pods = await readPods(deps, cluster, access, nodes);
  for (const { nodegroup, instanceId, node, host } of seen) {
    const judgements = {
      ...judge(node),
      ...judgeHost(host, facts.get(instanceId), around, clock.now(), {
        remoteAccess: remoteAccess[nodegroup],
        pods: pods.get(instanceId),
      }),
    };
    looked.get(nodegroup)?.push({ instanceId, kubernetesVersion: node.kubernetesVersion, judgements });
  }
  return { looked, mute };
}

/** The output of a worker, parsed; undefined where it is cut off or is not a node. */
function nodeIn(output: string | undefined): { node: Node; host: Host } | undefined {
  if (output === undefined) return undefined;
  try {
    const gathered: unknown = JSON.parse(output);
    return { node: readNode(gathered), host: readHost(gathered) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NodeError) return undefined;
    throw error;
  }
}

export async function lookAgain(
  { queue, account, region, clock }: ReconcileDeps,
  cluster: string,
  polls: number,
): Promise<void> {
  const now = clock.now();
  const origin = { account, region, time: new Date(now).toISOString() };
  const request = makePostureReconcileRequest(origin, `collect ${cluster} ${now}`, {
    trigger: 'collect',
    clusterName: cluster,
  });
  const delaySeconds = LOOK_AFTER[Math.min(polls, LOOK_AFTER.length - 1)] ?? 300;
  await sendRequests(queue, [{ request, delaySeconds }]);
}

/**
 * When a cluster is due again. A fixed share of each cluster, up to a tenth of the period, makes it earlier, so that
 * clusters do not come all at once.
 */
export function nextDue(now: number, every: number, cluster: string): number {
  const share = createHash('sha256').update(cluster).digest().readUInt32BE() / 2 ** 32;
  return now + every - Math.floor((every / 10) * share);
}
