import * as z from 'zod';
import type { Unreadable } from '../../shared/fleet/reading.ts';
import { type Ledger, readItems, saveUnlessWritten } from '../../shared/ledger/ledger.ts';
import { NOTHING_TOLD, type Telling, tellOnce, toldMemory } from '../../shared/ledger/tell-once.ts';
import { UNREADABLE_PK } from '../../shared/ledger/tell-unreadable.ts';
import type { Outcome, Trigger } from '../../shared/records/recorder.ts';
import { FINDING_CALLS, type FindingCall, type UnmanagedGroups } from '../observe/observe-unmanaged.ts';
import type { Reason } from '../reasons.ts';

const toldOfCall = z.lazy(() =>
  z.object({
    sk: z.string(),
    ...toldMemory<Reason>(),
    /** When the call first failed with an error that may pass, epoch milliseconds. */
    failedAt: z.number().optional(),
  }),
);
type ToldOfCall = Omit<z.infer<typeof toldOfCall>, 'sk'>;

/** How long an error that may pass is waited for, ms: sweeps come each hour, so the second one tells of it. */
const PASSES_WITHIN = 30 * 60_000;
/** How long it is remembered what was told, ms. */
const KEPT_FOR = 400 * 86_400_000;

interface TellDeps {
  readonly ledger: Ledger;
  readonly recorder: { record(outcome: Outcome<Reason>): void };
  readonly caller: string;
}

/**
 * Records once that AWS does not show the groups outside of managed node groups, and once that it does again: nobody looks
 * at such groups meanwhile, in any function. Throttling is of no call, and is never told.
 */
export async function tellOfUnread(
  deps: TellDeps,
  { calls }: Pick<UnmanagedGroups, 'calls'>,
  trigger: Trigger | undefined,
  now: number,
): Promise<void> {
  if (trigger === undefined || calls.size === 0) return;
  const keys = new Map([...calls.keys()].map((call) => [call, `upgrade-node-groups ${call}`]));
  const items = await readItems(deps.ledger, UNREADABLE_PK, [...keys.values()], toldOfCall);
  const states = new Map(items.map(({ sk, ...state }) => [sk, state]));
  for (const [call, unread] of calls) {
    const sk = keys.get(call) ?? call;
    if (unread?.isThrottled === true || deps.ledger.unreadable?.has(UNREADABLE_PK, sk) === true) continue;
    const { failedAt, ...told }: ToldOfCall = states.get(sk) ?? NOTHING_TOLD;
    const save = (state: ToldOfCall, writer: string) =>
      saveUnlessWritten(deps.ledger, { pk: UNREADABLE_PK, sk, keptUntil: now + KEPT_FOR }, state, writer);
    const isTold = told.correlationId !== undefined;
    if (unread?.mayPass === true && !isTold && !(failedAt !== undefined && now - failedAt >= PASSES_WITHIN)) {
      if (failedAt === undefined) await save({ ...told, failedAt: now }, `${deps.caller} ${sk}`);
      continue;
    }
    // It passed before it was told.
    if (unread === undefined && !isTold && failedAt !== undefined) await save(told, `${deps.caller} ${sk}`);
    else {
      const about = { subject: {}, trigger, incident: trigger.id, check: call };
      await tellOnce<Reason, ToldOfCall>(deps, told, about, tellingOf(call, unread), save);
    }
  }
}

const tellingOf = (call: FindingCall, unread: Unreadable | undefined): Telling<Reason> =>
  unread === undefined
    ? {
        decision: 'done',
        reason: 'unmanaged-shown',
        message: `${call} shows ${FINDING_CALLS[call]} again.`,
        variant: '',
      }
    : {
        decision: 'failed',
        reason: 'unmanaged-unread',
        message: `${call} does not show ${FINDING_CALLS[call]}: ${unread.error}`,
        variant: unread.code,
      };
