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

/** How long an alarm, or nodes and pods, may hold a change back before somebody is notified, ms. */
export const CLOSED_IS_TOLD_AFTER = 24 * 3_600_000;

/** Gates that nobody knows when they open. Of a calendar, somebody has written that down. */
const LASTING: ReadonlySet<ClosedGate['reason']> = new Set(['alarm-gate-closed', 'workload-gate-closed']);

/**
 * What is to be remembered at a closed gate; a pure function. A closed calendar says nothing of the others, and neither
 * does a gate that cannot be read: what was known stays.
 */
export function heldAfter(
  before: HeldAtGate | undefined,
  { reason }: Pick<ClosedGate, 'reason'>,
  target: string,
  now: number,
): HeldAtGate | undefined {
  const known = before?.target === target ? before : undefined;
  if (!LASTING.has(reason)) return known;
  return known?.reason === reason ? known : { reason, target, since: now };
}

/**
 * The sentence about a gate that has been closed for so long that somebody is notified; undefined before.
 * @param what what could not start, at the end of a sentence: `the upgrade`
 */
export function toldOfLong(
  { reason }: Pick<ClosedGate, 'reason'>,
  since: number,
  what: string,
  now: number,
): string | undefined {
  if (!LASTING.has(reason) || now - since < CLOSED_IS_TOLD_AFTER) return undefined;
  const holders = reason === 'alarm-gate-closed' ? 'alarms' : 'nodes and pods';
  return `Whenever ${what} could have started since ${new Date(since).toISOString()}, ${holders} kept it from that.`;
}
