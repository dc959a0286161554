import * as z from 'zod';
import type { DecisionKind } from '../records/record.ts';

const ruling = z.object({
  kind: z.enum(['approved', 'rejected']),
  /** The id of the request's event. */
  id: z.string(),
  /** When it was asked for, epoch milliseconds; absent in what was remembered before this was. */
  at: z.number().optional(),
  requestedBy: z.string(),
  why: z.string(),
});
/** What an operator said to a proposal. */
export type Ruling = z.infer<typeof ruling>;

export const proposal = z.object({
  /** What it is about, beside its subject: a release, a remedy, exposures. */
  target: z.string(),
  /** When it was made, epoch milliseconds: nobody can have answered it before. */
  at: z.number(),
  ruling: ruling.optional(),
});
/** An act that mode `observe` proposed by a `would-act` outcome. It stands until it is done or something else is due. */
export type Proposal = z.infer<typeof proposal>;

/** What an operator said to just this target. */
export const rulingOn = (proposed: Proposal | undefined, target: string): Ruling | undefined =>
  proposed?.target === target ? proposed.ruling : undefined;

/**
 * What is proposed once a decision holds.
 *
 * @param decided `target`: what the decision is about; absent where it does not get as far as that
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
