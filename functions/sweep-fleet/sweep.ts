import { isDeepStrictEqual } from 'node:util';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { ownEvent } from '../../events/envelope.ts';
import { listClusters, listNodeGroups } from '../shared/fleet/fleet.ts';
import type { Unreadable } from '../shared/fleet/reading.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { counted } from '../shared/text/counted.ts';
import type { Recorder } from './remediation.ts';
import { readUnlisted, saveUnlisted } from './sweep-ledger.ts';

/** A function that each sweep asks to reconcile, as its remediation declares it. */
export const sweepTarget = z.object({
  name: z.string(),
  /** What requests are sent: one per cluster, one per cluster and per node group, or one for the whole account. */
  of: z.enum(['clusters', 'node-groups', 'account']),
  /** Detail type of the reconcile requests that the function takes. */
  detailType: z.string(),
  queueUrl: z.url(),
});
export type SweepTarget = z.infer<typeof sweepTarget>;

export interface SweepDeps {
  readonly eks: EKSClient;
  readonly sqs: SQSClient;
  readonly targets: readonly SweepTarget[];
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly account: string;
  readonly region: string;
}

/**
 * Requests a reconcile of every cluster and node group, and reports that the sweep has completed. A queue that takes
 * nothing, such as one that was deleted, keeps no other function from being asked.
 *
 * @throws AggregateError when a queue took nothing, or EKS throttled the listing of a cluster's node groups; Lambda then
 *   retries the sweep
 */
export async function sweep(deps: SweepDeps, trigger: Trigger): Promise<void> {
  const clusters = await listClusters(deps.eks);
  const { nodeGroups, unreadable } = await listNodeGroups(deps.eks, clusters);
  const troubles: Error[] = [];
  for (const target of deps.targets) {
    await sendTo(deps, target, requestsFor(target, clusters, nodeGroups), trigger).catch((cause: unknown) => {
      troubles.push(new Error(`The queue of ${target.name} did not take all requests: ${cause}`, { cause }));
    });
  }
  const throttled = [...unreadable].filter(([, { isThrottled }]) => isThrottled).map(([cluster]) => cluster);
  await tellUnreadable(deps, new Map([...unreadable].filter(([, { isThrottled }]) => !isThrottled)), trigger);
  if (throttled.length > 0)
    troubles.push(new Error(`EKS throttles: node groups not listed of ${throttled.join(', ')}.`));
  if (troubles.length > 0) throw new AggregateError(troubles, troubles.map(({ message }) => message).join(' '));
  deps.recorder.record({
    subject: {},
    decision: 'done',
    reason: 'sweep-finished',
    message: `Asked for a reconcile of ${counted(clusters.length, 'cluster')} and ${counted(nodeGroups.length, 'node group')}.`,
    trigger,
    fingerprint: trigger.id,
    correlationId: trigger.id,
    details: { clusters: clusters.length, nodeGroups: nodeGroups.length },
  });
}

/** Records each cluster whose node groups cannot be listed, once per error code. */
async function tellUnreadable(
  { recorder, ledger }: SweepDeps,
  unreadable: ReadonlyMap<string, Unreadable>,
  trigger: Trigger,
): Promise<void> {
  const before = await readUnlisted(ledger);
  for (const [cluster, { error, code }] of unreadable) {
    if (before[cluster] === code) continue;
    recorder.record({
      subject: { cluster },
      decision: 'failed',
      reason: 'unreadable',
      message: `Its node groups are not reconciled again: ${error}`,
      trigger,
      fingerprint: `unreadable ${code} ${trigger.id}`,
      correlationId: trigger.id,
    });
  }
  const now = Object.fromEntries([...unreadable].map(([cluster, { code }]) => [cluster, code]));
  if (!isDeepStrictEqual(before, now)) await saveUnlisted(ledger, now);
}

/** The target of one reconcile request. */
interface Asked {
  /** Distinguishes the request from the others of the same sweep. */
  readonly name: string;
  readonly clusterName?: string;
  readonly nodegroupName?: string;
}

/** Orders node groups by cluster, so that a batch of ten requests reads few clusters. */
function requestsFor({ of }: SweepTarget, clusters: readonly string[], nodeGroups: readonly NodeGroupKey[]): Asked[] {
  if (of === 'account') return [{ name: 'account' }];
  return clusters.flatMap((clusterName) => [
    { name: clusterName, clusterName },
    ...nodeGroups
      .filter(({ cluster }) => of === 'node-groups' && cluster === clusterName)
      .map((key) => ({ name: subjectOf(key), clusterName, nodegroupName: key.nodegroup })),
  ]);
}

async function sendTo(
  { sqs, account, region }: SweepDeps,
  { detailType, queueUrl: url }: SweepTarget,
  asked: readonly Asked[],
  { id, time }: Trigger,
): Promise<void> {
  const origin = { account, region, time: new Date(time).toISOString() };
  const requests = asked.map(({ name, ...about }) =>
    ownEvent(detailType, origin, `${id} ${name}`, { trigger: 'sweep', ...about }),
  );
  await sendRequests(
    { sqs, url },
    requests.map((request) => ({ request })),
  );
}
