import { minorOf } from '../fleet/kubernetes-version.ts';
import type { NodeGroupKey } from './node-group-key.ts';
import type { Turn } from './node-group-ledger.ts';

/** A subject that could start now, with the facts that decide the order. */
export interface Contender {
  readonly key: NodeGroupKey;
  readonly subject: string;
  readonly isHastened: boolean;
  readonly turn: Turn;
  /** Since when the subject waits, epoch milliseconds; absent where it has not had to wait. */
  readonly since: number | undefined;
}

/**
 * The minor version that decides the order. A group that stays at its Kubernetes version comes after all that follow
 * their control planes, whose number is limited.
 */
const minorVersion = ({ movesFrom }: Turn): number =>
  movesFrom === undefined ? Number.MAX_SAFE_INTEGER : minorOf(movesFrom);

/**
 * The order of turns, by these criteria in turn: urgent findings; no failed attempt; a Kubernetes version that follows
 * the control plane, the oldest first; the oldest AMI; the longest wait; the name. By the oldest AMI no node group is
 * upgraded twice while another waits on an older one.
 */
export const byTurn = (a: Contender, b: Contender): number =>
  Number(b.isHastened) - Number(a.isHastened) ||
  Number(a.turn.hasFailed) - Number(b.turn.hasFailed) ||
  minorVersion(a.turn) - minorVersion(b.turn) ||
  a.turn.published - b.turn.published ||
  (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER) ||
  (a.subject < b.subject ? -1 : 1);
