import type { Clock } from './clock.ts';

/** The clock of the machine. Only what starts a function reads it. */
export const systemClock: Clock = { now: () => Date.now() };
