import * as z from 'zod';
import type { ClosedGate } from './gates.ts';

/** The gate that keeps a subject from moving to a target, and since when it does. */
export const heldAtGate = () =>
  z.object({
    /** The reason code of the gate. One alarm may follow another, and pods be pending where nodes were not Ready. */
    reason: z.string(),
    /** The release, AMI or alias. */
    target: z.string(),
    /** Epoch milliseconds. */
    since: z.number(),
  });
export type HeldAtGate = z.infer<ReturnType<typeof heldAtGate>>;

/** How long what nobody knows when it opens may hold a change back before somebody is notified, ms. */
export const CLOSED_IS_TOLD_AFTER = 24 * 3_600_000;

/** A closed gate, as far as it says how long that lasts. */
type Closed = Pick<ClosedGate, 'reason' | 'isOpenEnded'>;

/**
 * Whether nobody knows when a closed gate opens. Of a calendar, somebody has mostly written that down; one that is closed
 * by default and has no further event never opens.
 */
export const isLasting = ({ reason, isOpenEnded }: Closed): boolean =>
  reason === 'alarm-gate-closed' || reason === 'workload-gate-closed' || isOpenEnded === true;

/**
 * What is to be remembered at a closed gate; a pure function. A calendar that says when it opens tells nothing of the
 * others, and neither does a gate that cannot be read: what was known stays.
 */
export function heldAfter(
  before: HeldAtGate | undefined,
  closed: Closed,
  target: string,
  now: number,
): HeldAtGate | undefined {
  const { reason } = closed;
  const known = before?.target === target ? before : undefined;
  if (!isLasting(closed)) return known;
  return known?.reason === reason ? known : { reason, target, since: now };
}

const HOLDERS = {
  'alarm-gate-closed': { holders: 'alarms' },
  'workload-gate-closed': { holders: 'nodes and pods' },
  'calendar-gate-closed': {
    holders: 'change calendars',
    hint: 'Systems Manager names no time at which the calendar opens: give it an event that opens it, or take it out of upgrades.gates.calendars.',
  },
  'gate-unreadable': { holders: 'gates' },
} as const satisfies Record<ClosedGate['reason'], { readonly holders: string; readonly hint?: string }>;

/**
 * The sentence about a gate that has been closed for so long that somebody is notified, and what to do where the hint of
 * the reason does not fit; undefined before.
 * @param what what could not start, at the end of a sentence: `the upgrade`
 */
export function toldOfLong(
  closed: Closed,
  since: number,
  what: string,
  now: number,
): { readonly sentence: string; readonly hint?: string } | undefined {
  if (!isLasting(closed) || now - since < CLOSED_IS_TOLD_AFTER) return undefined;
  const { holders, ...more } = HOLDERS[closed.reason];
  const sentence = `Whenever ${what} could have started since ${new Date(since).toISOString()}, ${holders} kept it from that.`;
  return { sentence, ...more };
}
