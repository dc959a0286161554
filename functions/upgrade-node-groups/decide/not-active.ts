import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, idleMemory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { DEFERRAL, DEFERRAL_IS_TOLD_AFTER, meet } from '../model/obstacles.ts';
import { issuesInWords } from '../moment/heal.ts';

/** What to do about a node group in a state that never ends by itself. */
const ENDS: ReadonlyMap<string, string> = new Map([
  ['CREATE_FAILED', 'Cure what failed, delete the node group, and create it anew.'],
  ['DELETE_FAILED', 'Cure what failed, and delete the node group again.'],
]);

/** Decides where the cluster is in a state in which EKS updates none of its node groups. */
export function clusterNotActive(
  { key, state }: Observation,
  { cluster: { status } }: NodeGroupView,
  now: number,
): Decision | undefined {
  if (status === 'ACTIVE') return undefined;
  const { cluster } = key;
  if (status !== 'FAILED') return passing('cluster-not-active', `Cluster ${cluster}`, status, state, now);
  const message = `Cluster ${cluster} is FAILED, which does not end by itself. EKS updates none of its node groups.`;
  return say('refused', 'cluster-failed', message, idleMemory(state), '');
}

/** Decides where creating or deleting the node group has failed. */
export function nodeGroupEnded({ state }: Observation, view: NodeGroupView): Decision | undefined {
  const end = ENDS.get(view.status);
  if (end === undefined) return undefined;
  const message = `The node group is ${issuesInWords(view)}. EKS updates no node group in this state. ${end}`;
  return say('refused', 'node-group-not-active', message, idleMemory(state), view.status);
}

/** Decides where EKS is creating or deleting the node group. */
export const nodeGroupNotActive = (
  { state }: Observation,
  { status }: NodeGroupView,
  now: number,
): Decision | undefined =>
  status === 'ACTIVE' || status === 'DEGRADED'
    ? undefined
    : passing('node-group-not-active', 'The node group', status, state, now);

/** Waits for the end of a state that ends by itself, and reports one that does not. */
function passing(
  reason: 'cluster-not-active' | 'node-group-not-active',
  what: string,
  status: string,
  state: Observation['state'],
  now: number,
): Decision {
  const obstacle = meet(state.obstacle, `${reason} ${status}`, now, DEFERRAL);
  const memory = { ...idleMemory(state), obstacle };
  if (now - obstacle.since < DEFERRAL_IS_TOLD_AFTER) {
    return say('skipped', reason, `${what} is ${status}.`, memory, status);
  }
  const message = `${what} has been ${status} since ${iso(obstacle.since)} at the latest. No upgrade starts before that ends. Look at what EKS says of it; where nothing moves, ask AWS Support.`;
  return say('refused', reason, message, memory, `${status} for a day`);
}
