import { parseAlarmRule } from '../account/cloudwatch/alarm-rule.ts';
import type { Alarms } from '../account/cloudwatch/alarms.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Fleet, FleetProblem } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseIso, parseTime } from './time.ts';

/** The impossible alarms and calendars of a fleet file. */
export function gateProblems({ alarms, calendars, startsAt }: Fleet): FleetProblem[] {
  const start = parseIso(startsAt) ?? 0;
  return [
    ...alarms.flatMap(({ name, rule }, index) => {
      const before = alarms.slice(0, index).map((each) => each.name);
      const path = `alarms[${index}]`;
      if (before.includes(name)) return [{ path: `${path}.name`, message: `the name ${name} is there already` }];
      const fault = rule === undefined ? undefined : ruleFault(rule, before);
      return fault === undefined ? [] : [{ path: `${path}.rule`, message: fault }];
    }),
    ...calendars.flatMap(({ events }, index) =>
      events.flatMap(({ from, until }, at) =>
        (parseTime(from, start) ?? 0) < (parseTime(until, start) ?? 0)
          ? []
          : [{ path: `calendars[${index}].events[${at}].until`, message: `must be later than from (${from})` }],
      ),
    ),
  ];
}

function ruleFault(rule: string, known: readonly string[]): string | undefined {
  try {
    const unknown = parseAlarmRule(rule).alarms.find((name) => !known.includes(name));
    return unknown === undefined ? undefined : `there is no alarm ${unknown} before it`;
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
}

/** Adds the change calendars of a fleet file. */
export function seedCalendars({ calendars, world }: FleetState, fleet: Fleet): void {
  const timeOf = (text: string) => parseTime(text, world.time.now) ?? world.time.now;
  for (const { events, ...calendar } of fleet.calendars) {
    calendars.add({
      ...calendar,
      events: events.map(({ from, until }) => ({ from: timeOf(from), until: timeOf(until) })),
    });
  }
}

/**
 * Adds the account's own alarms of a fleet file. Each watches a metric that nobody publishes here and keeps its state
 * (`ignore`), until the file says that it changes.
 */
export function seedAlarms(alarms: Alarms, { world }: FleetState, fleet: Fleet): void {
  const { time, partition, region, accountId } = world;
  for (const { name, rule, state, changes } of fleet.alarms) {
    const arn = `arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${name}`;
    const head = { name, arn, alarmActions: [], okActions: [] };
    if (rule !== undefined) {
      alarms.addCompositeAlarm({ ...head, rule });
      continue;
    }
    alarms.addMetricAlarm({
      ...head,
      metric: { namespace: 'Fleet', name, dimensions: {} },
      statistic: 'Sum',
      period: 60_000,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 1,
      comparison: 'GreaterThanOrEqualToThreshold',
      missingData: 'ignore',
    });
    alarms.setState(name, state, 'The fleet file says so.');
    for (const change of changes) {
      time.at(parseTime(change.at, time.now) ?? time.now, () =>
        alarms.setState(name, change.state, 'The fleet file says so.'),
      );
    }
  }
}
