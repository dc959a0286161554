import type { Draw } from '../choices.ts';
import { type Fleet, whereNodesMayLack } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';

/** A change of a group by an autoscaler of the cluster, or by EC2. */
export interface Scaling {
  readonly atMinute: number;
  /**
   * Out: a group gets one more node. In: a node ends, and none takes its place. Lost: EC2 takes an instance back, whatever
   * runs on it and whoever keeps it, as it does with Spot Instances.
   */
  readonly direction: 'out' | 'in' | 'lost';
  /** Which group, or which node in service, counted in all of them. */
  readonly index: number;
}

/** The members of a scenario for it. */
export interface OfScaling {
  /** Absent: groups keep their sizes. */
  readonly scalings?: readonly Scaling[];
}

/** Draws an autoscaler for a sixth of all days: most of what it does lies in the time in which things happen anyway. */
function drawScaling(draw: Draw, { busyMinutes }: Ground): OfScaling {
  if (!draw.happens(0.16)) return {};
  return {
    scalings: draw.some(3, 12, () => ({
      atMinute: draw.number(10, busyMinutes),
      direction: draw.of('in', 'in', 'out', 'lost'),
      index: draw.number(0, 19),
    })),
  };
}

/** A drawn fleet, of which a group may be without the node that a drawn change is about. */
const fleetWithScaling = (fleet: Fleet, { scalings }: OfScaling): Fleet =>
  scalings === undefined ? fleet : whereNodesMayLack(fleet);

export const SCALING: Part<OfScaling> = { stream: 'scaling', draw: drawScaling, fleet: fleetWithScaling };
