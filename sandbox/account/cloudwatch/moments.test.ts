import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { datapointsAt, judge, type MetricAlarmDefinition, periodsLookedAt, type StateValue } from './alarm.ts';
import { MetricSeries, MINUTE_MS, statisticOf } from './metrics.ts';
import { momentsOf } from './moments.ts';

const definitions = fc.record({
  period: fc.constantFrom(1, 5, 30, 180).map((minutes) => minutes * MINUTE_MS),
  statistic: fc.constantFrom('Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount'),
  evaluationPeriods: fc.integer({ min: 1, max: 3 }),
  threshold: fc.integer({ min: 0, max: 3 }),
  comparison: fc.constantFrom('GreaterThanOrEqualToThreshold', 'LessThanThreshold'),
  missingData: fc.constantFrom('missing', 'notBreaching', 'breaching', 'ignore'),
});
const published = fc.array(
  fc.record({ minute: fc.integer({ min: 0, max: 600 }), value: fc.integer({ min: 0, max: 3 }), isHeld: fc.boolean() }),
  { maxLength: 8 },
);
const states = fc.constantFrom<StateValue>('OK', 'ALARM', 'INSUFFICIENT_DATA');

it('judges an alarm at each moment at which its verdict changes', () => {
  fc.assert(
    fc.property(definitions, published, states, fc.boolean(), (drawn, data, state, isHourly) => {
      const head = { name: 'a', arn: 'a', alarmActions: [], okActions: [] };
      const metric = { namespace: 'n', name: 'm', dimensions: {} };
      const definition: MetricAlarmDefinition = {
        ...head,
        ...drawn,
        metric,
        datapointsToAlarm: drawn.evaluationPeriods,
      };
      const series = new MetricSeries(metric);
      for (const { minute, value, isHeld } of data.toSorted((a, b) => a.minute - b.minute)) {
        if (isHeld) series.hold(minute * MINUTE_MS, value);
        else series.add(minute * MINUTE_MS, [value]);
      }
      const step = (isHourly ? 60 : 1) * MINUTE_MS;
      const first = 300 * MINUTE_MS;
      const last = first + (periodsLookedAt(definition) + 1) * definition.period + 600 * MINUTE_MS;
      const judged = (at: number): string => {
        const points = datapointsAt(definition, at, (from, to) =>
          statisticOf(series.valuesIn(from, to), definition.statistic),
        );
        return JSON.stringify([judge(definition, points, state).state, points.map(({ value }) => value)]);
      };
      const moments = momentsOf(definition, series, { first, last, step });
      const changes: number[] = [];
      for (let at = first; at <= last; at += step)
        if (at === first || judged(at) !== judged(at - step)) changes.push(at);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      expect(changes.filter((at) => !moments.includes(at))).toEqual([]);
    }),
  );
});
