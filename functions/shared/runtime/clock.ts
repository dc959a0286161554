/** The source of time. It is passed in, so that a decision depends only on its inputs. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
