import { makeSessionsReconcileRequest } from '../../../events/shells-reconcile-request.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import { writesOf } from '../../shared/ledger/ledger.ts';
import { asStored, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { readPreferences } from '../../shared/posture/session-preferences.ts';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';
import type { ActDeps } from '../act.ts';
import { type Circumstances, say } from '../decide.ts';
import { NEVER_SEEN, readStates, type ShellsState, saveState } from '../shells-ledger.ts';
import { decideSessions, type SessionsDecision } from './decide.ts';
import { type Change, setPreferences } from './set.ts';

export interface SessionsDeps extends ActDeps {
  readonly queue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The key of what is remembered of the region's preferences. */
const KEY = 'sessions';

/** Reads Session Manager's preferences of the region, sets them by policy, records that once, and confirms it by a fresh look. */
export async function reconcileSessions(
  deps: SessionsDeps,
  trigger: MessageTrigger,
  { policy, now }: Circumstances,
): Promise<void> {
  if (isInvalid(policy)) return;
  const { ssm, ledger, recorder, caller, queue, account, region } = deps;
  const states = await readStates(ledger, [KEY]);
  const state = states.get(KEY) ?? NEVER_SEEN;
  const document = await readPreferences(ssm);
  const wanted = decideSessions(document, policy, state.fingerprint !== undefined);
  if (wanted.silent === true) return;
  let change: Change | undefined;
  let decision: SessionsDecision = wanted;
  if (wanted.set !== undefined && document !== undefined) {
    try {
      change = await setPreferences(ssm, document, wanted.set, now);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      // The rest of AWS's message may vary, and a refusal that stays is told once.
      decision = say('failed', 'sessions-refused', refusal, refusal.split(':')[0]);
    }
  }
  const fingerprint = `${decision.reason} ${decision.variant}`.trim();
  const isNew = fingerprint !== state.fingerprint || change !== undefined;
  const open = decision.decision === 'done' ? undefined : (true as const);
  const correlationId = (state.open ? state.correlationId : undefined) ?? trigger.id;
  const outcomes = state.outcomes + (isNew ? 1 : 0);
  const { unrecorded: _, ...known } = state;
  const next = asStored<ShellsState>({ ...known, fingerprint, outcomes, correlationId, open });
  const writer = writesOf(`${caller} ${KEY}`);
  const save = (changed: ShellsState) => saveState(ledger, KEY, changed, now, writer());
  await recordOnce({ save, record: recorder.record }, state, next, {
    subject: {},
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    mode: policy.shells.sessions.mode,
    trigger,
    fingerprint: `${outcomes} ${KEY} ${fingerprint}`,
    correlationId,
    calls: change?.calls ?? [],
    ...(change !== undefined && { details: { undo: change.undo } }),
  });
  if (change === undefined) return;
  const origin = { account, region, time: new Date(now).toISOString() };
  await sendRequests(queue, [{ request: makeSessionsReconcileRequest(origin, `sessions ${caller}`) }]);
}
