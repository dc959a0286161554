import type { Draw } from '../choices.ts';
import type { Part } from '../part.ts';

/** The pauses between sweeps that days know, hours. One hour is the default of the stack. */
export type Pause = 1 | 3 | 6;

/** A stack that sweeps more rarely than by default (its setting `sweepSchedule`). */
export interface Sweeps {
  readonly everyHours: Exclude<Pause, 1>;
}

/** The members of a scenario for it. */
export interface OfSweeps {
  /** Absent: the stack sweeps each hour. */
  readonly sweeps?: Sweeps;
}

/**
 * Draws rare sweeps for nineteen days of twenty. The rarer they are, the more rests on events and wake-ups; and quiet
 * hours, in which sweeps find nothing to do, cost less.
 */
const drawSweeps = (draw: Draw): OfSweeps =>
  draw.happens(0.95) ? { sweeps: { everyHours: draw.happens(0.1) ? 3 : 6 } } : {};

/** The longest time between two sweeps of a day, ms. */
export const sweepPauseOf = ({ sweeps }: OfSweeps): number => (sweeps?.everyHours ?? 1) * 3_600_000;

export const SWEEPS: Part<OfSweeps> = {
  stream: 'sweeps',
  draw: drawSweeps,
};
