import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { inWords } from '../../shared/ledger/proposal.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';
import { type Circumstances, type Decision, RECONCILE_EVERY, say } from '../model/decision.ts';
import { spreadOf } from '../model/nodes.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { mustBeLookedAt, type Preflight } from '../model/preflight.ts';
import { launchedBefore } from '../model/replacement.ts';
import { mayTake } from '../model/time-needed.ts';
import type { Reason } from '../reasons.ts';
import { issueCodes, isTroubled } from './heal.ts';
import { isFirstTry, withoutKeyPair } from './key-pairs.ts';
import type { Moment } from './moment.ts';
import { fromTo } from './propose.ts';
import { riskToEvidence } from './sparing-evidence.ts';
import { occupantsFor } from './waitlist.ts';

const MINUTE = 60_000;

/**
 * How many node groups that nobody has looked at are woken in the same minute, so that a fleet does not come at once.
 */
const LOOKED_AT_IN_A_MINUTE = 20;

/** Begins the upgrade, or waits for a slot. */
export function begin(
  moment: Moment,
  { slots, ahead, preflights }: Pick<Circumstances, 'slots' | 'ahead' | 'preflights'>,
): Decision {
  const {
    key,
    view,
    releaseVersion,
    firstSeenAt,
    now,
    upgrades,
    attempt,
    policy,
    idle,
    replaces,
    approval,
    ruling,
    passed,
    turnAt,
    wait,
  } = moment;
  const { force, concurrency } = upgrades;
  const { inCluster, inAccount } = occupantsFor(key, slots, ahead);
  if (inCluster.length >= concurrency.perCluster) {
    const limit = `The policy allows ${counted(concurrency.perCluster, 'update')} at a time in the cluster`;
    return forSlot(moment, 'cluster-concurrency', `${limit}. Under way: ${listed(inCluster)}.`);
  }
  if (inAccount.length >= concurrency.perAccount) {
    const limit = `The policy allows ${counted(concurrency.perAccount, 'update')} at a time in the account`;
    return forSlot(moment, 'account-concurrency', `${limit}. Under way: ${listed(inAccount)}.`);
  }
  const seen = preflights?.found.get(subjectOf(key));
  if (seen === undefined && preflights?.isOver === true && mustBeLookedAt(upgrades)) {
    const until = now + MINUTE * (1 + Math.floor((preflights.pending ?? 0) / LOOKED_AT_IN_A_MINUTE));
    const message = `The upgrade is checked before it starts, at ${iso(until)}.`;
    return { ...wait('preflight-pending', message, until), isSilent: true };
  }
  const upgrade: Upgrade = {
    releaseVersion,
    from: view.releaseVersion,
    attempt,
    requestedAt: now,
    nodes: nodesToReplace(view, moment),
    ...(replaces !== undefined && { replaces }),
    dueBy: now + mayTake(view),
    ...(isTroubled(view) && { issues: issueCodes(view) }),
  };
  const approved = ruling === undefined || !approval.isNeeded ? '' : ` Approved by ${inWords(ruling)}`;
  const isApproved = !approval.isNeeded || approval.coversKeyPair;
  const { details, template, ...keyPair } = withoutKeyPair(key, seen?.keyPair, policy, {
    now,
    isFirstTry: isFirstTry(moment),
    isApproved,
    groupTags: view.tags,
  });
  const message = `The node group is being ${replaces === undefined ? 'upgraded' : 'moved'} ${fromTo(moment)}.${approved}${passed}${riskToEvidence(moment)}${warned(upgrades.preflight, seen)}${keyPair.message}`;
  return {
    ...say('acted', 'upgrade-started', message, { ...idle, upgrade }, `${releaseVersion} ${attempt}`),
    ...(details !== undefined && { details }),
    start: { version: view.version, firstSeenAt, force, ...(template !== undefined && { template }) },
    turn: turnAt(now),
    wakeAt: now + RECONCILE_EVERY,
  };
}

/**
 * Waits for a slot. Only who has one is looked at before it starts, so that a group which a look found blocked says
 * nothing new while it waits for the next one: else it would be told as blocked again each time that a slot is free.
 */
function forSlot({ state, wait }: Moment, reason: Reason, message: string): Decision {
  const waits = wait(reason, message);
  const isBlocked = state.fingerprint?.startsWith(`preflight-blocked ${waits.variant} `) === true;
  return isBlocked ? { ...waits, isSilent: true } : waits;
}

/** What a look has found that does not keep the upgrade from starting; begins with a blank. */
function warned(preflight: Moment['upgrades']['preflight'], seen: Preflight | undefined): string {
  const found =
    preflight === 'off' || seen === undefined ? [] : [...seen.blockers.map(({ why }) => why), ...seen.warnings];
  return found.length === 0 ? '' : ` Warning: ${listed(found)}.`;
}

const nodesToReplace = (
  { nodes, version, desired }: NodeGroupView,
  { releaseVersion, replaces }: Pick<Moment, 'releaseVersion' | 'replaces'>,
): number => {
  if (nodes === undefined) return desired;
  if (replaces !== undefined) return launchedBefore(nodes, replaces).length;
  const { total, onRelease } = spreadOf(nodes, releaseVersion, version);
  return total - onRelease;
};
