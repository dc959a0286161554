import { whyNotServing } from '../shared/fleet/lifecycle.ts';
import { inWords, nextProposal, type Proposal, rulingOn } from '../shared/ledger/proposal.ts';
import { guardOfWorker } from '../shared/policy/guards.ts';
import { covers } from '../shared/posture/waivers.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import { codeIn, isThrottlingCode } from '../shared/runtime/aws-error.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Memory } from './memory.ts';
import type { Observation } from './observe.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Action } from './shells-ledger.ts';

/** What a decision depends on besides the observation. */
export type Circumstances = CircumstancesOf<Policy>;

export interface Decision extends Told<Reason> {
  /** The command to send to the host. */
  readonly send?: Action;
  readonly memory: Memory;
  readonly proposal?: Proposal | undefined;
  /** Id of the operator's request that this decision answers. The next reconcile records the worker's own state. */
  readonly answers?: string;
  /** Nothing is recorded. */
  readonly silent?: true;
  /** A command is under way, and its result is read later. */
  readonly waits?: true;
  /**
   * How often the host is looked at until AWS tells what the decision lacks, ms: the next check of posture, which would
   * look again, may be a week away.
   */
  readonly every?: number;
}

/** The target of proposals, and of rulings on them. */
export const TARGET = 'shells';

/** How long the result of a check of the host is valid, ms. Actions depend on the present state of the host. */
const FRESH = 15 * 60_000;
/** The minimum time between two tries to close, ms. Until then a host that still lets somebody in is only reported. */
const ONE_TRY_IN = 6 * 3_600_000;

/** How often a host is looked at whose owner cannot be read for now, and one of whose sessions AWS tells nothing, ms. */
const [UNTIL_READ, UNTIL_TOLD] = [3_600_000, 6 * 3_600_000];

/** Decides about one worker; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { state, memory } = observation;
  const decided = decideAlone(observation, circumstances);
  const rejected = rulingOn(state.proposal, TARGET)?.kind === 'rejected';
  // A rejection holds even after an undo. A decision that only checks the host does not change a proposal.
  const keeps = rejected || decided.silent === true || decided.send === 'look';
  const proposal = keeps
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: TARGET }, circumstances.now);
  return { memory, ...decided, proposal };
}

type Decided = Omit<Decision, 'memory'> & { readonly memory?: Memory };

function decideAlone(observation: Observation, circumstances: Circumstances): Decided {
  const { instanceState, worker, state, tags, owner, isWindows, memory } = observation;
  const { now } = circumstances;
  const quietly = (decided: Decided): Decided =>
    state.fingerprint === undefined ? { ...decided, silent: true } : decided;
  if (instanceState !== 'running' && instanceState !== 'pending') {
    return quietly(say('skipped', 'worker-not-running', `The instance is ${instanceState}.`, instanceState));
  }
  if (worker.ownership === 'auto-mode' || isWindows) {
    const what = isWindows
      ? 'Windows has no SSH daemon of its own.'
      : 'Nobody gets a shell on a node of EKS Auto Mode.';
    return { ...say('skipped', 'auto-mode', what), silent: true };
  }
  if (memory.command !== undefined && observation.unread !== undefined) {
    const message = `What the command on the host printed cannot be read: ${observation.unread}`;
    return { ...say('failed', 'unreadable', message, codeIn(observation.unread)), waits: true };
  }
  if (memory.command !== undefined) return { ...LOOKING, silent: true, waits: true };
  const idle = whyNotServing(tags, observation.lifecycleState);
  if (idle !== undefined) return quietly(say('skipped', idle.reason, `${idle.message} Its SSH access stays as it is.`));
  const remedy = { modeIn: ({ shells }: Policy) => shells.hosts, about: 'SSH access' };
  const verdict = guardOfWorker({ cluster: worker.cluster, tags, owner }, circumstances, remedy);
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    if (guardResult.reason === 'unreadable' && owner?.mayBeRead === true) {
      // Throttling is of nobody.
      const isThrottled = isThrottlingCode(guardResult.variant);
      return { ...guardResult, every: UNTIL_READ, ...(isThrottled && { silent: true as const }) };
    }
    const isOff = guardResult.reason === 'mode-off';
    return isOff ? quietly(guardResult) : guardResult;
  }
  const ruling = rulingOn(state.proposal, TARGET);
  const hasFailed = memory.failedAt !== undefined && now - memory.failedAt < FRESH;
  if (ruling?.kind === 'rejected' && (memory.closedAt ?? memory.closing) !== undefined) {
    if (hasFailed) return say('failed', 'shells-not-restored', 'Some of what was put aside could not be given back.');
    const message = `The change is undone, as ${inWords(ruling)}. The host gets back what was put aside.`;
    return { ...say('acted', 'shells-being-restored', message, ruling.id), send: 'restore' };
  }
  if (memory.seen === undefined || now - memory.seen.at > FRESH) {
    return hasFailed ? { ...LOOKING, silent: true } : { ...LOOKING, silent: true, send: 'look' };
  }
  const { ways } = memory.seen;
  if (ways === undefined) {
    return memory.closing === undefined
      ? quietly(say('done', 'shells-closed', 'Nobody gets a shell by SSH.'))
      : closedUntold(memory, memory.closing);
  }
  const waiver = verdict.policy.posture.waivers.find((one) => covers(one, memory.seen?.check, worker, now));
  if (waiver !== undefined) {
    return say('skipped', 'shells-waived', `${ways} Waiver ${waiver.id} of the policy allows it.`, waiver.id);
  }
  if (ruling?.kind === 'rejected') {
    return say('skipped', 'proposal-rejected', `${ways} Closing it was rejected by ${inWords(ruling)}`, ruling.id);
  }
  if (memory.seen.fixed) return say('refused', 'shells-not-closable', ways);
  if (observation.hasSession !== true) {
    const isUntold = observation.hasSession === undefined;
    const why = isUntold ? 'Nobody knows whether one does' : 'No session reaches the host';
    const told = say('refused', 'shells-last-way-in', `${ways} Session Manager cannot replace it: ${why}.`);
    return isUntold ? { ...told, every: UNTIL_TOLD } : told;
  }
  if (observation.sessionTrouble !== undefined) {
    const { why, isUnread } = observation.sessionTrouble;
    const told = say('refused', 'shells-last-way-in', `${ways} Session Manager may not replace it: ${why}.`, why);
    return isUnread ? { ...told, every: UNTIL_TOLD } : told;
  }
  if (verdict.policy.shells.hosts === 'observe' && ruling === undefined) {
    return say('would-act', 'would-close-shells', `${ways} ${LASTING}`);
  }
  if (memory.triedAt !== undefined && now - memory.triedAt < ONE_TRY_IN) {
    return say('failed', 'shells-stay-open', `The host was told to close its SSH access. It is still open: ${ways}`);
  }
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  return {
    ...say(
      'acted',
      'shells-being-closed',
      `${ways} What a command can close is put aside, or switched off.${approved} ${LASTING}`,
    ),
    send: 'close',
    memory: { ...memory, seen: undefined, triedAt: now, closing: undefined, closedAt: now },
  };
}

/** A crash has kept it from being told that a host was closed. Another check confirms it. */
function closedUntold(memory: Memory, closing: number): Decided {
  const message = `Nobody gets a shell by SSH any more. At ${iso(closing)} the host was about to be told to put aside, or to switch off, what let people in. ${LASTING}`;
  return {
    ...say('acted', 'shells-being-closed', message),
    send: 'look',
    memory: { ...memory, seen: undefined, triedAt: closing, closing: undefined, closedAt: closing },
  };
}

export const say = wordsOf<Reason>;

const LOOKING = say(
  'waiting',
  'shells-being-looked-at',
  'The host is being checked. What follows depends on the result.',
);

/** The lasting fix, which keeps ways in from coming again with new workers. */
const LASTING =
  'For new workers, use a launch template without KeyName. On Bottlerocket its user data must not switch the admin container on.';
