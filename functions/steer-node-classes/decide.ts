import { isDeepStrictEqual } from 'node:util';
import { OPT_OUT_TAG } from '../shared/fleet/scope.ts';
import { inWords, nextProposal, rulingOn } from '../shared/ledger/proposal.ts';
import { guardOf } from '../shared/policy/guards.ts';
import { aliasOf } from './alias.ts';
import { chooseVersion } from './choose-version.ts';
import { type Circumstances, type Decision, type Observation, say } from './decision.ts';
import type { ClassView } from './node-class.ts';
import type { NodeClassState } from './node-class-ledger.ts';
import type { Policy } from './policy.ts';
import { poolsIn, poolsOf, proposedPatch } from './tell-pools.ts';

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
  return { made: state.made, ...decided, ...(Object.keys(details).length > 0 && { details }), proposal };
}

function decideAlone({ key, owner, view, state }: Observation, circumstances: Circumstances): Decision {
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
    case 'unreadable':
      return say('skipped', 'node-classes-unread', view.why, view.variant);
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
      return undoing(view, state) ?? decideClass(view, state, verdict.policy, circumstances.now);
  }
}

function decideClass(view: ClassView, state: NodeClassState, policy: Policy, now: number): Decision {
  const { name, selection, unknownImages, running, codeOwner } = view;
  const pools = poolsIn(view.pools);
  if (selection.kind === 'custom') {
    return say('skipped', 'ami-terms-custom', `It selects AMIs by id, name, tags or parameter.${pools}`);
  }
  if (selection.kind === 'other-alias') {
    return say('skipped', 'ami-alias-left-alone', `Its alias is ${selection.alias}.${pools}`, selection.alias);
  }
  const { family } = selection;
  const strange = [
    ...unknownImages,
    ...running.filter((each) => each.family !== family).map((each) => aliasOf(each.family, each.version)),
  ];
  if (strange.length > 0) {
    const message = `Nodes run ${strange.slice(0, 5).join(', ')}, which cannot be compared with releases of ${family}.${pools}`;
    return say('refused', 'node-release-unknown', message, strange.toSorted().join(' '));
  }
  const chosen = chooseVersion(view, family, policy.nodeClasses.bakeAge, now);
  if ('decision' in chosen) return { ...chosen, message: `${chosen.message}${pools}` };
  const target = aliasOf(family, chosen.version);
  const is = selection.kind === 'floats' ? `${family}@latest` : aliasOf(family, selection.version);
  if (is === target) {
    const others = running.filter(({ version }) => version !== chosen.version);
    if (others.length === 0) return say('done', 'node-class-current', `It is pinned to ${target}.${pools}`, target);
    const message = `It is pinned to ${target}. Nodes run ${others.map(({ version }) => version).join(', ')}, too.${pools}`;
    return say('waiting', 'node-class-drifting', message, target);
  }
  const fromTo = `from ${is} to ${target}`;
  if (codeOwner !== undefined) {
    const message = `A change ${fromTo} is due. ${capitalized(codeOwner)} keeps ${name} as code, so the change is only proposed.${pools}`;
    return {
      ...say('refused', 'node-class-kept-as-code', message, target),
      details: { patch: proposedPatch(name, target) },
    };
  }
  const ruling = rulingOn(state.proposal, target);
  if (ruling?.kind === 'rejected') {
    return {
      ...say('skipped', 'proposal-rejected', `${target} was rejected by ${inWords(ruling)}`, ruling.id),
      target,
    };
  }
  if (policy.nodeClasses.mode === 'observe' && ruling === undefined) {
    const patch = proposedPatch(name, target);
    return {
      ...say('would-act', 'would-pin-node-class', `A change ${fromTo} is due.${pools}`, target),
      target,
      details: { patch },
    };
  }
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  return {
    ...say('acted', 'node-class-being-pinned', `Changed ${fromTo}.${pools}${approved}`, target),
    target,
    write: [{ alias: target }],
    made: { alias: target, from: asJson(view.terms), at: now },
  };
}

/** Gives back the former AMI terms after a rejection, where nobody has changed them since. */
function undoing({ terms }: ClassView, { made, proposal }: NodeClassState): Decision | undefined {
  const ruling = made && rulingOn(proposal, made.alias);
  if (made === undefined || ruling?.kind !== 'rejected') return undefined;
  const { alias, from } = made;
  // The former terms are back already: the write that a crash hid.
  const isBack = isDeepStrictEqual(terms, from);
  if (!isBack && !isDeepStrictEqual(terms, [{ alias }])) {
    const message = `Somebody has changed the AMI terms since they were pinned to ${alias}: nothing is undone.`;
    return { ...say('skipped', 'pin-changed-since', message, ruling.id), target: alias, made: undefined };
  }
  const message = `The AMI terms are again what they were before ${alias}, as ${inWords(ruling)}`;
  return {
    ...say('acted', 'pin-undone', message, ruling.id),
    target: alias,
    made: undefined,
    ...(!isBack && { write: from }),
  };
}

const asJson = (terms: readonly unknown[]): NonNullable<NodeClassState['made']>['from'] =>
  JSON.parse(JSON.stringify(terms));

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
