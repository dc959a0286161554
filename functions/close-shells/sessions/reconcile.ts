import { DocumentAlreadyExists, DuplicateDocumentContent } from '@aws-sdk/client-ssm';
import { makeSessionsReconcileRequest } from '../../../events/shells-reconcile-request.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import { writesOf } from '../../shared/ledger/ledger.ts';
import { asStored, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { readPreferences } from '../../shared/posture/session-preferences.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { refusalOf, unlessRefused } from '../../shared/runtime/aws-error.ts';
import type { ActDeps } from '../act.ts';
import type { Circumstances } from '../decide.ts';
import { NEVER_SEEN, PK, readStates, type ShellsState, saveState } from '../shells-ledger.ts';
import { decideSessions, refused, type SessionsDecision, unreadable, wantedPreferences } from './decide.ts';
import { undoOf } from './intent.ts';
import { setPreferences } from './set.ts';

export interface SessionsDeps extends ActDeps {
  readonly queue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The ledger key of the region's preferences. */
const KEY = 'sessions';

/**
 * Whether the SDK's retry followed a call that succeeded without an answer. The document exists then, or a version has
 * the content (SSM API reference, CreateDocument and UpdateDocument). The next reconcile finds the change.
 */
const isOfLostAnswer = (error: unknown): boolean =>
  error instanceof DocumentAlreadyExists || error instanceof DuplicateDocumentContent;

/**
 * Reads Session Manager's preferences of the region, sets them by policy, records that once, and confirms it by a fresh
 * read. Nothing is read where the policy wants nothing. A change is saved before it is made. If the reconcile dies in
 * between, the next one records the change with the earlier preferences.
 */
export async function reconcileSessions(
  deps: SessionsDeps,
  trigger: MessageTrigger,
  { policy, now }: Circumstances,
): Promise<void> {
  if (isInvalid(policy)) return;
  const { ssm, ledger, recorder, caller, queue, account, region } = deps;
  const preferences = wantedPreferences(policy, account);
  if (preferences === undefined) return;
  const { mode } = policy.shells.sessions;
  const states = await readStates(ledger, [KEY]);
  // Nobody knows what was changed, and nothing can be saved. `tell-unreadable` tells of it.
  if (ledger.unreadable?.has(PK, KEY) === true) return;
  const state = states.get(KEY) ?? NEVER_SEEN;
  const { found: document, refused: unread } = await unlessRefused(readPreferences(ssm));
  const { intent, fingerprint: last } = state;
  const wanted =
    unread === undefined
      ? decideSessions(document, preferences, { mode, isKnown: last !== undefined, intent })
      : unreadable(unread);
  if (wanted.silent === true && intent === undefined) return;
  const writer = writesOf(`${caller} ${KEY}`);
  const save = (changed: ShellsState) => saveState(ledger, KEY, changed, now, writer());
  const calls: AwsCall[] = [];
  let known = state;
  let decision: SessionsDecision = wanted;
  if (wanted.begins !== undefined && document !== undefined) {
    const begun = await save({ ...state, intent: wanted.begins });
    // Another reconcile was first, so nothing is changed here.
    if (begun === undefined) return;
    known = begun;
    try {
      await setPreferences(ssm, document, preferences, now, calls);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined || isOfLostAnswer(error)) throw error;
      // The rest of AWS's message may vary, and a lasting refusal is recorded once.
      decision = refused(refusal);
    }
  }
  const { intent: begun, unrecorded: _, ...others } = known;
  // What was begun is told of once it can be read whether it was done.
  const rest = unread === undefined ? others : { ...others, intent: begun };
  const made = decision.made ?? decision.begins;
  const fingerprint = `${decision.reason} ${decision.variant}`.trim();
  const isNew = decision.silent !== true && (fingerprint !== last || made !== undefined);
  const open = decision.decision === 'done' ? undefined : (true as const);
  const correlationId = (state.open ? state.correlationId : undefined) ?? trigger.id;
  const outcomes = state.outcomes + (isNew ? 1 : 0);
  const told = decision.silent === true ? {} : { fingerprint, correlationId, open };
  await recordOnce({ save, record: recorder.record }, known, asStored<ShellsState>({ ...rest, ...told, outcomes }), {
    subject: {},
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    mode,
    trigger,
    fingerprint: `${outcomes} ${KEY} ${fingerprint}`,
    correlationId,
    calls,
    ...(made !== undefined && { details: { undo: undoOf(made) } }),
  });
  if (made === undefined) return;
  const origin = { account, region, time: new Date(now).toISOString() };
  await sendRequests(queue, [{ request: makeSessionsReconcileRequest(origin, `sessions ${caller}`) }]);
}
