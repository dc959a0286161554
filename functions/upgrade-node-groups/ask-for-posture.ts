import { makePostureReconcileRequest } from '../../events/posture-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Decision } from './decision.ts';
import type { Observation } from './observation.ts';

export interface PostureDeps {
  /** Of `check-posture`, which looks at a group once it is updated. */
  readonly postureQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** Whether an update of the group, ours or somebody else's, has ended by now. */
export const hasEnded = ({ state, view }: Observation, { reason, memory }: Decision): boolean =>
  reason === 'upgraded' || (view.kind === 'node-group' && state.foreign !== undefined && memory.foreign === undefined);

/** Other nodes run now: what fails on them, and what does not any more, is to be known soon. */
export async function askForPosture(
  { postureQueue, account, region }: PostureDeps,
  { key: { cluster, nodegroup }, trigger }: Observation,
  now: number,
): Promise<void> {
  const origin = { account, region, time: new Date(now).toISOString() };
  // One update has one end, so a repetition after a crash asks for the same.
  const request = makePostureReconcileRequest(origin, `updated ${cluster}/${nodegroup} ${trigger.id}`, {
    trigger: 'upgrade',
    clusterName: cluster,
    nodegroupName: nodegroup,
  });
  await sendRequests(postureQueue, [{ request, delaySeconds: AGENTS_NEED }]);
}

/** New nodes need some tens of seconds until their agents answer, seconds. */
const AGENTS_NEED = 60;
