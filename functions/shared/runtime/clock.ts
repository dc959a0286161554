/** Where functions learn the time: passed in, so that a decision is a function of its inputs. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
