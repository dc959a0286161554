import { isDeepStrictEqual } from 'node:util';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { inWords, rulingOn } from '../shared/ledger/proposal.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Decision, say } from './decision.ts';
import type { ClassView } from './node-class.ts';
import { poolsIn } from './tell-pools.ts';

/** What the pin that was made last asks for: that it be undone, or told. Undefined: nothing. */
export const aboutEarlierPin = (view: ClassView, state: NodeClassState): Decision | undefined =>
  undoing(view, state) ?? untold(view, state);

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

/** Tells of a pin that is in place, and that a run was about to make which ended before it could tell. */
function untold({ terms, pools }: ClassView, { made }: NodeClassState): Decision | undefined {
  if (made === undefined || made.isTaken === true || !isDeepStrictEqual(terms, [{ alias: made.alias }]))
    return undefined;
  const message = `It is pinned to ${made.alias}. A run ended early when it was about to do this, at ${iso(made.at)}.${poolsIn(pools)}`;
  return {
    ...say('acted', 'node-class-being-pinned', message, made.alias),
    target: made.alias,
    made: { ...made, isTaken: true },
  };
}
