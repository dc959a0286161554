import { makeQuarantineReconcileRequest, SHELL_INGRESS_GROUPS } from '../../events/quarantine-reconcile-request.ts';
import { makeSessionsReconcileRequest, makeShellsReconcileRequest } from '../../events/shells-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import type { PostureCheckId } from '../shared/posture/checks.ts';
import { covers } from '../shared/posture/waivers.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Looked } from './decide-check.ts';
import type { Waiver } from './policy.ts';
import type { GroupState } from './posture-ledger.ts';

export interface CloseDeps {
  /** The queue of `close-shells`, which checks all workers of a cluster where one has such a way in. */
  readonly shellsQueue: ReconcileQueue;
  /** The queue of `quarantine-workers`, which revokes rules of security groups by policy. */
  readonly quarantineQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The checks whose findings `close-shells` can close on the host. */
const CLOSED_ON_HOSTS: readonly PostureCheckId[] = ['SSH.1', 'SSH.4'];
/** The check of rules for ports 22 and 3389, whose findings `quarantine-workers` can close. */
const CLOSED_BY_RULES: PostureCheckId = 'SSH.3';

/**
 * Asks `close-shells` to reconcile Session Manager's preferences of the region. Its policy may want more than a check
 * does, so the request does not depend on findings. Requests of one hour are equal: the FIFO queue accepts one of them
 * within five minutes (SQS developer guide, "Exactly-once processing in Amazon SQS"). A later one reads the same again.
 */
export async function askAboutSessions({ shellsQueue, account, region }: CloseDeps, now: number): Promise<void> {
  const time = new Date(now - (now % 3_600_000)).toISOString();
  const request = makeSessionsReconcileRequest({ account, region, time }, `posture sessions ${time}`);
  await sendRequests(shellsQueue, [{ request }]);
}

interface Circumstances {
  readonly waivers: readonly Waiver[];
  /** The states of the groups before this check, by subject. */
  readonly before: ReadonlyMap<string, GroupState>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Asks the functions that can close what a check found open. They read it again, and decide by their own policy. When a
 * check stops failing they are asked once more, so that proposals about it end.
 */
export async function askToClose(
  { shellsQueue, quarantineQueue, account, region }: CloseDeps,
  cluster: string,
  looked: ReadonlyMap<string, readonly Looked[]>,
  { waivers, before, now }: Circumstances,
): Promise<void> {
  const origin = { account, region, time: new Date(now).toISOString() };
  const cause = `posture ${cluster} ${origin.time}`;
  const fails = (hosts: readonly Looked[], id: PostureCheckId): boolean =>
    hosts.some(({ judgements }) => judgements[id]?.verdict === 'FAIL');
  if ([...looked.values()].some((hosts) => CLOSED_ON_HOSTS.some((id) => fails(hosts, id))))
    await sendRequests(shellsQueue, [{ request: makeShellsReconcileRequest(origin, cause, cluster) }]);
  // Groups share security groups, so the waiver of one group keeps a rule open for the others, too.
  const waived = waivers.flatMap(({ nodegroup, ...waiver }) =>
    nodegroup !== undefined && covers({ nodegroup, ...waiver }, CLOSED_BY_RULES, { cluster, nodegroup }, now)
      ? [nodegroup]
      : [],
  );
  const shellIngressOf = [...looked].flatMap(([nodegroup, hosts]) => {
    const isWaived = waivers.some((waiver) => covers(waiver, CLOSED_BY_RULES, { cluster, nodegroup }, now));
    const hasFailed = before.get(subjectOf({ cluster, nodegroup }))?.findings[CLOSED_BY_RULES] !== undefined;
    const isOpen = fails(hosts, CLOSED_BY_RULES);
    return (isOpen && !isWaived) || (!isOpen && hasFailed && hosts.length > 0) ? [nodegroup] : [];
  });
  const requests = chunks(shellIngressOf, SHELL_INGRESS_GROUPS).map((groups, index) => ({
    request: makeQuarantineReconcileRequest(origin, `${cause} ${index}`, {
      trigger: 'posture',
      clusterName: cluster,
      shellIngressOf: groups,
      ...(waived.length > 0 && { waived: [...new Set(waived)] }),
    }),
  }));
  if (requests.length > 0) await sendRequests(quarantineQueue, requests);
}
