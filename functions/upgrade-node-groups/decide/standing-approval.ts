import { inWords, type Proposal } from '../../shared/ledger/proposal.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { isSameUpgrade, proposedTarget, withoutKeyPairTarget } from '../model/target-version.ts';
import { followControlPlane } from './follow-control-plane.ts';

/**
 * Whether an operator's ruling on following the control plane outlives a decision about the present Kubernetes version:
 * the group would still do later what was ruled on. Another proposal takes the place of the ruled one.
 */
export function standsForLater(observation: Observation, decided: Decision, anywhere: Circumstances): boolean {
  const { view, state } = observation;
  const { target, ruling } = state.proposal ?? {};
  if (target === undefined || ruling === undefined || view.kind !== 'node-group' || view.next === undefined)
    return false;
  if (decided.kubernetesVersion !== undefined || decided.decision === 'would-act') return false;
  const later = followControlPlane(observation, view, circumstancesOf(observation, anywhere))?.decision;
  if (later === undefined) return false;
  // A decision that keeps all releases of the next version away names no release.
  const proposed = proposedTarget(later.releaseVersion ?? '', view.next.version);
  return target.endsWith(proposed) || target.endsWith(withoutKeyPairTarget(proposed));
}

/** The same decision, whose message also says that an approval has ended without having been carried out. */
export function tellingEnd(
  decided: Decision,
  before: Proposal | undefined,
  after: Proposal | undefined,
  about: string | undefined,
): Decision {
  if (before?.ruling?.kind !== 'approved' || after?.target === before.target) return decided;
  // The same upgrade is still due where only the policy of its key pair has changed. Its approval has expired, which
  // the decision tells.
  if (about !== undefined && isSameUpgrade(about, before.target)) return decided;
  const message = `${decided.message} The approval of ${before.target} (${inWords(before.ruling)}) has ended: something else is due.`;
  return { ...decided, message };
}
