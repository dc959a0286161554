import { makeShellsReconcileRequest } from '../../events/shells-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { PostureCheckId } from '../shared/posture/checks.ts';
import type { Looked } from './decide.ts';

export interface CloseDeps {
  /** Of `close-shells`, which looks at all workers of a cluster where one has such a way in. */
  readonly shellsQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The checks that `close-shells` can do something about on the host. */
const CLOSED_ON_HOSTS: readonly PostureCheckId[] = ['SSH.1', 'SSH.4'];

/** Has the ways in that a check found looked at, where there are any: what becomes of them is decided there. */
export async function askToClose(
  { shellsQueue, account, region }: CloseDeps,
  cluster: string,
  looked: ReadonlyMap<string, readonly Looked[]>,
  now: number,
): Promise<void> {
  const hosts = [...looked.values()].flat();
  const isOpen = hosts.some(({ judgements }) => CLOSED_ON_HOSTS.some((id) => judgements[id]?.verdict === 'FAIL'));
  if (!isOpen) return;
  const origin = { account, region, time: new Date(now).toISOString() };
  const request = makeShellsReconcileRequest(origin, `posture ${cluster} ${origin.time}`, cluster);
  await sendRequests(shellsQueue, [{ request }]);
}
