import { type MetricAlarmDefinition, periodsLookedAt } from './alarm.ts';
import type { MetricSeries } from './metrics.ts';

/**
 * The moments at which an alarm's verdict can differ from the one before, from the first to the last, by the known
 * data. Those that look back for hours would be judged a thousand times over for a handful.
 */
export function momentsOf(
  definition: MetricAlarmDefinition,
  series: MetricSeries,
  { first, last, step }: { readonly first: number; readonly last: number; readonly step: number },
): number[] {
  const { period, statistic } = definition;
  const periods = periodsLookedAt(definition);
  const turns = series.turnsSince(first - periods * period, statistic);
  const moments = new Set([first]);
  if (turns === undefined) {
    for (let at = first; at <= last; at += step) moments.add(at);
    return [...moments];
  }
  // A minute comes into the newest period when it is over, and from each period into the one before it.
  for (const minute of turns) {
    for (let index = 0; index <= periods; index++) {
      const at = (Math.floor((minute + index * period) / step) + 1) * step;
      if (at > first && at <= last) moments.add(at);
    }
  }
  return [...moments].sort((a, b) => a - b);
}
