import { Cron } from 'croner';

/** A disruption budget. */
export interface Budget {
  readonly nodes: string;
  readonly reasons?: readonly string[] | undefined;
  /** When it becomes active, as cron in UTC, and for how long, such as `8h`; absent: it always is. */
  readonly schedule?: string | undefined;
  readonly duration?: string | undefined;
}

/**
 * The least of the budgets that count for drift now, rounded up. One that is not active restricts nothing. Source:
 * pkg/apis/v1/nodepool.go, GetAllowedDisruptions.
 *
 * @param now epoch milliseconds
 */
export function allowedBy({ budgets }: { readonly budgets: readonly Budget[] }, nodes: number, now: number): number {
  const counting = budgets.filter(
    (budget) => (budget.reasons === undefined || budget.reasons.includes('Drifted')) && isActive(budget, now),
  );
  return Math.min(
    nodes,
    ...counting.map(({ nodes: text }) =>
      text.endsWith('%') ? Math.ceil((nodes * Number(text.slice(0, -1))) / 100) : Number(text),
    ),
  );
}

/**
 * Whether a budget is active: its schedule has come within its duration. Source: pkg/apis/v1/nodepool.go, IsActive,
 * which takes the schedule as UTC.
 */
export function isActive({ schedule, duration = '' }: Budget, now: number): boolean {
  if (schedule === undefined) return true;
  const { hours = 0, minutes = 0 } = /^(?:(?<hours>\d+)h)?(?:(?<minutes>\d+)m)?/.exec(duration)?.groups ?? {};
  const length = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const next = new Cron(schedule, { timezone: 'UTC', paused: true }).nextRun(new Date(now - length));
  return next !== null && next.getTime() <= now;
}
