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

/**
 * The order of turns: urgent findings first; then subjects without a failed attempt; then the oldest AMI, so that no
 * node group is upgraded twice while another waits on an older one; then the longest wait; then the name.
 */
export const byTurn = (a: Contender, b: Contender): number =>
  Number(b.isHastened) - Number(a.isHastened) ||
  Number(a.turn.hasFailed) - Number(b.turn.hasFailed) ||
  a.turn.published - b.turn.published ||
  (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER) ||
  (a.subject < b.subject ? -1 : 1);
