import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makePostureReconcileRequest } from '../../events/posture-reconcile-request.ts';
import { isInScope } from '../shared/fleet/scope.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { type Asked, readBatch } from './batch.ts';
import type { Looked } from './decide.ts';
import { judge } from './judge/judge.ts';
import { type Node, NodeError, readNode } from './judge/node.ts';
import { chooseSamples, type ObserveClients, readOutput } from './observe.ts';
import type { Policy } from './policy.ts';
import { type ClusterState, NEW_CLUSTER, readClusterStates, type Sample, saveClusterState } from './posture-ledger.ts';
import type { checkPosture } from './remediation.ts';
import { sendGather } from './send.ts';
import { tell, tellUnreadable } from './tell.ts';

export interface ReconcileDeps extends QueueDeps<typeof checkPosture>, ObserveClients {
  readonly document: string;
}

const HOUR = 3_600_000;
/** How long commands may take until what they have not told counts as unknown, ms. */
const COLLECT_WITHIN = 15 * 60_000;
/** From sending to the first look, and from one look to the next, seconds: growing. */
const LOOK_AFTER = [30, 60, 120, 300] as const;
/** A claim without a command is somebody's who died: it is taken over after this, ms. */
const CLAIM_HOLDS = 10 * 60_000;

/**
 * One reconcile: of each cluster that was asked about, what is under way is collected, and what is due is begun. A cluster
 * that fails stops no other.
 *
 * @throws when AWS could not be read or written for one of them: the batch comes again, and what is done is not done twice
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Which clusters are asked about, and by which policy.
  const { clusters, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  if (!isInvalid(policy) && !policy.killSwitch && policy.posture.mode !== 'off') {
    const inScope = [...clusters].filter(([cluster]) => isInScope(policy.scope, deps.account, cluster));
    // Of each, what is under way is collected, or what is due is begun.
    const states = await readClusterStates(
      deps.ledger,
      inScope.map(([cluster]) => cluster),
    );
    const one = ([cluster, asked]: [string, Asked]) =>
      reconcileCluster(deps, policy, cluster, asked, states.get(cluster) ?? NEW_CLUSTER);
    await pMap(inScope, one, { concurrency: READ_CONCURRENCY, stopOnError: false });
  }
  for (const message of malformed) await putAside(deps, message);
}

async function reconcileCluster(
  deps: ReconcileDeps,
  policy: Policy,
  cluster: string,
  asked: Asked,
  state: ClusterState,
): Promise<void> {
  const now = deps.clock.now();
  const { pending } = state;
  if (pending?.isSent === true) await collect(deps, policy, cluster, { ...state, pending });
  else if (pending !== undefined && now - pending.sentAt < CLAIM_HOLDS) return;
  else if (asked.now || now >= (state.dueAt ?? 0)) await begin(deps, policy, cluster, asked, state);
}

/** Chooses workers, claims the check, has them gathered, and looks again. */
async function begin(
  deps: ReconcileDeps,
  policy: Policy,
  cluster: string,
  { trigger }: Asked,
  state: ClusterState,
): Promise<void> {
  const { ledger, ssm, document, caller } = deps;
  const now = deps.clock.now();
  const { samples, groups, unreadable } = await chooseSamples(deps, cluster, policy.posture.sample);
  await tellUnreadable(deps, policy, cluster, trigger, unreadable);
  if (samples.length === 0) {
    await tell(deps, policy, cluster, trigger, new Map(groups.map((group) => [group, []])));
    await saveClusterState(ledger, cluster, { dueAt: now + HOUR, revision: state.revision }, now, caller);
    return;
  }
  const { id, type, time } = trigger;
  const isPartial = unreadable.size > 0;
  const pending = { sentAt: now, polls: 0, isSent: false, samples, isPartial, trigger: { id, type, time } };
  const claimed = await saveClusterState(ledger, cluster, { ...state, pending }, now, caller);
  // Somebody else was first: theirs is as good.
  if (claimed === undefined) return;
  const commands = await sendGather(
    ssm,
    document,
    samples.map(({ instanceId }) => instanceId),
  );
  const sent = samples.map((sample): Sample => {
    const commandId = commands.get(sample.instanceId);
    return commandId === undefined ? sample : { ...sample, commandId };
  });
  await saveClusterState(
    ledger,
    cluster,
    { ...claimed, pending: { ...pending, isSent: true, samples: sent } },
    now,
    caller,
  );
  await lookAgain(deps, cluster, 0);
}

/** Reads what the commands told. As long as some run, it looks again. */
async function collect(
  deps: ReconcileDeps,
  policy: Policy,
  cluster: string,
  state: ClusterState & { readonly pending: NonNullable<ClusterState['pending']> },
): Promise<void> {
  const { ssm, ledger, caller } = deps;
  const now = deps.clock.now();
  const { samples, polls, sentAt, trigger, isPartial = false } = state.pending;
  const outputs = await pMap(samples, (sample) => readOutput(ssm, sample), { concurrency: READ_CONCURRENCY });
  if (outputs.some(({ kind }) => kind === 'running') && now - sentAt < COLLECT_WITHIN) {
    const pending = { ...state.pending, polls: polls + 1 };
    const saved = await saveClusterState(ledger, cluster, { ...state, pending }, now, caller);
    if (saved !== undefined) await lookAgain(deps, cluster, polls + 1);
    return;
  }
  const looked = new Map<string, Looked[]>(samples.map(({ nodegroup }) => [nodegroup, []]));
  for (const [index, { nodegroup, instanceId }] of samples.entries()) {
    const gathered = outputs[index];
    const node = gathered?.kind === 'ended' ? nodeIn(gathered.output) : undefined;
    if (node === undefined) continue;
    const { kubernetesVersion } = node;
    looked.get(nodegroup)?.push({ instanceId, kubernetesVersion, judgements: judge(node) });
  }
  const expiry = await tell(deps, policy, cluster, trigger, looked);
  const isWhole = !isPartial && [...looked.values()].every((each) => each.length > 0);
  const every = Math.max(HOUR, policy.posture.every);
  const dueAt = Math.min(isWhole ? now + every - spread(cluster, every) : now + 6 * HOUR, expiry);
  await saveClusterState(ledger, cluster, { dueAt, revision: state.revision }, now, caller);
}

/** What a worker printed; undefined where it is cut off, or is no node: then it says nothing. */
function nodeIn(output: string | undefined): Node | undefined {
  try {
    return output === undefined ? undefined : readNode(JSON.parse(output));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NodeError) return undefined;
    throw error;
  }
}

async function lookAgain(
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

/** Up to a tenth of the period, always the same for a cluster: so that not all come at once. */
function spread(cluster: string, every: number): number {
  let hash = 0;
  for (const character of cluster) hash = (hash * 31 + character.charCodeAt(0)) % 9973;
  return Math.floor((every / 10) * (hash / 9973));
}
