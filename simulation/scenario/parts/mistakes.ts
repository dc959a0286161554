import type { Draw } from '../choices.ts';
import type { Ground, Part } from '../part.ts';

/** A time in which the policy is none: nothing may be begun then. */
export interface Mistake {
  readonly fromMinute: number;
  readonly untilMinute: number;
  /** What is in the parameter of the policy; absent: somebody has deleted it. */
  readonly text?: string;
}

/** The members of a scenario for it. */
export interface OfMistakes {
  /** Absent: the policy is valid all day. */
  readonly mistake?: Mistake;
}

const NO_JSON = '{ "upgrades": { "mode": "enforce" }';
const UNKNOWN_KEY = '{ "upgrade": { "mode": "enforce" } }';
const WRONG_TYPE = '{ "killSwitch": "no" }';

/** Draws a mistake in what every function reads of the policy for a fourteenth of all days. */
function drawMistakes(draw: Draw, { busyMinutes }: Ground): OfMistakes {
  if (!draw.happens(0.07)) return {};
  const fromMinute = draw.number(10, busyMinutes - 60);
  const text = draw.of<string | undefined>(NO_JSON, UNKNOWN_KEY, WRONG_TYPE, undefined);
  return {
    mistake: {
      fromMinute,
      untilMinute: Math.min(busyMinutes, fromMinute + draw.number(5, 300)),
      ...(text !== undefined && { text }),
    },
  };
}

/** Whether the policy is none so many minutes after the start. */
export const isMistaken = ({ mistake }: OfMistakes, minute: number): boolean =>
  mistake !== undefined && mistake.fromMinute <= minute && minute < mistake.untilMinute;

export const MISTAKES: Part<OfMistakes> = { stream: 'mistakes', draw: drawMistakes };
