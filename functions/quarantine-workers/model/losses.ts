import { passingErrorOf } from '../../shared/fleet/reading.ts';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';

/** What a release could not restore, by its name, and whether it must be reconciled again. */
export interface Losses {
  /** Whether the Auto Scaling group has no room for the worker now. Its return is tried again. */
  hasNoRoom?: boolean;
  /** Until when the node keeps the mark that keeps Karpenter off, epoch ms; absent: it lacks nothing of its former state. */
  markedUntil?: number;
  readonly lost: Map<string, string>;
  readonly pending: string[];
  /** Whether AWS did not do something for now. */
  isTroubled?: boolean;
  /** Interfaces without any security group left to restore. They stay closed. */
  readonly shutOff: string[];
}

/**
 * Restores one thing. A refusal means that it is lost, and adds it to the losses. What AWS does not do for now is tried
 * again, and keeps nothing else from being restored.
 */
export async function giveBack(losses: Losses, key: string, what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) {
      losses.lost.set(key, `${what} (${refusal})`);
      return;
    }
    const trouble = passingErrorOf(error);
    if (trouble === undefined) throw error;
    losses.pending.push(`${what} (${trouble})`);
    losses.isTroubled = true;
  }
}
