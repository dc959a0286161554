/** The source of time. It is passed in, so that a decision depends only on its inputs. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

/** Epoch milliseconds as ISO 8601 in UTC, as messages and events name times. */
export const iso = (time: number): string => new Date(time).toISOString();
