import { makeTerminationRequest } from '../../../events/termination-request.ts';
import { QUARANTINE_TAG } from '../../shared/fleet/scope.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { readTerminationAnswer } from '../../shared/ledger/termination-order.ts';
import { codeIn } from '../../shared/runtime/aws-error.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { type Decision, say } from '../model/decision.ts';
import { pauseAfter, RECONCILE_AGAIN } from '../model/pause.ts';
import type { StepSubject } from '../steps/step.ts';
import { tagWorker } from '../steps/tags.ts';

export interface TerminateDeps {
  readonly ledger: Ledger;
  /** The queue of `terminate-workers`, the only function that may terminate. */
  readonly terminationQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** How long AWS may be troubled with it before that is told, ms. */
const TROUBLED_FOR = 10 * 60_000;

/**
 * Asks `terminate-workers` to terminate a worker in quarantine. The order is in the ledger by now. `terminate-workers`
 * reads it with everything that it depends on, and answers in the ledger. The request is repeated until then, or until
 * the worker is gone.
 */
export async function terminate(subject: StepSubject, deps: TerminateDeps): Promise<Decision> {
  const { instanceId, quarantine, view, now } = subject;
  const { termination, ...held } = quarantine;
  if (termination === undefined) throw new Error('A termination is ordered before it is asked for.');
  const { account, region } = deps;
  const answer = await readTerminationAnswer(deps.ledger, instanceId);
  if (answer?.refused !== undefined && answer.orderedAt === termination.orderedAt) {
    // The quarantine goes on: an operator can ask again, and the sweep tries an expired one again.
    const isExpired = termination.by === 'expiry';
    const why = isExpired ? codeIn(answer.refused) : undefined;
    const variant = isExpired ? `${iso(quarantine.expiresAt)} ${why}` : `${termination.orderedAt}`;
    const told: Decision = {
      ...say('failed', 'termination-refused', answer.refused, variant),
      ...(why !== undefined && why === quarantine.unterminated && { quiet: true }),
    };
    const inQuarantine = { ...held, unterminated: why };
    return quarantine.isolatedAt === undefined
      ? { ...told, quarantine: { ...inQuarantine, phase: 'isolating' }, lookAt: now + RECONCILE_AGAIN }
      : { ...told, quarantine: { ...inQuarantine, phase: 'isolated' } };
  }
  const troubled = answer?.troubled?.orderedAt === termination.orderedAt ? answer.troubled.why : undefined;
  const isLate = troubled !== undefined && now >= termination.orderedAt + TROUBLED_FOR;
  const message = `It is being terminated.${isLate ? ` AWS does not do it just now, and it is tried again: ${troubled}` : ''}`;
  const waiting: Decision = {
    ...say('waiting', 'quarantine-in-progress', message, isLate ? 'terminating late' : 'terminating'),
    quarantine,
    lookAt: now + pauseAfter(now - termination.orderedAt),
    // That it is tried again is no news where it was told that it could not be done.
    ...(quarantine.unterminated !== undefined && { quiet: true }),
  };
  // A worker whose pods are being evicted has no tag yet, without which nothing is terminated.
  const isTagged = QUARANTINE_TAG in view.tags;
  if (!isTagged && (await tagWorker(subject)).outcome === 'done') return waiting;
  const origin = { account, region, time: iso(now) };
  const request = makeTerminationRequest(origin, `terminate ${instanceId} ${termination.orderedAt}`, instanceId);
  await sendRequests(deps.terminationQueue, [{ request }]);
  return waiting;
}
