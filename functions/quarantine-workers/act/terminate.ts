import { makeTerminationRequest } from '../../../events/termination-request.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { readTerminationAnswer } from '../../shared/ledger/termination-order.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, say } from '../model/decision.ts';
import type { StepSubject } from '../steps/step.ts';

export interface TerminateDeps {
  readonly ledger: Ledger;
  /** The queue of `terminate-workers`, the only function that may terminate. */
  readonly terminationQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** How soon the outcome of the order is read, ms. */
const RECONCILE_AGAIN = 15_000;

/**
 * Asks `terminate-workers` to terminate a worker in quarantine. The order is in the ledger by now. `terminate-workers`
 * reads it with everything that it depends on, and answers in the ledger. The request is repeated until then, or until
 * the worker is gone.
 */
export async function terminate({ instanceId, quarantine, now }: StepSubject, deps: TerminateDeps): Promise<Decision> {
  const { termination, ...inQuarantine } = quarantine;
  if (termination === undefined) throw new Error('A termination is ordered before it is asked for.');
  const { account, region } = deps;
  const answer = await readTerminationAnswer(deps.ledger, instanceId);
  if (answer?.refused !== undefined && answer.orderedAt === termination.orderedAt) {
    // The quarantine goes on: an operator can ask again, and the sweep tries an expired one again.
    return {
      ...say('failed', 'termination-refused', answer.refused, `${termination.orderedAt}`),
      quarantine: { ...inQuarantine, phase: 'isolated' },
    };
  }
  const origin = { account, region, time: iso(now) };
  const request = makeTerminationRequest(origin, `terminate ${instanceId} ${termination.orderedAt}`, instanceId);
  await sendRequests(deps.terminationQueue, [{ request }]);
  return {
    ...say('waiting', 'quarantine-in-progress', 'It is being terminated.', 'terminating'),
    quarantine,
    lookAt: now + RECONCILE_AGAIN,
  };
}
