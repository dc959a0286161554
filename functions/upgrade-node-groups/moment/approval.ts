import { type Proposal, type Standing, standingRuling } from '../../shared/ledger/proposal.ts';
import { withoutKeyPairTarget } from '../model/target-version.ts';
import type { Policy } from '../policy.ts';

/** How the approval of an upgrade stands. */
export interface Approval extends Standing {
  /** Whether nothing starts unless it is approved. */
  readonly isNeeded: boolean;
  /** Whether the upgrade is only proposed. */
  readonly isProposal: boolean;
  /** Whether what was ruled on may leave the key pair out, too. */
  readonly coversKeyPair: boolean;
}

/**
 * Says whether an operator's ruling lets an upgrade start; a pure function. A ruling on an upgrade holds with and
 * without what was proposed of its key pair. A rejection does not expire.
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
  const standing = standingRuling(proposed, coversKeyPair ? both : target, approvalExpiresAfter, now);
  return { ...standing, isNeeded, isProposal: isNeeded && standing.ruling?.kind !== 'approved', coversKeyPair };
}
