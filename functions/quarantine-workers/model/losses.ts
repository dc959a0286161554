import { sortOrThrow } from '../../shared/runtime/aws-error.ts';

/** What a release could not restore, by its name, and whether it must be reconciled again. */
export interface Losses {
  /** Whether the Auto Scaling group has no room for the worker now. Its return is tried again. */
  hasNoRoom?: boolean;
  /** Until when the node keeps the mark that keeps Karpenter off, epoch ms; absent: it lacks nothing of its former state. */
  markedUntil?: number;
  /** What its cluster does not give back just now, in words with the reason, and since when, epoch ms. */
  nodeAwaited?: { readonly since: number; readonly what: string };
  readonly lost: Map<string, string>;
  readonly pending: string[];
  /** Interfaces that get another automatic address, which EC2 does not show yet. */
  readonly awaited: string[];
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
    const { kind, why } = sortOrThrow(error);
    if (kind === 'refused') {
      losses.lost.set(key, `${what} (${why})`);
      return;
    }
    losses.pending.push(`${what} (${why})`);
    losses.isTroubled = true;
  }
}
