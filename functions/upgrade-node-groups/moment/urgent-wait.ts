import { asSentence } from '../../shared/text/as-sentence.ts';
import type { Decision } from '../model/decision.ts';
import type { Moment } from './moment.ts';

/** How long urgent findings may wait for a time that is known before somebody is notified, ms. */
const WAIT_IS_TOLD_FROM = 24 * 3_600_000;

/**
 * A wait for a time that is known. It passes by itself, and people are told all the same where urgent findings stay open
 * for long by it: they know of an urgent upgrade that was requested, and of none that does not start.
 *
 * @param opensAt epoch milliseconds
 * @param hint how to have it start before
 */
export function tellingUrgent(
  waiting: Decision,
  opensAt: number,
  { now, pace }: Pick<Moment, 'now' | 'pace'>,
  hint: string,
): Decision {
  if (!pace.isHastened || opensAt - now <= WAIT_IS_TOLD_FROM) return waiting;
  const message = `${waiting.message} The upgrade is urgent${pace.cause}: these findings stay open until then.`;
  return { ...waiting, decision: 'refused', message, variant: `${waiting.variant} long`, hint };
}

/**
 * What keeps an upgrade for good. Findings that become urgent later are news: people know of an urgent upgrade that was
 * requested, and of none that nobody starts.
 */
export function tellingUrgentLast(kept: Decision, pace: Moment['pace']): Decision {
  if (!pace.isHastened) return kept;
  const message = `${asSentence(kept.message)} The upgrade is urgent${pace.cause}: these findings stay open until somebody acts.`;
  return { ...kept, message, variant: `${kept.variant} urgent` };
}
