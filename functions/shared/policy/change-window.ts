import * as z from 'zod';
import { duration } from '../runtime/duration.ts';
import { Cron } from './cron.ts';
import { cronFault } from './cron-fault.ts';

/** When changes may start: a window opens at each time of a cron expression, for a duration, in a time zone. */
export const changeWindow = z
  .strictObject({
    cron: z
      .string()
      .describe('When the window opens: minute hour day-of-month month day-of-week, for example "0 22 * * MON-FRI".'),
    duration: duration.describe('How long it stays open, for example "4h"; at most 7d.'),
    timeZone: z.string().default('UTC').describe('IANA time zone of the cron expression, for example "Europe/Berlin".'),
  })
  .superRefine(({ cron, duration: length, timeZone }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const isZone = isTimeZone(timeZone);
    if (!isZone) refuse('timeZone', 'must be an IANA time zone such as "Europe/Berlin" or "UTC"');
    if (length <= 0 || length > 7 * 86_400_000) refuse('duration', 'must be more than 0 and at most 7d');
    // What is wrong with the expression does not depend on the zone.
    const fault = cronFault(cron, isZone ? timeZone : 'UTC');
    if (fault !== undefined) refuse('cron', fault);
  });

/** `duration` is in milliseconds. */
export type ChangeWindow = z.infer<typeof changeWindow>;

/**
 * When a change may start next, epoch milliseconds. It is `now` inside a window, or when there are no windows, which
 * means always; otherwise it is the next opening.
 */
export function nextOpening(windows: readonly ChangeWindow[], now: number): number {
  if (windows.length === 0) return now;
  // The search begins where a window that opened would close right now, so that it finds an opening that is still in
  // progress.
  return Math.min(...windows.map((window) => Math.max(opensAfter(window, now - window.duration), now)));
}

/** The last answer for each window, which holds until the window opens. A sweep asks for every node group. */
const OPENINGS = new WeakMap<ChangeWindow, { readonly cron: Cron; readonly after: number; readonly opens: number }>();

/** The first opening of a window after a time, epoch milliseconds; infinity where there is none. */
function opensAfter(window: ChangeWindow, after: number): number {
  const known = OPENINGS.get(window);
  if (known !== undefined && known.after <= after && after < known.opens) return known.opens;
  const cron = known?.cron ?? new Cron(window.cron, { timezone: window.timeZone });
  const opens = cron.nextRun(new Date(after))?.getTime() ?? Number.POSITIVE_INFINITY;
  OPENINGS.set(window, { cron, after, opens });
  return opens;
}

/** The next openings of a window after `now`, epoch milliseconds; fewer than `count` where there are no more. */
export const nextOpenings = ({ cron, timeZone }: ChangeWindow, now: number, count: number): number[] =>
  new Cron(cron, { timezone: timeZone }).nextRuns(count, new Date(now)).map((opens) => opens.getTime());

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
