import { join } from 'node:path';
import { synthesizeFrom } from '../infra/synthesize.ts';
import type { OfSweeps, Pause } from './scenario/parts/sweeps.ts';

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
export const templateFor = ({ sweeps }: OfSweeps, templates: Templates): string => templates[sweeps?.everyHours ?? 1];
