import { whyNotServing } from '../shared/fleet/lifecycle.ts';
import { inWords, nextProposal, type Proposal, type Ruling, rulingOn } from '../shared/ledger/proposal.ts';
import { guardOfWorker } from '../shared/policy/guards.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import type { ImdsState } from './imds-ledger.ts';
import type { Observation } from './observe.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** What a decision depends on besides the observation. */
export type Circumstances = CircumstancesOf<Policy>;

export interface Decision extends Told<Reason> {
  /** The value to set for the metadata service's tokens. */
  readonly set?: 'required' | 'optional';
  readonly changedAt?: number | undefined;
  readonly proposal?: Proposal | undefined;
  /** Id of the operator's request that this decision answers. A following reconcile records the worker's own state. */
  readonly answers?: string;
  /** All is well, and nothing else was ever recorded, or EC2 does not show the change yet: this is not recorded. */
  readonly silent?: true;
  /** The worker is looked at again soon: EC2 does not show the change yet, or a fresh read is to confirm it. */
  readonly isUnconfirmed?: true;
  /** What the ledger goes on to remember of a change of which nobody has told yet. */
  readonly asked?: ImdsState['asked'];
}

/** Within what time all reads show a change, ms. Source: EC2 API reference, "Eventual consistency". */
const SHOWN_WITHIN = 60_000;

/** The target of a proposal, and of a ruling on it. */
export const TARGET = 'imdsv2';

/** Decides about one worker; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const decided = decideAlone(observation, circumstances);
  const { state } = observation;
  const rejected = rulingOn(state.proposal, TARGET)?.kind === 'rejected';
  // What was rejected stays rejected, even after it was undone.
  const proposal = rejected
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: TARGET }, circumstances.now);
  return withMemory(observation, { ...decided, proposal }, circumstances.now);
}

/**
 * What is remembered of a change. Where version 1 is taken once EC2 must show the change, it was never made, or somebody has
 * taken it back: whoever sets version 2 from now on is somebody else, and a rejection undoes nothing of theirs.
 */
function withMemory({ takesV1, state }: Observation, decided: Decision, now: number): Decision {
  const { changedAt, asked } = state;
  if (!takesV1 || changedAt === undefined) return { changedAt, ...decided };
  if (now < changedAt + SHOWN_WITHIN) {
    const mayHaveBeenMade = asked === 'required' && decided.set === undefined;
    return { changedAt, ...(mayHaveBeenMade && { asked }), ...decided };
  }
  const { silent: _, ...spoken } = decided;
  return spoken;
}

function decideAlone(observation: Observation, circumstances: Circumstances): Decision {
  const { instanceState, worker, takesV1, state, tags, owner } = observation;
  const ruling = rulingOn(state.proposal, TARGET);
  if (instanceState !== 'running' && instanceState !== 'pending') {
    return quietly(state, say('skipped', 'worker-not-running', `The instance is ${instanceState}.`, instanceState));
  }
  if (worker.ownership === 'auto-mode') {
    return quietly(state, say('skipped', 'auto-mode', 'AWS sets the metadata options of the nodes of EKS Auto Mode.'));
  }
  if (state.asked === (takesV1 ? 'optional' : 'required')) return foundSet(observation, ruling);
  const shownFrom = state.asked === undefined && state.changedAt !== undefined ? state.changedAt + SHOWN_WITHIN : 0;
  if (takesV1 && circumstances.now < shownFrom) {
    const message = 'The metadata service was set to version 2, which EC2 does not show yet.';
    return { ...say('waiting', 'imdsv2-being-required', message), silent: true, isUnconfirmed: true };
  }
  const undoes = !takesV1 && state.changedAt !== undefined && ruling?.kind === 'rejected';
  if (!takesV1 && !undoes)
    return quietly(state, say('done', 'imdsv2-required', 'Its metadata service takes version 2 only, or is off.'));
  if (observation.operatedBy !== undefined) {
    const message = `${observation.operatedBy} operates the instance: EC2 lets nobody else change its metadata service, which takes version 1.`;
    return say('skipped', 'imdsv2-operated', message, observation.operatedBy);
  }
  const idle = undoes ? undefined : whyNotServing(tags, observation.lifecycleState);
  if (idle !== undefined) {
    const left = say('skipped', idle.reason, `${idle.message} Its metadata service stays as it is.`);
    // Whoever is on the way out, in a warm pool or in quarantine does not stay so. A worker may stand by for weeks.
    return idle.reason === 'out-of-service' && observation.lifecycleState === 'Standby' ? left : quietly(state, left);
  }
  const remedy = { modeIn: ({ imds }: Policy) => imds.mode, about: 'the metadata service' };
  const verdict = guardOfWorker({ cluster: worker.cluster, tags, owner }, circumstances, remedy);
  if ('guardResult' in verdict) return verdict.guardResult;
  if (undoes && ruling !== undefined) {
    return { ...undone(ruling), set: 'optional', changedAt: undefined };
  }
  if (ruling?.kind === 'rejected') {
    const message = `The metadata service takes version 1. The change was rejected by ${inWords(ruling)}`;
    // Nothing is left to undo: whoever sets version 2 from now on is somebody else.
    return { ...say('skipped', 'proposal-rejected', message, ruling.id), changedAt: undefined };
  }
  if (verdict.policy.imds.mode === 'observe' && ruling === undefined) {
    return say(
      'would-act',
      'would-require-imdsv2',
      `The metadata service takes version 1.${lockedOut(observation)} ${lastingFix(observation)}`,
    );
  }
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  const message = `The metadata service took version 1. From now on it takes version 2 only.${lockedOut(observation)}${approved} ${lastingFix(observation)}`;
  return { ...say('acted', 'imdsv2-being-required', message), set: 'required', changedAt: circumstances.now };
}

/** Tells of a change that EC2 was about to be asked for, and of which nothing more was saved: EC2 shows it. */
function foundSet(observation: Observation, ruling: Ruling | undefined): Decision {
  const { takesV1, state } = observation;
  if (takesV1) return { ...undone(ruling), changedAt: undefined, isUnconfirmed: true };
  const message = `The metadata service took version 1. Now it takes version 2 only.${lockedOut(observation)} ${lastingFix(observation)}`;
  return { ...say('acted', 'imdsv2-being-required', message), changedAt: state.changedAt, isUnconfirmed: true };
}

const undone = (ruling: Ruling | undefined): Told<Reason> => {
  const why = ruling === undefined ? '' : `, as ${inWords(ruling)}`;
  return say(
    'acted',
    'imdsv2-undone',
    `The change is undone${why}. The metadata service takes version 1 again.`,
    ruling?.id,
  );
};

/**
 * Who has no metadata service any more: version 1 knows no hop limit, and a token of version 2 reaches no pod across one
 * hop (EC2 user guide, "Instance metadata access considerations"; aws/containers-roadmap#930). Whether that is meant,
 * nobody here knows, so the limit stays.
 */
const lockedOut = ({ hopLimit }: Observation): string =>
  hopLimit === 1
    ? ' Its hop limit is 1: with version 2 only, pods without hostNetwork do not reach it. Those that need it need a hop limit of 2.'
    : '';

/** Where to configure it, so that the next worker has it from its launch on. */
function lastingFix({ worker: { ownership, nodegroup = '' } }: Observation): string {
  const name = nodegroup.replace(/^[\w-]+:/, '');
  if (ownership === 'karpenter')
    return `For new workers, set metadataOptions.httpTokens in the EC2NodeClass of node pool ${name}.`;
  if (ownership === 'self-managed') return `For new workers, set MetadataOptions in the launch template of ${name}.`;
  return `For new workers, set MetadataOptions in the launch template of node group ${name}. If EKS owns the template, give the node group one of its own.`;
}

const quietly = (state: ImdsState, decision: Decision): Decision =>
  state.fingerprint === undefined ? { ...decision, silent: true } : decision;

export const say = wordsOf<Reason>;
