import type { NodeGroupKey, Turn } from '../shared/ledger/node-group-ledger.ts';

/** Who could start now, and what decides who goes first. */
export interface Contender {
  readonly key: NodeGroupKey;
  readonly subject: string;
  readonly isHastened: boolean;
  readonly turn: Turn;
  /** Since when it waits, epoch milliseconds; absent: it has not had to. */
  readonly since: number | undefined;
}

/**
 * Urgent findings go first; then those of which no attempt has failed; then whoever runs the oldest AMI, so that nobody is
 * upgraded twice while another waits on an older one; then who has waited longest; then the name.
 */
export const byTurn = (a: Contender, b: Contender): number =>
  Number(b.isHastened) - Number(a.isHastened) ||
  Number(a.turn.hasFailed) - Number(b.turn.hasFailed) ||
  a.turn.published - b.turn.published ||
  (a.since ?? Number.MAX_SAFE_INTEGER) - (b.since ?? Number.MAX_SAFE_INTEGER) ||
  (a.subject < b.subject ? -1 : 1);
