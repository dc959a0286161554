import { join } from 'node:path';
import { synthesizeFrom } from '../infra/synthesize.ts';
import type { Draw } from './choices.ts';
import type { Scenario } from './scenario.ts';

/** The pauses between sweeps that days know, hours. One hour is the default of the stack. */
type Pause = 1 | 3 | 6;

/** A stack that sweeps more rarely than by default (its setting `sweepSchedule`). */
export interface Sweeps {
  readonly everyHours: Exclude<Pause, 1>;
}

/**
 * Draws rare sweeps for nineteen days of twenty. The rarer they are, the more rests on events and wake-ups; and quiet
 * hours, in which sweeps find nothing to do, cost less.
 */
export const drawSweeps = (draw: Draw): Pick<Scenario, 'sweeps'> =>
  draw.happens(0.95) ? { sweeps: { everyHours: draw.happens(0.1) ? 3 : 6 } } : {};

/** The longest time between two sweeps of a day, ms. */
export const sweepPauseOf = ({ sweeps }: Scenario): number => (sweeps?.everyHours ?? 1) * 3_600_000;

/** The paths of a stack's templates, by the hours between its sweeps. */
export type Templates = Readonly<Record<Pause, string>>;

/**
 * Synthesizes the stack with each pause between sweeps, from a directory of bundles into others of `directory`. A stack that
 * sweeps rarely reads releases each third hour.
 */
export function templatesFrom(bundles: string, directory: string): Templates {
  const templateOf = (hours: Pause): string =>
    synthesizeFrom(bundles, {
      outdir: join(directory, `sweeps-${hours}h`),
      context: hours === 1 ? {} : { sweepSchedule: `rate(${hours} hours)`, watchSchedule: 'rate(3 hours)' },
    });
  return { 1: templateOf(1), 3: templateOf(3), 6: templateOf(6) };
}

/** The template for a scenario. */
export const templateFor = ({ sweeps }: Scenario, templates: Templates): string => templates[sweeps?.everyHours ?? 1];
