import { makeTerminationRequest } from '../../events/termination-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readTerminationAnswer } from '../shared/ledger/termination-order.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Decision, say } from './decision.ts';
import type { StepSubject } from './steps/step.ts';

export interface TerminateDeps {
  readonly ledger: Ledger;
  /** That of `terminate-workers`, which alone may terminate. */
  readonly terminationQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** How soon it is looked what became of the order, ms. */
const RECONCILE_AGAIN = 15_000;

/**
 * Has a worker in quarantine terminated. The order stands in the ledger by now: `terminate-workers` reads it there, looks
 * again at all that it rests on, and answers in the ledger. Until there is an answer, or the worker is gone, it is asked again.
 */
export async function terminate({ instanceId, quarantine, now }: StepSubject, deps: TerminateDeps): Promise<Decision> {
  const { termination, ...inQuarantine } = quarantine;
  if (termination === undefined) throw new Error('A termination is ordered before it is asked for.');
  const { account, region } = deps;
  const answer = await readTerminationAnswer(deps.ledger, instanceId);
  if (answer?.refused !== undefined && answer.orderedAt === termination.orderedAt) {
    // Back to being in quarantine: an operator can ask again, and an expired one is tried again by the sweep.
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
