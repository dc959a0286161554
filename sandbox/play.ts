import { REMEDIATIONS } from '../functions/remediations.ts';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import { recordIn } from '../functions/shared/records/record-line.ts';
import { SHARED_REASONS } from '../functions/shared/records/shared-reasons.ts';
import type { BusEvent } from './account/event-bridge/event-bridge.ts';
import type { FaultPlan } from './account/faults.ts';
import type { CallRecord } from './account/service.ts';
import { type EmbeddedAccount, openAccount } from './embedded-account.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { SynthesizedStack } from './stack/template.ts';

/**
 * @throws Error for a record that its function does not declare: an unknown function, or a reason that is not its own
 */
export function assertDeclared({ remediation, reason }: RemediationRecord): void {
  const reasons = { ...SHARED_REASONS, ...REMEDIATIONS.find(({ name }) => name === remediation)?.reasons };
  if (!Object.hasOwn(reasons, reason)) throw new Error(`${remediation} does not declare the reason ${reason}`);
}

export interface PlayOptions {
  readonly fleet: Fleet;
  readonly synthesized: SynthesizedStack;
  readonly seed?: number;
  /** Text of the policy document. */
  readonly policy?: string | undefined;
  readonly faults?: FaultPlan;
  /** As in the account's options. */
  readonly inProcess?: boolean;
  /**
   * Events, each with the time from the start at which it is published on its bus, ms. They are published as events of
   * this account and region, since rules take none of others.
   */
  readonly events?: ReadonlyArray<{ readonly after: number; readonly event: BusEvent }>;
  readonly onRecord?: (record: RemediationRecord) => void;
  /** Called for each AWS call of a function. */
  readonly onCall?: (call: CallRecord) => void;
}

/** A run in progress, which can be continued for any time. */
export interface Run {
  readonly account: EmbeddedAccount;
  readonly records: readonly RemediationRecord[];
  readonly calls: readonly CallRecord[];
  /** Log lines of level ERROR, which are failed invocations. */
  readonly errors: readonly string[];
}

/**
 * Opens an account with the stack deployed, schedules the events, and collects the functions' records, calls and
 * errors.
 */
export async function startRun(options: PlayOptions): Promise<Run> {
  const {
    fleet,
    synthesized,
    seed = 1,
    policy,
    faults = {},
    inProcess = false,
    events = [],
    onRecord,
    onCall,
  } = options;
  const records: RemediationRecord[] = [];
  const calls: CallRecord[] = [];
  const errors: string[] = [];
  const account = await openAccount({
    fleet,
    seed,
    synthesized,
    faults,
    inProcess,
    ...(policy !== undefined && { policy }),
    onLine: (line) => {
      if (line.includes('"level":"ERROR"')) errors.push(line);
      const record = recordIn(line);
      if (record === undefined) return;
      assertDeclared(record);
      records.push(record);
      onRecord?.(record);
    },
    onCall: (call) => {
      if (call.function === 'operator') return;
      calls.push(call);
      onCall?.(call);
    },
  });
  const { accountId, region } = account.world;
  for (const { after, event } of events) {
    account.time.after(after, () => account.putEvent({ ...event, account: accountId, region }));
  }
  return { account, records, calls, errors };
}
