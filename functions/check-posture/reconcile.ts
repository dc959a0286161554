import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { describeImages } from '../shared/fleet/images.ts';
import { runCommand } from '../shared/fleet/run-command.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { type GuardResult, guardOf } from '../shared/policy/guards.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { once } from '../shared/runtime/once.ts';
import { askAboutSessions } from './ask-to-close.ts';
import { type Asked, readBatch } from './batch.ts';
import { type CollectDeps, collect, HOUR, lookAgain, type ReconcileDeps } from './collect.ts';
import { readRegionFacts } from './host/observe-region.ts';
import { chooseSamples } from './observe.ts';
import type { Policy } from './policy.ts';
import {
  answered,
  batchesOf,
  CLUSTER,
  type ClusterState,
  NEW_CLUSTER,
  readClusterStates,
  readGroupStates,
  type Sample,
  saveClusterState,
} from './posture-ledger.ts';
import { subjectsIn, tell, tellUnreadable } from './tell.ts';

/** How soon a request that cannot be handled yet comes again, seconds. */
const ASK_AGAIN = 90;
/** The maximum of groups in one request. A request for more checks the whole cluster. */
const MOST_GROUPS = 200;
/** How long a claim without a command holds, ms. Then another reconcile takes over, since its holder has died. */
const CLAIM_HOLDS = 10 * 60_000;

/**
 * Reconciles each cluster that the messages name: collects the results of a check under way, or begins a check that is
 * due. A cluster that fails stops no other.
 *
 * @throws AggregateError when AWS could not be read or written for a cluster, after all else; the batch comes again, and
 *   nothing is done twice
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Read the requests and the policy.
  const { clusters, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  // Answer requests about a cluster that is left alone.
  const looked: Array<{ cluster: string; asked: Asked; policy: Policy }> = [];
  for (const [cluster, asked] of clusters) {
    const verdict = guardOf({ cluster, tags: {} }, { policy, account: deps.account }, CHECKS_OF_POSTURE);
    if ('policy' in verdict) looked.push({ cluster, asked, policy: verdict.policy });
    else tellLeftAlone(deps, cluster, asked, verdict.guardResult);
  }
  // Collect or begin the checks of the others.
  const states = await readClusterStates(
    deps.ledger,
    looked.map(({ cluster }) => cluster),
  );
  const readable = withReadableItems(deps.ledger, CLUSTER, looked, ({ cluster }) => cluster);
  const collectDeps = {
    ...deps,
    readRegion: once(() => readRegionFacts(deps)),
    seeToSessions: once(() => askAboutSessions(deps, deps.clock.now())),
    readImages: once((...ids: readonly string[]) => describeImages(deps.ec2, ids)),
  };
  const one = ({ cluster, asked, policy: readable }: (typeof looked)[number]) =>
    reconcileCluster(collectDeps, readable, cluster, asked, states.get(cluster) ?? NEW_CLUSTER);
  const troubles: unknown[] = [];
  const note = (error: unknown): undefined => void troubles.push(error);
  await pMap(readable, (each) => one(each).catch(note), { concurrency: READ_CONCURRENCY });
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every cluster could be checked.');
}

const CHECKS_OF_POSTURE = { modeIn: ({ posture }: Policy) => posture.mode, about: 'checks of posture' };

async function reconcileCluster(
  deps: CollectDeps,
  policy: Policy,
  cluster: string,
  { trigger, asks }: Asked,
  state: ClusterState,
): Promise<void> {
  const now = deps.clock.now();
  const { pending, answers = [] } = state;
  const known = new Set([...(pending?.asks ?? []), ...answers.map(({ id }) => id)]);
  const open = asks.filter(({ trigger: { id } }) => !known.has(id));
  const isUnderWay = pending !== undefined && (pending.isSent || now - pending.sentAt < CLAIM_HOLDS);
  // A check under way may have read the hosts before the request, so the request comes again after it.
  if (isUnderWay) await comeBack(deps.queue, open, ASK_AGAIN);
  if (pending?.isSent === true) return collect(deps, policy, cluster, { ...state, pending });
  if (isUnderWay) return;
  // A claim whose holder died is taken over for the whole cluster, with the requests that it was to answer.
  const isDue = pending !== undefined || now >= (state.dueAt ?? 0);
  if (open.length > 0 || isDue) await begin(deps, policy, cluster, { trigger, asks: open, isDue }, state);
}

/** Chooses workers, claims the check, sends the commands, and asks for the next reconcile. */
async function begin(
  deps: ReconcileDeps,
  policy: Policy,
  cluster: string,
  { trigger: { id, type, time }, asks, isDue }: Asked & { readonly isDue: boolean },
  state: ClusterState,
): Promise<void> {
  const { ledger, ssm, document, caller } = deps;
  const now = deps.clock.now();
  const trigger = { id, type, time };
  const only = isDue ? undefined : groupsOf(asks);
  const ids = [...(state.pending?.asks ?? []), ...asks.map(({ trigger: asked }) => asked.id)];
  const failed = new Set(Object.values(state.failed ?? {}).flat());
  const wanted = { size: policy.posture.sample, failed, ...(only !== undefined && { nodegroups: only }) };
  const { samples, groups, access, remoteAccess, unreadable } = await chooseSamples(deps, cluster, wanted);
  await tellUnreadable(deps, policy, cluster, trigger, unreadable);
  if (samples.length === 0) {
    const looked = new Map(groups.map((group) => [group, []]));
    const before = await readGroupStates(ledger, subjectsIn(cluster, looked));
    await tell(deps, policy, cluster, trigger, { looked, mute: new Map(), before });
    const { revision, failed: known } = state;
    await saveClusterState(
      ledger,
      cluster,
      {
        ...(known !== undefined && { failed: known }),
        dueAt: Math.min(now + HOUR, isDue ? Number.POSITIVE_INFINITY : (state.dueAt ?? 0)),
        revision,
        ...answered(state, ids, [], now),
      },
      now,
      caller,
    );
    return;
  }
  const pending = {
    sentAt: now,
    polls: 0,
    isSent: false,
    samples: batchesOf(samples),
    remoteAccess,
    ...(access !== undefined && { access }),
    isPartial: unreadable.size > 0,
    trigger,
    ...(only !== undefined && { nodegroups: only }),
    ...(ids.length > 0 && { asks: ids }),
  };
  const claimed = await saveClusterState(ledger, cluster, { ...state, pending }, now, caller);
  if (claimed === undefined) {
    // Another reconcile has begun a check first. Only the requests of this batch remain.
    await comeBack(deps.queue, asks, ASK_AGAIN);
    return;
  }
  const commands = await runCommand(
    ssm,
    { document, comment: 'EKS Host Remediator: posture of the host, read-only' },
    samples.map(({ instanceId }) => instanceId),
  );
  const sent = samples.map((sample): Sample => {
    const { sent: { commandId } = {}, refused } = commands.get(sample.instanceId) ?? {};
    if (commandId !== undefined) return { ...sample, commandId };
    return refused === undefined ? sample : { ...sample, refused };
  });
  const under = { ...pending, isSent: true, samples: batchesOf(sent) };
  await saveClusterState(ledger, cluster, { ...claimed, pending: under }, now, caller);
  await lookAgain(deps, cluster, 0);
}

/** The groups that the requests name; undefined where one names the whole cluster. */
function groupsOf(asks: Asked['asks']): string[] | undefined {
  const named = asks.flatMap(({ nodegroup }) => nodegroup ?? []);
  const distinct = [...new Set(named)];
  return named.length < asks.length || distinct.length > MOST_GROUPS ? undefined : distinct;
}

/** Records requests about a cluster that is left alone. A sweep asks about all clusters, which needs no record. */
function tellLeftAlone(
  { recorder }: ReconcileDeps,
  cluster: string,
  { asks }: Asked,
  { decision, reason, message, variant }: GuardResult,
): void {
  for (const { trigger, nodegroup, by } of asks) {
    if (by !== 'operator') continue;
    const subject = nodegroup === undefined ? { cluster } : { cluster, nodegroup };
    const correlationId = trigger.id;
    recorder.record({
      subject,
      decision,
      reason,
      message,
      trigger,
      correlationId,
      fingerprint: `${correlationId} ${variant}`,
    });
  }
}
