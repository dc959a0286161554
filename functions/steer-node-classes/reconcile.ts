import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { makeNodeClassReconcileRequest } from '../../events/node-class-reconcile-request.ts';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { decideAtGates, type GateReaders } from '../shared/gates/decide-at-gates.ts';
import { createGatesReader } from '../shared/gates/observe-gates.ts';
import { createUnwellReader } from '../shared/gates/read-unwell.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readNodeClassStates } from '../shared/ledger/node-class-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { readAllNodeGroups } from '../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { managedRollouts, withUnreadableClasses } from '../shared/rollouts/all-groups.ts';
import { decideAlone } from '../shared/rollouts/go-first.ts';
import { lookAtUnseen } from '../shared/rollouts/look-at-unseen.ts';
import type { Rollouts } from '../shared/rollouts/rollouts.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { iso } from '../shared/runtime/clock.ts';
import { once } from '../shared/runtime/once.ts';
import { carryOut } from './act.ts';
import { answer } from './answer.ts';
import { type ClusterAsked, readBatch } from './batch.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision, Observation } from './decision.ts';
import {
  clusterReaderOf,
  type Looking,
  type ObserveClients,
  type OpenCluster,
  observeCluster,
  policyHere,
} from './observe.ts';
import type { Policy } from './policy.ts';
import { membersAfter } from './progress.ts';
import type { steerNodeClasses } from './remediation.ts';
import { clustersThatMatter, startOf } from './wave.ts';

export interface ReconcileDeps extends QueueDeps<typeof steerNodeClasses>, ObserveClients {
  readonly cloudWatch: CloudWatchClient;
  readonly openClusterBy: (readCluster: ClusterReader) => OpenCluster;
  readonly wake: Wake;
  /** The queue of `upgrade-node-groups`, which knows what became of a managed node group. */
  readonly upgradeQueue: ReconcileQueue;
}

/** What one reconcile learns from cluster to cluster. */
interface Course extends GateReaders {
  /** How the rollouts stand by now: each decision sees those before it. */
  rollouts: Rollouts | undefined;
  readonly troubles: unknown[];
  /** Groups and classes that others wait for and that nobody has seen for a day. */
  readonly unseen: NodeGroupKey[];
}

/**
 * One reconcile of all messages of a batch, cluster by cluster.
 *
 * @throws AggregateError when something failed for some clusters, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { clusters, deferred, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const readCluster = clusterReaderOf(deps);
  const states = await readNodeClassStates(deps.ledger);
  const looking: Looking = {
    clients: deps,
    readCluster,
    openCluster: once(deps.openClusterBy(readCluster)),
    policy,
    states,
    now: deps.clock.now(),
  };
  const hasWaves = !isInvalid(policy) && policy.upgrades.waves.length > 0;
  const course: Course = {
    rollouts: hasWaves ? await readRollouts(deps.ledger, states, policy) : undefined,
    readGates: createGatesReader(deps, policy),
    readUnwell: createUnwellReader(looking.openCluster),
    troubles: [],
    unseen: [],
  };
  const note = (error: unknown): undefined => void course.troubles.push(error);
  // Side by side, so that clusters that answer slowly do not wait for each other.
  const all = await pMap(
    clusters,
    async (asked) => ({ asked, seen: await observeCluster(looking, asked).catch(note) }),
    { concurrency: READ_CONCURRENCY },
  );
  for (const { asked, seen } of all) {
    if (seen === undefined) continue;
    course.troubles.push(...seen.troubles);
    await steer(deps, looking, asked, seen.observations, course).catch(note);
  }
  const queues = { upgradeQueue: deps.upgradeQueue, nodeClassQueue: deps.queue };
  await lookAtUnseen(deps, queues, course.unseen, looking.now).catch(note);
  await comeBack(deps.queue, deferred, 0).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (course.troubles.length > 0) throw new AggregateError(course.troubles, 'Not everything could be done.');
}

/**
 * How the rollouts of Amazon's releases stand: of managed node groups, and of node classes.
 *
 * @throws where the ledger cannot be read, so that nothing starts
 */
const readRollouts = async (ledger: Ledger, nodeClasses: Looking['states'], policy: Policy): Promise<Rollouts> =>
  managedRollouts(
    {
      managed: await readAllNodeGroups(ledger),
      selfManaged: new Map(),
      nodeClasses: withUnreadableClasses(ledger, nodeClasses),
    },
    policy,
  );

/** Decides and acts on the classes of one cluster. The error of one class stops no other. */
async function steer(
  deps: ReconcileDeps,
  looking: Looking,
  asked: ClusterAsked,
  observations: readonly Observation[],
  course: Course,
): Promise<void> {
  const { now, openCluster, policy: anywhere } = looking;
  const settled: Array<Decision | undefined> = [];
  // Classes are decided one after the other, so that each decision sees what those before it begin.
  for (const observation of observations) {
    const { view } = observation;
    const here = policyHere(anywhere, asked.cluster, observation.owner, view.kind === 'class' ? view.marks : {});
    const { rollouts } = course;
    const circumstances = { policy: here, now, account: deps.account, ...(rollouts && { rollouts }) };
    try {
      const alone = await decideAlone<Decision>(
        { ledger: deps.ledger, by: 'steer-node-classes', caller: deps.caller, now },
        rollouts,
        (known) => decideWithGates(observation, { ...circumstances, ...(known && { rollouts: known }) }, course),
        (decision) => startOf(observation, decision, circumstances),
      );
      const wanted = alone.decision;
      course.rollouts = alone.rollouts;
      const decision = await carryOut({ ...deps, openCluster }, observation, wanted, { anywhere, here, now });
      settled.push(decision);
      course.unseen.push(...(decision?.lookAt ?? []));
      if (isInvalid(anywhere) || decision === undefined) continue;
      course.rollouts = course.rollouts?.with(membersAfter(observation, decision, { anywhere, here }, now));
    } catch (error) {
      course.troubles.push(error);
    }
  }
  await lookAgain(deps, asked.cluster, settled, now);
}

/** Decides, once the gates are read where they matter. An answer tells what comes of a request. */
async function decideWithGates(
  observation: Observation,
  circumstances: Circumstances,
  readers: GateReaders,
): Promise<Decision> {
  const { request } = observation;
  if (request !== undefined) {
    return answer(observation, request, { ...circumstances, gates: await readers.readGates() });
  }
  return decideAtGates(
    (read) => decide(observation, { ...circumstances, ...read }),
    readers,
    ({ target }) => clustersThatMatter(observation, target, circumstances),
    circumstances.now,
  );
}

/** Requests the next look at the cluster: at once after a write or an answer, and when the first wait is over. */
async function lookAgain(
  { account, region, caller, queue, wake }: ReconcileDeps,
  clusterName: string,
  settled: ReadonlyArray<Decision | undefined>,
  now: number,
): Promise<void> {
  const detail = { trigger: 'wake-up' as const, clusterName };
  // The queue delays the request: by then a fresh read confirms what was written, or acts on an answer.
  if (settled.some((each) => each === undefined || each.write !== undefined || each.answers !== undefined)) {
    const origin = { account, region, time: iso(now) };
    const id = `look-again ${caller} ${clusterName}`;
    await sendRequests(queue, [{ request: makeNodeClassReconcileRequest(origin, id, detail) }]);
  }
  const times = settled.flatMap((each) => each?.wakeAt ?? []);
  if (times.length === 0) return;
  const subject = `node classes ${clusterName}`;
  const at = wakeTime(Math.min(...times), now);
  const origin = { account, region, time: iso(at) };
  await wake(subject, at, makeNodeClassReconcileRequest(origin, `wake-up ${subject} ${iso(at)}`, detail));
}
