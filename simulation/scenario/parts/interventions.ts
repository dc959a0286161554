import type { Draw } from '../choices.ts';
import { type Fleet, whereNodesMayLack } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';

/** Something that somebody does by hand to what functions work on. */
export type Intervention = {
  readonly atMinute: number;
  /** How long it stays so, where it ends. */
  readonly forMinutes: number;
  /** Which of its kind, counted in all there are then. */
  readonly index: number;
} & (
  | { readonly kind: 'opt-out-worker' | 'opt-out-group' }
  /** A node group is updated to the newest release, at once and with force. */
  | { readonly kind: 'update' }
  /** Instance refreshes that are under way are cancelled. */
  | { readonly kind: 'cancel-refreshes' }
  /** A worker in service is ended, and replaced. */
  | { readonly kind: 'replace' }
  /**
   * A worker in quarantine gets the security group of its cluster, or an Elastic IP, is put back into service, terminated,
   * or stopped for some time, or opts out.
   */
  | {
      readonly kind: 'held';
      readonly what: 'regroup' | 'readdress' | 'exit-standby' | 'terminate' | 'stop' | 'opt-out';
    }
);

/** The members of a scenario for it. */
export interface OfInterventions {
  /** Absent: nobody does anything by hand. */
  readonly interventions?: readonly Intervention[];
}

/** Draws what people do by hand for a tenth of all days. */
function drawInterventions(draw: Draw, { busyMinutes }: Ground): OfInterventions {
  if (!draw.happens(0.1)) return {};
  return {
    interventions: draw.some(2, 8, (): Intervention => {
      const when = { atMinute: draw.number(5, busyMinutes), forMinutes: draw.number(20, 180) };
      const index = draw.number(0, 19);
      const kind = draw.of('held', 'held', 'opt-out-worker', 'opt-out-group', 'update', 'cancel-refreshes', 'replace');
      if (kind !== 'held') return { ...when, index, kind };
      const what = draw.of('regroup', 'readdress', 'exit-standby', 'terminate', 'stop', 'opt-out');
      return { ...when, index, kind, what };
    }),
  };
}

/** A drawn fleet, of which a group may be without the node that a drawn change is about. */
const fleetWithInterventions = (fleet: Fleet, { interventions }: OfInterventions): Fleet =>
  interventions === undefined ? fleet : whereNodesMayLack(fleet);

export const INTERVENTIONS: Part<OfInterventions> = {
  stream: 'interventions',
  draw: drawInterventions,
  fleet: fleetWithInterventions,
};
