import type { EC2Client } from '@aws-sdk/client-ec2';
import { type Ledger, writesOf } from '../shared/ledger/ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { recordOnce } from '../shared/ledger/outcome-ledger.ts';
import type { AwsCall } from '../shared/records/record.ts';
import {
  changeEach,
  closedOf,
  closeWay,
  exposureInWords,
  openWay,
  type RefusedWay,
  waysOf,
  without,
} from './closed-exposures.ts';
import { type GroupDecision, say } from './decision.ts';
import { type ExposedGroupState, saveExposedGroup } from './exposed-group-ledger.ts';
import type { DecidedGroup } from './plan.ts';
import type { Recorder } from './remediation.ts';
import { noteInto } from './steps/step.ts';

export interface HardenDeps {
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Names this reconcile, uniquely. */
  readonly caller: string;
}

type Notified = Omit<GroupDecision, 'publicByDesign'>;

/** How a group stands after what was decided about it, and what there is to tell. */
interface Outcome extends Pick<ExposedGroupState, 'closed' | 'leftOpen'> {
  readonly told: Notified;
  /** The state as the ledger has it until then, where it was saved on the way. */
  readonly saved?: ExposedGroupState;
}

/**
 * Reports a group that is public by design, once; closes its exposure, or opens it again, where that was decided. What is
 * to be closed is saved before, so that it can be given back rule by rule.
 */
export async function carryOutGroup(deps: HardenDeps, { observation, decision }: DecidedGroup): Promise<void> {
  const { key, trigger, state } = observation;
  if (decision.silent === true) return;
  const calls: AwsCall[] = [];
  const made = await change(deps, { observation, decision }, calls);
  // Another reconcile is at it, and tells what comes of it.
  if (made === undefined) return;
  const { told, closed, leftOpen, saved } = made;
  const fingerprint = `${told.reason} ${told.variant}`.trim();
  const isNew = fingerprint !== state.fingerprint;
  const outcomes = state.outcomes + (isNew ? 1 : 0);
  if (!isNew && decision.harden === undefined && decision.restore === undefined && state.unrecorded === undefined)
    return;
  const next: ExposedGroupState = {
    fingerprint,
    outcomes,
    ...(closed !== undefined && { closed }),
    ...(leftOpen !== undefined && { leftOpen }),
    revision: (saved ?? state).revision,
  };
  const writer = writesOf(`${deps.caller} group`);
  const save = (wanted: ExposedGroupState) => saveExposedGroup(deps.ledger, subjectOf(key), wanted, writer());
  await recordOnce({ save, record: deps.recorder.record }, saved ?? state, next, {
    subject: key,
    decision: told.decision,
    reason: told.reason,
    message: told.message,
    trigger,
    fingerprint: `${outcomes} ${fingerprint}`,
    correlationId: trigger.id,
    calls,
    ...(told.details !== undefined && { details: told.details }),
  });
}

/** Undefined: another reconcile was first, and nothing was changed. */
async function change(
  deps: HardenDeps,
  { observation, decision }: DecidedGroup,
  calls: AwsCall[],
): Promise<Outcome | undefined> {
  const { closed, leftOpen } = observation.state;
  if (decision.harden !== undefined) return harden(deps, observation, { ...decision, harden: decision.harden }, calls);
  if (decision.restore === true && closed !== undefined) {
    const refused = await changeEach(waysOf(closed), openWay(deps.ec2, noteInto(calls)));
    // What could not be opened stays remembered, for another try; what was opened is not to be closed by the next reconcile.
    const remaining = closedOf(refused.map(({ way }) => way));
    return {
      told: withRefused(decision, refused),
      leftOpen: true,
      ...(remaining !== undefined && { closed: remaining }),
    };
  }
  return { told: decision, ...(closed !== undefined && { closed }), ...(leftOpen !== undefined && { leftOpen }) };
}

async function harden(
  { ec2, ledger, caller }: HardenDeps,
  { key, state }: DecidedGroup['observation'],
  decision: Notified & Required<Pick<Notified, 'harden'>>,
  calls: AwsCall[],
): Promise<Outcome | undefined> {
  const before = state.closed === undefined ? [] : waysOf(state.closed);
  const wanted = waysOf(decision.harden);
  const intended = closedOf([...before, ...wanted]);
  const intent = { ...state, ...(intended !== undefined && { closed: intended }) };
  const saved = await saveExposedGroup(ledger, subjectOf(key), intent, `${caller} close`);
  if (saved === undefined) return undefined;
  const refused = await changeEach(wanted, closeWay(ec2, noteInto(calls)));
  // Only what was closed is ever given back: a rule that stays is nobody's to add again.
  const stillOpen = refused.map(({ way }) => way);
  const closed = closedOf(without([...before, ...wanted], stillOpen));
  return {
    told: withRefused(decision, refused),
    saved,
    ...(closed !== undefined && { closed }),
    ...(state.leftOpen !== undefined && { leftOpen: state.leftOpen }),
  };
}

/** The decision as it came out: what AWS refused is named. */
function withRefused(decision: Notified, refused: readonly RefusedWay[]): Notified {
  if (refused.length === 0) return decision;
  const named = refused.map(({ way, refusal }) => `${exposureInWords(way)} (${refusal})`).join('; ');
  // The code tells refusals apart: the rest of what AWS says may differ each time.
  const codes = refused.map(({ way, refusal }) => `${exposureInWords(way)} ${refusal.split(':')[0]}`).join('; ');
  // An answer to an operator is always told; a hardening that goes on being refused is told once.
  const variant = decision.restore === true ? `${decision.variant} ${codes}` : codes;
  const message = `${decision.message} But AWS refused: ${named}.`;
  const { details } = decision;
  return { ...say('failed', 'quarantine-incomplete', message, variant), ...(details !== undefined && { details }) };
}
