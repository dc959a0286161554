import type { Draw } from '../choices.ts';
import type { Ground, Part } from '../part.ts';

/** A time in which other functions of the account leave little of its concurrency. */
export interface Starvation {
  readonly fromMinute: number;
  readonly forMinutes: number;
  /** How many invocations may run at a time. */
  readonly left: number;
}

/** The members of a scenario for it. */
export interface OfStarvation {
  /** Absent: there is enough. */
  readonly starvation?: Starvation;
}

/**
 * Draws it for a fourteenth of all days. Where nothing is left, it lasts for less time than a queue tries its messages: a
 * queue counts each time that Lambda could not run a function, too.
 */
function drawStarvation(draw: Draw, { busyMinutes }: Ground): OfStarvation {
  if (!draw.happens(0.07)) return {};
  const left = draw.number(0, 2);
  const forMinutes = left === 0 ? draw.number(2, 20) : draw.number(20, 240);
  return { starvation: { fromMinute: draw.number(5, busyMinutes - 30), forMinutes, left } };
}

export const STARVATION: Part<OfStarvation> = { stream: 'starvation', draw: drawStarvation };
