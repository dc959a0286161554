import * as z from 'zod';
import type { DecisionKind } from '../records/record.ts';

const ruling = z.object({
  kind: z.enum(['approved', 'rejected']),
  /** Id of the request's event. */
  id: z.string(),
  /** When it was requested, epoch milliseconds; absent in items written before this member existed. */
  at: z.number().optional(),
  requestedBy: z.string(),
  why: z.string(),
});
/** An operator's ruling on a proposal. */
export type Ruling = z.infer<typeof ruling>;

export const proposal = z.object({
  /** What is proposed for the subject: a release, a remedy, exposures. */
  target: z.string(),
  /** When it was made, epoch milliseconds. No ruling can be older. */
  at: z.number(),
  ruling: ruling.optional(),
});
/**
 * An act that mode `observe` proposed with a `would-act` outcome. It stands until it is done, or until something else
 * is due.
 */
export type Proposal = z.infer<typeof proposal>;

/** The operator's ruling on exactly this target. */
export const rulingOn = (proposed: Proposal | undefined, target: string): Ruling | undefined =>
  proposed?.target === target ? proposed.ruling : undefined;

/**
 * The proposal that stands after a decision.
 *
 * @param decided `target`: what the decision is about; absent where it does not get that far
 */
export function nextProposal(
  before: Proposal | undefined,
  { decision, target }: { readonly decision: DecisionKind; readonly target: string | undefined },
  now: number,
): Proposal | undefined {
  if (decision === 'acted' || decision === 'done') return undefined;
  const stands = before !== undefined && (target === undefined || target === before.target);
  if (stands) return before;
  return decision === 'would-act' && target !== undefined ? { target, at: now } : undefined;
}

/** `by whom: why`, for messages. */
export const inWords = ({ requestedBy, why }: Pick<Ruling, 'requestedBy' | 'why'>): string => `${requestedBy}: ${why}`;
