import type { Draw } from '../choices.ts';
import { type Fleet, whereNodesMayLack } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';

/** A managed node group that somebody deletes. */
export interface Removal {
  readonly atMinute: number;
  /** Which group, counted in all clusters. */
  readonly index: number;
}

/** The members of a scenario for it. */
export interface OfRemovals {
  /** Absent: no group is deleted. */
  readonly removals?: readonly Removal[];
}

/** Draws the deletion of node groups for a fourteenth of all days. */
const drawRemovals = (draw: Draw, { busyMinutes }: Ground): OfRemovals =>
  draw.happens(0.07)
    ? {
        removals: draw.some(1, 2, () => ({ atMinute: draw.number(10, busyMinutes), index: draw.number(0, 5) })),
      }
    : {};

/** A drawn fleet, of which a group may be gone that a drawn launch or change is about. */
const fleetWithRemovals = (fleet: Fleet, { removals }: OfRemovals): Fleet =>
  removals === undefined ? fleet : whereNodesMayLack(fleet);

export const REMOVALS: Part<OfRemovals> = { stream: 'removals', draw: drawRemovals, fleet: fleetWithRemovals };
