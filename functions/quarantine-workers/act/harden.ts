import type { EC2Client } from '@aws-sdk/client-ec2';
import { type Ledger, writesOf } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { asStored, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import type { Outcome as RecordedOutcome } from '../../shared/records/recorder.ts';
import { type GroupDecision, say } from '../model/decision.ts';
import { type ExposedGroupState, saveExposedGroup } from '../model/exposed-group-ledger.ts';
import type { GroupObservation } from '../model/observation.ts';
import type { Reason } from '../reasons.ts';
import type { Recorder } from '../remediation.ts';
import { noteInto } from '../steps/step.ts';
import {
  changeEach,
  closedOf,
  closeWay,
  exposureInWords,
  openWay,
  type RefusedWay,
  type Way,
  waysOf,
  without,
} from './closed-exposures.ts';

export interface HardenDeps {
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Unique name of this reconcile. */
  readonly caller: string;
}

export type Notified = Omit<GroupDecision, 'publicByDesign'>;

/** The state of a node group after a decision, and what there is to record. */
interface Outcome extends Pick<ExposedGroupState, 'closed' | 'leftOpen'> {
  readonly told: Notified;
  /** The state in the ledger so far, where it was saved on the way. */
  readonly saved?: ExposedGroupState;
}

/** The last outcome about a group, as its state keeps it. */
type Told = NonNullable<ExposedGroupState['shellIngress']>;

/** Where a group's state keeps the last outcome. Each record subject has a place of its own. */
export interface GroupMemory {
  /** Part of the name of its writes. */
  readonly name: string;
  readonly read: (state: ExposedGroupState) => Told;
  readonly write: (state: ExposedGroupState, told: Told) => ExposedGroupState;
}

/** The last outcome about a group that is public by design. */
const OF_EXPOSURE: GroupMemory = {
  name: 'group',
  read: ({ closed: _, leftOpen: _left, answered: _answered, shellIngress: _shell, revision: _revision, ...told }) =>
    told,
  write: ({ closed, leftOpen, answered, shellIngress, revision }, told) => ({
    ...told,
    ...(closed !== undefined && { closed }),
    ...(leftOpen !== undefined && { leftOpen }),
    ...(answered !== undefined && { answered }),
    ...(shellIngress !== undefined && { shellIngress }),
    ...(revision !== undefined && { revision }),
  }),
};

/** A group with the decision about it. */
export interface GroupToChange {
  readonly observation: Pick<GroupObservation, 'key' | 'trigger' | 'state'>;
  readonly decision: Notified;
}

/**
 * Records the decision about a node group once, and closes or reopens its exposure where the decision says so. The
 * state is saved before anything is closed, so that a request can restore it rule by rule, and a crash leaves nothing
 * untold; and before anything is reopened, so that nobody closes it again.
 *
 * @throws Error where another reconcile was first and an operator waits for an answer: the request comes again
 */
export async function carryOutGroup(
  deps: HardenDeps,
  { observation, decision }: GroupToChange,
  memory = OF_EXPOSURE,
): Promise<void> {
  const { key, trigger, state } = observation;
  if (decision.silent === true) return;
  const calls: AwsCall[] = [];
  const before = memory.read(state);
  const made = await change(deps, { observation, decision }, calls, memory);
  // Another reconcile is working on it, and will record the outcome.
  if (made === undefined) return unlessAsked(decision, key);
  const { told, closed, leftOpen, saved } = made;
  const fingerprint = wordsOf(told);
  const isNew = fingerprint !== before.fingerprint;
  // What an earlier run was about to do, unless this one has done the same.
  const isSame = before.intended?.fingerprint === fingerprintOf(leftOpenWhether(told), before.outcomes + 1);
  const late = isSame ? undefined : before.intended;
  const outcomes = before.outcomes + (late === undefined ? 0 : 1) + (isNew ? 1 : 0);
  const changes = decision.harden !== undefined || decision.restore !== undefined;
  if (!isNew && !changes && before.unrecorded === undefined && late === undefined) return;
  const { closed: _, leftOpen: _left, ...rest } = saved ?? state;
  const next: ExposedGroupState = {
    ...rest,
    ...(closed !== undefined && { closed }),
    ...(leftOpen !== undefined && { leftOpen }),
    ...(decision.answers !== undefined && { answered: decision.answers }),
  };
  const writer = writesOf(`${deps.caller} ${memory.name}`);
  const save = async ({ whole, ...told }: Remembered): Promise<Remembered | undefined> => {
    const written = await saveExposedGroup(deps.ledger, subjectOf(key), memory.write(whole, told), writer());
    return written && { ...memory.read(written), whole: written };
  };
  const known: Remembered = { ...memory.read(saved ?? state), whole: saved ?? state };
  if (late !== undefined) deps.recorder.record(late);
  const recorded = await recordOnce(
    { save, record: deps.recorder.record },
    known,
    { fingerprint, outcomes, whole: next },
    { ...outcomeOf(key, trigger, told, outcomes), calls },
  );
  if (recorded === undefined) unlessAsked(decision, key);
}

const wordsOf = ({ reason, variant }: Notified): string => `${reason} ${variant}`.trim();

/** @param count how many outcomes of the group there are with it */
const fingerprintOf = (told: Notified, count: number): string => `${count} ${wordsOf(told)}`;

const outcomeOf = (
  subject: GroupObservation['key'],
  trigger: GroupObservation['trigger'],
  told: Notified,
  count: number,
): RecordedOutcome<Reason> => ({
  subject,
  decision: told.decision,
  reason: told.reason,
  message: told.message,
  trigger,
  fingerprint: fingerprintOf(told, count),
  correlationId: trigger.id,
  ...(told.details !== undefined && { details: told.details }),
  ...(told.hint !== undefined && { hint: told.hint }),
});

/** The outcome of a closing of which nobody knows whether it was done. */
const leftOpenWhether = (decision: Notified): Notified => ({
  ...decision,
  message: `${decision.message} A run ended early when it was about to do this, so that it may have been done in part.`,
  variant: `${decision.variant} untold`,
});

/** Who was not first leaves the outcome to whoever was; but only a request that comes again is answered. */
function unlessAsked({ answers }: Notified, key: GroupObservation['key']): void {
  if (answers === undefined) return;
  throw new Error(`Another reconcile was first about ${subjectOf(key)}, and request ${answers} is to come again.`);
}

/** The last outcome, with the state that it belongs to. */
interface Remembered extends Told {
  readonly whole: ExposedGroupState;
}

/** @returns undefined when another reconcile was first, and nothing was changed */
async function change(
  deps: HardenDeps,
  { observation, decision }: GroupToChange,
  calls: AwsCall[],
  memory: GroupMemory,
): Promise<Outcome | undefined> {
  const { key, state } = observation;
  const { closed, leftOpen } = state;
  if (decision.harden !== undefined) {
    return harden(deps, observation, { ...decision, harden: decision.harden }, calls, memory);
  }
  if (decision.restore === true && closed !== undefined) {
    const saved = await saveExposedGroup(
      deps.ledger,
      subjectOf(key),
      { ...state, leftOpen: true },
      `${deps.caller} open ${memory.name}`,
    );
    if (saved === undefined) return undefined;
    const wanted = waysOf(closed);
    const refused = await changeEach(wanted, openWay(deps.ec2, noteInto(calls)));
    // What could not be reopened stays saved for another try. What was reopened must not be closed again.
    const remaining = closedOf(refused.map(({ way }) => way));
    return {
      told: withRefused(decision, wanted, refused),
      saved,
      leftOpen: true,
      ...(remaining !== undefined && { closed: remaining }),
    };
  }
  return { told: decision, ...(closed !== undefined && { closed }), ...(leftOpen !== undefined && { leftOpen }) };
}

async function harden(
  { ec2, ledger, caller }: HardenDeps,
  { key, trigger, state }: GroupToChange['observation'],
  decision: Notified & Required<Pick<Notified, 'harden'>>,
  calls: AwsCall[],
  memory: GroupMemory,
): Promise<Outcome | undefined> {
  const before = state.closed === undefined ? [] : waysOf(state.closed);
  const wanted = waysOf(decision.harden);
  const all = closedOf([...before, ...wanted]);
  const told = memory.read(state);
  // What an earlier run was about to do stays untold until this one ends.
  const intended = told.intended ?? asStored(outcomeOf(key, trigger, leftOpenWhether(decision), told.outcomes + 1));
  const intent = memory.write({ ...state, ...(all !== undefined && { closed: all }) }, { ...told, intended });
  const saved = await saveExposedGroup(ledger, subjectOf(key), intent, `${caller} close ${memory.name}`);
  if (saved === undefined) return undefined;
  const refused = await changeEach(wanted, closeWay(ec2, noteInto(calls)));
  // Only a closed exposure is ever restored. A rule that stayed must not be added again.
  const stillOpen = refused.map(({ way }) => way);
  const closed = closedOf(without([...before, ...wanted], stillOpen));
  return {
    told: withRefused(decision, wanted, refused),
    saved,
    ...(closed !== undefined && { closed }),
    ...(state.leftOpen !== undefined && { leftOpen: state.leftOpen }),
  };
}

/** The decision with what was done of what was wanted, and what AWS refused. */
function withRefused(decision: Notified, wanted: readonly Way[], refused: readonly RefusedWay[]): Notified {
  if (refused.length === 0) return decision;
  // Sources of one rule have the same words.
  const distinct = (words: readonly string[]) => [...new Set(words)].join('; ');
  const named = distinct(refused.map(({ way, refusal }) => `${exposureInWords(way)} (${refusal})`));
  // Only the error code distinguishes refusals, because the rest of AWS's message may vary.
  const codes = distinct(refused.map(({ way, refusal }) => `${exposureInWords(way)} ${refusal.split(':')[0]}`));
  // An answer to an operator is always recorded; a hardening that keeps being refused is recorded once.
  const variant = decision.restore === true ? `${decision.variant} ${codes}` : codes;
  const made = distinct(
    without(
      wanted,
      refused.map(({ way }) => way),
    ).map(exposureInWords),
  );
  const done = made === '' ? '' : `${decision.restore === true ? 'Opened again' : 'Closed'}: ${made}. `;
  const { details, about = '' } = decision;
  const message = `${about} ${done}AWS refused: ${named}.`.trim();
  return { ...say('failed', 'quarantine-incomplete', message, variant), ...(details !== undefined && { details }) };
}
