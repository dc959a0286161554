import { approvalEnds, inWords, type Proposal, type Ruling, rulingOn } from '../shared/ledger/proposal.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Policy } from './policy.ts';
import { withoutKeyPairTarget } from './target-version.ts';

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
  /** Whether what was ruled on may leave the key pair out, too. */
  readonly coversKeyPair: boolean;
}

/**
 * Whether an upgrade may start, by what an operator ruled; a pure function. A ruling on an upgrade holds with and without what was
 * proposed of its key pair. A rejection does not expire.
 *
 * @param target what the upgrade is about, by `proposedTarget`
 */
export function approvalOf(
  proposed: Proposal | undefined,
  target: string,
  { mode, approval, approvalExpiresAfter }: Policy['upgrades'],
  now: number,
): Approval {
  const isNeeded = mode === 'observe' || approval === 'required';
  const both = withoutKeyPairTarget(target);
  const coversKeyPair = proposed?.target === both;
  const ruling = rulingOn(proposed, coversKeyPair ? both : target);
  if (proposed === undefined || ruling?.kind !== 'approved') {
    return { ...(ruling !== undefined && { ruling }), isNeeded, isProposal: isNeeded, coversKeyPair };
  }
  const end = approvalEnds(proposed, ruling, approvalExpiresAfter);
  if (end > now) return { ruling, isNeeded, isProposal: false, coversKeyPair };
  const message = ` The approval by ${inWords(ruling)} expired at ${iso(end)}.`;
  return { expired: { id: ruling.id, message }, isNeeded, isProposal: isNeeded, coversKeyPair };
}
