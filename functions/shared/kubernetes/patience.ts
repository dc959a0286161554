import type { Clock } from '../runtime/clock.ts';

/**
 * How long one cluster may keep one reconcile waiting. Whoever administers a cluster decides how long its API takes: an
 * admission webhook holds a write for up to 30 seconds (Kubernetes, "Dynamic Admission Control", Timeouts), and a server
 * of a custom kind answers as it likes, with pages that never end (Kubernetes, "Kubernetes API Aggregation Layer"). A
 * function that waited for all of that would reach its own time limit, and with it every other cluster of its batch.
 */
export interface Patience {
  /** How long calls may still take, ms; 0 where it is over. */
  readonly left: () => number;
  /** Counts the time of a call. Calls that wait at the same time count once. */
  readonly during: <Answer>(call: () => Promise<Answer>) => Promise<Answer>;
}

/** @param mostMs how long calls may take together */
export function createPatience(clock: Clock, mostMs: number): Patience {
  let waited = 0;
  let waiting = 0;
  let since = 0;
  return {
    left: () => Math.max(0, mostMs - waited - (waiting > 0 ? clock.now() - since : 0)),
    async during(call) {
      if (waiting === 0) since = clock.now();
      waiting += 1;
      try {
        return await call();
      } finally {
        waiting -= 1;
        if (waiting === 0) waited += clock.now() - since;
      }
    },
  };
}

/** The part of the time limit of a function that it waits for one cluster: others have room behind several slow ones. */
const SHARE = 1 / 4;

/** @param timeoutSeconds the time limit of the function */
export const patienceOf = (clock: Clock, timeoutSeconds: number): Patience =>
  createPatience(clock, timeoutSeconds * 1000 * SHARE);
