import { OPT_OUT_TAG } from '../shared/fleet/scope.ts';
import { waitAtGates } from '../shared/gates/at-gate.ts';
import { sinceFirstSeen } from '../shared/gates/workload-gate.ts';
import { PASSING_PROBLEMS } from '../shared/kubernetes/access-error.ts';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { inWords, nextProposal, rulingOn } from '../shared/ledger/proposal.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import { guardOf } from '../shared/policy/guards.ts';
import type { Told } from '../shared/records/decision.ts';
import { causeOf } from '../shared/rollouts/hastened.ts';
import { iso } from '../shared/runtime/clock.ts';
import { aliasOf, type Family } from './alias.ts';
import { chooseVersion } from './choose-version.ts';
import { type Circumstances, type Decision, type Observation, say } from './decision.ts';
import { aboutEarlierPin } from './earlier-pin.ts';
import { leftAlone } from './left-alone.ts';
import { ALL_CLASSES, type ClassView, type OfferedVersion } from './node-class.ts';
import { pacedBy } from './pace.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { setBackInWords } from './set-back.ts';
import { stayPinned } from './stay-pinned.ts';
import { poolsIn, poolsOf, proposedPatch } from './tell-pools.ts';
import { type Mover, passedWaves, waitAtWave } from './wave.ts';

/** A name of Kubernetes has no colon: this label or annotation means the same as the tag. */
const OPT_OUT_MARK = OPT_OUT_TAG.replace(':', '/');

/** Decides about one EC2NodeClass; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { state, view } = observation;
  const decided = decideAlone(observation, circumstances);
  const { target = state.proposal?.target } = decided;
  const isRejected = target !== undefined && rulingOn(state.proposal, target)?.kind === 'rejected';
  // What was rejected stays rejected, even after it was undone.
  const proposal = isRejected
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: decided.target }, circumstances.now);
  const pools = view.kind === 'class' ? poolsOf(view) : undefined;
  const details = { ...(pools !== undefined && { pools }), ...decided.details };
  // What is unread is told once for the cluster, and only remembered of its classes.
  const isTold = observation.key.nodegroup !== ALL_CLASSES && (view.kind === 'unread' || view.kind === 'unreadable');
  return {
    made: state.made,
    behind: state.behind,
    heldAtGate: state.heldAtGate,
    ...decided,
    ...(Object.keys(details).length > 0 && { details }),
    ...(isTold && { silent: true as const }),
    proposal,
  };
}

function decideAlone(observation: Observation, circumstances: Circumstances): Decision {
  const { key, owner, view, state } = observation;
  const quietly = (decision: Decision): Decision =>
    state.fingerprint === undefined ? { ...decision, silent: true } : decision;
  const marks = view.kind === 'class' && OPT_OUT_MARK in view.marks ? { [OPT_OUT_TAG]: '' } : {};
  const verdict = guardOf(
    { ...owner, cluster: key.cluster, tags: { 'Its cluster': owner.tags, 'The EC2NodeClass': marks } },
    circumstances,
    { modeIn: ({ nodeClasses }: Policy) => nodeClasses.mode, about: 'node classes' },
  );
  if ('guardResult' in verdict) {
    return verdict.guardResult.decision === 'skipped' ? quietly(verdict.guardResult) : verdict.guardResult;
  }
  switch (view.kind) {
    case 'unread':
      // The guards have let everything pass only now: the next look reads.
      return { ...say('skipped', 'node-classes-unread', 'Nothing was read yet.'), silent: true };
    case 'unreadable': {
      const { now } = circumstances;
      // What people must end first is waited for by nobody, and says nothing of how long the rest of it lasts.
      const unreadSince = PASSING_PROBLEMS.has(view.variant) ? (state.unreadSince ?? now) : undefined;
      return {
        ...say(
          isLackOfWhatIsWanted(verdict.policy, view.variant, state) ? 'refused' : 'skipped',
          'node-classes-unread',
          view.why,
          view.variant,
        ),
        ...(unreadSince !== undefined && {
          unreadSince,
          // Until it is read, no later wave waits for its classes.
          ...(now - unreadSince < UNREAD_FOR_MS && { wakeAt: now + UNREAD_AGAIN_MS }),
        }),
      };
    }
    case 'malformed':
      return say('refused', 'node-class-malformed', view.why, view.variant);
    case 'readable':
      return quietly(say('done', 'node-classes-read', 'Its EC2NodeClasses can be read.'));
    case 'gone':
      return {
        ...quietly(say('done', 'node-class-gone', 'The cluster has no EC2NodeClass of this name.')),
        made: undefined,
      };
    case 'auto-mode': {
      const message = `EKS Auto Mode chooses the AMI of NodeClass ${view.name}, and replaces each node within 21 days.${poolsIn(view.pools)}`;
      return say('skipped', 'auto-mode', message);
    }
    case 'class':
      return (
        aboutEarlierPin(view, state) ?? decideClass(moverOf(observation, view, verdict.policy, circumstances), state)
      );
  }
}

/** When a cluster is looked at again that could not be read just now, ms: also where sweeps are rare. */
const UNREAD_AGAIN_MS = 30 * 60_000;
/** After what time that is left to sweeps, ms. */
const UNREAD_FOR_MS = 3 * 3_600_000;

/**
 * Whether somebody is to be told that a cluster is unread: the policy has its classes pinned, and that does not end by
 * itself, or has not ended since the look before. Where nobody has asked for pins, it is no refusal that there are none.
 */
const isLackOfWhatIsWanted = (
  { nodeClasses }: Pick<Policy, 'nodeClasses'>,
  variant: string,
  { reason }: Pick<NodeClassState, 'reason'>,
): boolean => nodeClasses.mode === 'enforce' && (!PASSING_PROBLEMS.has(variant) || reason === 'node-classes-unread');

const moverOf = (observation: Observation, view: ClassView, policy: Policy, circumstances: Circumstances): Mover => ({
  key: observation.key,
  view,
  policy: pacedBy(policy, observation, circumstances.now),
  circumstances,
  cause: causeOf(observation.need, policy),
});

function decideClass(mover: Mover, state: NodeClassState): Decision {
  const { view } = mover;
  const { selection, unknownImages, running } = view;
  const pools = poolsIn(view.pools);
  const left = leftAlone(view, mover.circumstances.now);
  if (left !== undefined) return left;
  if (selection.kind === 'custom' || selection.kind === 'other-alias') throw new Error('Such a class is left alone.');
  const { family } = selection;
  const strange = [
    ...unknownImages,
    ...running.filter((each) => each.family !== family).map((each) => aliasOf(each.family, each.version)),
  ];
  if (strange.length > 0) {
    const message = `Nodes run ${strange.slice(0, 5).join(', ')}, which cannot be compared with releases of ${family}.${pools}`;
    return say('refused', 'node-release-unknown', message, strange.toSorted().join(' '));
  }
  const wanted = chooseVersion(mover, family);
  if (wanted.kind === 'none') return { ...wanted.decision, message: `${wanted.decision.message}${pools}` };
  if (wanted.kind === 'version') return pinTo(wanted.offered, family, mover, state);
  return stayPinned(mover, family, wanted.version, state);
}

/** Decides when a class is pinned to another version: now, or later, with what it waits for. */
function pinTo(offered: OfferedVersion, family: Family, mover: Mover, state: NodeClassState): Decision {
  const { view, policy, circumstances } = mover;
  const { now } = circumstances;
  const { name, selection, codeOwner } = view;
  const pools = poolsIn(view.pools);
  const target = aliasOf(family, offered.version);
  const is = selection.kind === 'pins' ? aliasOf(family, selection.version) : `${family}@latest`;
  const fromTo = `from ${is} to ${target}${mover.cause}`;
  const about = (told: Told<Reason>, more: Partial<Decision> = {}): Decision => ({ ...told, target, ...more });
  const ruling = rulingOn(state.proposal, target);
  if (ruling?.kind === 'rejected' && codeOwner === undefined) {
    return about(say('skipped', 'proposal-rejected', `${target} was rejected by ${inWords(ruling)}`, ruling.id));
  }
  const held = waitAtWave(offered, family, mover);
  if (held !== undefined) {
    const { reason, message, which, until: wakeAt, lookAt, hint } = held;
    const more = {
      ...(wakeAt !== undefined && { wakeAt }),
      ...(lookAt && { lookAt }),
      ...(hint !== undefined && { hint }),
    };
    return about(say('waiting', reason, `${message}${pools}`, `${target} ${which}`), more);
  }
  const patch = { details: { patch: proposedPatch(name, target) } };
  if (codeOwner !== undefined) {
    const message = `A change ${fromTo} is due. ${capitalized(codeOwner)} keeps ${name} as code, so the change is only proposed.${pools}`;
    return { ...say('refused', 'node-class-kept-as-code', message, target), ...patch };
  }
  if (policy.nodeClasses.mode === 'observe' && ruling === undefined) {
    return about(say('would-act', 'would-pin-node-class', `A change ${fromTo} is due.${pools}`, target), patch);
  }
  const setBack = ruling === undefined ? setBackInWords(view, state) : undefined;
  if (setBack !== undefined) {
    return {
      ...about(say('refused', 'node-class-set-back', `A change ${fromTo} is due. ${setBack}${pools}`, target)),
      ...patch,
    };
  }
  const opensAt = nextOpening(policy.nodeClasses.windows, now);
  if (opensAt > now) {
    const message = `A change ${fromTo} is due. The next window opens at ${iso(opensAt)}.`;
    return about(say('waiting', 'node-class-outside-window', message, target), { wakeAt: opensAt });
  }
  const closed = waitAtGates(policy.upgrades.gates, circumstances, {
    target,
    since: sinceFirstSeen(offered.since),
    now,
    held: state.heldAtGate,
    what: 'the pin',
  });
  if (closed !== undefined) return { ...about(closed.told, closed.more), heldAtGate: closed.held };
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  return about(
    say(
      'acted',
      'node-class-being-pinned',
      `Changed ${fromTo}.${pools}${approved}${passedWaves(offered, mover)}`,
      target,
    ),
    {
      write: [{ alias: target }],
      made: { alias: target, from: asJson(view.terms), at: now },
      heldAtGate: undefined,
    },
  );
}

const asJson = (terms: readonly unknown[]): NonNullable<NodeClassState['made']>['from'] =>
  JSON.parse(JSON.stringify(terms));

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
