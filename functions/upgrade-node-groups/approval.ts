import { approvalEnds, inWords, type Proposal, type Ruling, rulingOn } from '../shared/ledger/proposal.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Policy } from './policy.ts';

/** How the approval of an upgrade stands. */
export interface Approval {
  /** The ruling that holds; absent: nobody has ruled, or the approval is over. */
  readonly ruling?: Ruling;
  /** An approval that is over. */
  readonly expired?: { readonly id: string; readonly message: string };
  /** Whether nothing starts unless it is approved. */
  readonly isNeeded: boolean;
  /** Whether the upgrade is only proposed. */
  readonly isProposal: boolean;
}

/** Whether an upgrade to a release may start, by what an operator ruled; a pure function. A rejection does not expire. */
export function approvalOf(
  proposed: Proposal | undefined,
  releaseVersion: string,
  { mode, approval, approvalExpiresAfter }: Policy['upgrades'],
  now: number,
): Approval {
  const isNeeded = mode === 'observe' || approval === 'required';
  const ruling = rulingOn(proposed, releaseVersion);
  if (proposed === undefined || ruling?.kind !== 'approved') {
    return { ...(ruling !== undefined && { ruling }), isNeeded, isProposal: isNeeded };
  }
  const end = approvalEnds(proposed, ruling, approvalExpiresAfter);
  if (end > now) return { ruling, isNeeded, isProposal: false };
  const message = ` The approval by ${inWords(ruling)} expired at ${iso(end)}.`;
  return { expired: { id: ruling.id, message }, isNeeded, isProposal: isNeeded };
}
