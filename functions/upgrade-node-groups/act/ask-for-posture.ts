import { makePostureReconcileRequest } from '../../../events/posture-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import type { Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';

export interface PostureDeps {
  /** The queue of `check-posture`, which checks a node group after its update. */
  readonly postureQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** Whether an update of the node group, by us or somebody else, has just ended. */
export const hasEnded = ({ state, view }: Observation, { reason, memory }: Decision): boolean =>
  reason === 'upgraded' || (view.kind === 'node-group' && state.foreign !== undefined && memory.foreign === undefined);

/** Requests a posture check: new nodes are running, so its findings may have changed. */
export async function askForPosture(
  { postureQueue, account, region }: PostureDeps,
  { key: { cluster, nodegroup }, trigger }: Observation,
  now: number,
): Promise<void> {
  const origin = { account, region, time: new Date(now).toISOString() };
  // An update has one end, so a repetition after a crash makes the same request.
  const request = makePostureReconcileRequest(origin, `updated ${cluster}/${nodegroup} ${trigger.id}`, {
    trigger: 'upgrade',
    clusterName: cluster,
    nodegroupName: nodegroup,
  });
  await sendRequests(postureQueue, [{ request, delaySeconds: AGENTS_NEED }]);
}

/** How long the agents of new nodes need until they answer, seconds. */
const AGENTS_NEED = 60;
