import { closedGate } from '../../shared/gates/gates.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { withoutKeyPairTarget } from '../model/target-version.ts';
import { issuesInWords, isTroubled } from './heal.ts';
import { mayLeaveKeyPairOut } from './key-pairs.ts';
import type { Moment } from './moment.ts';
import { riskToEvidence } from './sparing-evidence.ts';

/** Proposes an upgrade that nobody has approved; undefined where the upgrade needs no approval, or has one. */
export function propose(moment: Moment, { gates }: Pick<Circumstances, 'gates'>): Decision | undefined {
  const { releaseVersion, now, upgrades, idle, approval, isProposal, turnAt, pace, state } = moment;
  if (!isProposal) return undefined;
  const opensAt = nextOpening(pace.windows, now);
  const inWindow = opensAt > now ? whenApprovedNow(opensAt, now + upgrades.approvalExpiresAfter) : '';
  const closed = closedGate(upgrades.gates, gates, now);
  const atGates = closed === undefined ? '' : ` If approved now, it waits. ${closed.message}`;
  const leavesKeyPairOut = mayLeaveKeyPairOut(moment);
  const keyPair = leavesKeyPairOut
    ? ' Where its launch template names a key pair, new nodes get none (upgrades.keyPairs.mode), unless the look before the start finds a reason to keep it.'
    : '';
  const verb = moment.replaces === undefined ? 'upgraded' : 'moved';
  const message = `The node group would be ${verb} ${fromTo(moment)}.${keyPair}${riskToEvidence(moment)}${approval.expired?.message ?? ''}${inWindow}${atGates}`;
  const what = leavesKeyPairOut ? withoutKeyPairTarget(releaseVersion) : releaseVersion;
  const variant = approval.expired === undefined ? what : `${what} after ${approval.expired.id}`;
  return {
    ...say('would-act', upgrades.mode === 'observe' ? 'would-upgrade' : 'approval-required', message, idle, variant),
    // The turn gives the proposal a place in the line, for whoever looks. A proposal holds up nobody (`contendersOf`).
    turn: turnAt(opensAt > now ? opensAt : Math.min(state.turn?.mayStartAt ?? now, now)),
    ...(leavesKeyPairOut && { leavesKeyPairOut }),
    ...(closed?.isUnread && { dependsOnGates: true }),
  };
}

/** Says what becomes of an approval that is given before the next window opens. */
const whenApprovedNow = (opensAt: number, expiresAt: number): string =>
  expiresAt > opensAt
    ? ` If approved now, it starts when the next window opens, at ${iso(opensAt)}.`
    : ` The next window opens at ${iso(opensAt)}. An approval that is given now ends before, at ${iso(expiresAt)} (upgrades.approvalExpiresAfter): approve it later.`;

/** Says from which release to which a node group moves, and what the move may cure; or which nodes are replaced. */
export function fromTo({
  view,
  releaseVersion,
  replaces,
  pace,
}: Pick<Moment, 'view' | 'releaseVersion' | 'replaces' | 'pace'>): string {
  if (replaces !== undefined) {
    return `from nodes that were launched before ${iso(replaces)} to new ones with the same release ${releaseVersion}`;
  }
  const cures = isTroubled(view) ? `, which may cure ${issuesInWords(view)}` : '';
  return `from ${view.releaseVersion} to ${releaseVersion}${pace.cause}${cures}`;
}
