import { minorOf } from '../fleet/kubernetes-version.ts';
import type { NodeGroupKey, Turn } from './node-group-ledger.ts';

/** A subject that could start now, and what decides the order. */
export interface Contender {
  readonly key: NodeGroupKey;
  readonly subject: string;
  readonly isHastened: boolean;
  readonly turn: Turn;
  /** Since when it waits, epoch milliseconds; absent: it has not had to wait. */
  readonly since: number | undefined;
}

/** A group that stays at its Kubernetes version comes after all that follow their control planes: these are done one day. */
const minorVersion = ({ movesFrom }: Turn): number =>
  movesFrom === undefined ? Number.MAX_SAFE_INTEGER : minorOf(movesFrom);

/**
 * The order of turns: urgent findings first; then subjects without a failed attempt; then those that follow their control planes, the
 * oldest Kubernetes version first; then the oldest AMI, so that no node group is upgraded twice while another waits on an older one;
 * then the longest wait; then the name.
 */
export const byTurn = (a: Contender, b: Contender): number =>
  Number(b.isHastened) - Number(a.isHastened) ||
  Number(a.turn.hasFailed) - Number(b.turn.hasFailed) ||
  minorVersion(a.turn) - minorVersion(b.turn) ||
  a.turn.published - b.turn.published ||
  (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER) ||
  (a.subject < b.subject ? -1 : 1);
