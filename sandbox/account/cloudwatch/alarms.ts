import type { Cancel } from '../../time/virtual-time.ts';
import { AwsError } from '../../wire/aws-error.ts';
import type { Deliveries } from '../event-bridge/delivery.ts';
import { DEFAULT_RETRY_POLICY } from '../event-bridge/delivery.ts';
import type { World } from '../world.ts';
import { datapointsAt, judge, type MetricAlarmDefinition, periodsLookedAt, type StateValue } from './alarm.ts';
import { type AlarmRule, parseAlarmRule } from './alarm-rule.ts';
import { type MetricSeries, type Metrics, MINUTE_MS, statisticOf } from './metrics.ts';
import { momentsOf } from './moments.ts';
import { eventOf, notificationOf, type StateChange, type Watched } from './notification.ts';

const HOUR_MS = 3_600_000;

/** An alarm of the account with its history, oldest first. */
export interface HeldAlarm {
  readonly watched: Watched;
  readonly createdAt: number;
  readonly history: readonly StateChange[];
}

interface Held extends HeldAlarm {
  readonly history: StateChange[];
  cancel: Cancel | undefined;
}

/**
 * The alarms of the account. CloudWatch evaluates each once a minute. Here an alarm is evaluated in the next minute in
 * which its state can change by the known data, and again when new data arrive. A year without trouble thus costs
 * almost nothing, and every change happens in the same minute as in CloudWatch.
 */
export class Alarms {
  readonly #world: World;
  readonly #metrics: Metrics;
  readonly #deliveries: Deliveries;
  readonly #held = new Map<string, Held>();
  readonly #composites: Array<{ readonly held: Held; readonly rule: AlarmRule }> = [];

  constructor(world: World, metrics: Metrics, deliveries: Deliveries) {
    this.#world = world;
    this.#metrics = metrics;
    this.#deliveries = deliveries;
  }

  /** All alarms by name. */
  get all(): readonly HeldAlarm[] {
    return [...this.#held.values()].sort((a, b) => (a.watched.definition.name < b.watched.definition.name ? -1 : 1));
  }

  /** The state of an alarm by its name; undefined where there is none. */
  state(name: string): StateValue | undefined {
    const held = this.#held.get(name);
    return held && stateOf(held);
  }

  addMetricAlarm(definition: MetricAlarmDefinition): void {
    const held = this.#hold({ kind: 'metric', definition });
    const series = this.#metrics.series(definition.metric);
    series.onChange(() => this.#plan(held, definition, series));
    this.#plan(held, definition, series);
  }

  /** @throws AwsError `ValidationError` for a rule that CloudWatch would reject */
  addCompositeAlarm(definition: Extract<Watched, { kind: 'composite' }>['definition']): void {
    const rule = parseAlarmRule(definition.rule);
    for (const name of rule.alarms) this.#named(name);
    const held = this.#hold({ kind: 'composite', definition });
    this.#composites.push({ held, rule });
    this.#world.time.at(this.#nextMinute(), () => this.#judgeComposite(held, rule));
  }

  /** Sets a state, as SetAlarmState does. It stays until the next evaluation finds another one. */
  setState(name: string, to: StateValue, reason: string): void {
    const held = this.#named(name);
    if (stateOf(held) !== to) this.#change(held, to, reason);
  }

  #hold(watched: Watched): Held {
    const { now } = this.#world.time;
    const reason = 'Unchecked: Initial alarm creation';
    const initial: StateChange = { from: 'INSUFFICIENT_DATA', to: 'INSUFFICIENT_DATA', reason, at: now };
    const held = { watched, createdAt: now, history: [initial], cancel: undefined };
    this.#held.set(watched.definition.name, held);
    return held;
  }

  /**
   * Finds the next minute in which the state changes if nothing more is published, and schedules an evaluation for it.
   */
  #plan(held: Held, definition: MetricAlarmDefinition, series: MetricSeries): void {
    const state = stateOf(held);
    if (held.cancel === undefined && state === 'OK' && isQuiet(definition, series, this.#world.time.now)) return;
    held.cancel?.();
    held.cancel = undefined;
    // An alarm that looks back for more than a day is evaluated once an hour.
    const step = definition.evaluationPeriods * definition.period > 24 * HOUR_MS ? HOUR_MS : MINUTE_MS;
    // Includes the current minute if it has just begun, because queue metrics are published at its beginning.
    const first = Math.ceil(this.#world.time.now / step) * step;
    const lastData = series.lastChange ?? first;
    const last = Math.max(first, lastData + (periodsLookedAt(definition) + 1) * definition.period + step);
    for (const at of momentsOf(definition, series, { first, last, step })) {
      const verdict = judge(definition, this.#points(definition, series, at), state);
      if (verdict.state === undefined || verdict.state === state) continue;
      const next = verdict.state;
      held.cancel = this.#world.time.at(at, () => {
        held.cancel = undefined;
        const { reason, recent } = verdict;
        this.#change(held, next, reason, dataOf(definition, recent, at));
        this.#plan(held, definition, series);
      });
      return;
    }
  }

  #points(definition: MetricAlarmDefinition, series: MetricSeries, now: number) {
    return datapointsAt(definition, now, (from, to) => statisticOf(series.valuesIn(from, to), definition.statistic));
  }

  #judgeComposite(held: Held, rule: AlarmRule): void {
    const next = rule.holds((name) => stateOf(this.#named(name))) ? 'ALARM' : 'OK';
    if (next === stateOf(held)) return;
    const cause = rule.alarms
      .map((name) => this.#named(name))
      .sort((a, b) => (b.history.at(-1)?.at ?? 0) - (a.history.at(-1)?.at ?? 0))[0];
    const what = cause === undefined ? held.watched.definition.arn : cause.watched.definition.arn;
    const at = new Date(this.#world.time.now).toUTCString();
    this.#change(held, next, `${what} transitioned to ${cause === undefined ? next : stateOf(cause)} at ${at}`);
  }

  #change(held: Held, to: StateValue, reason: string, reasonData?: string): void {
    const before = held.history.at(-1);
    const from = stateOf(held);
    const at = this.#world.time.now;
    const change: StateChange = { from, to, reason, at, ...(reasonData !== undefined && { reasonData }) };
    held.history.push(change);
    this.#tell(held.watched, change);
    if (before !== undefined) this.#world.emit(eventOf(held.watched, change, before));
    for (const { held: composite, rule } of this.#composites) {
      const { name, arn } = held.watched.definition;
      if (rule.alarms.includes(name) || rule.alarms.includes(arn)) this.#judgeComposite(composite, rule);
    }
  }

  #tell(watched: Watched, change: StateChange): void {
    const { arn, alarmActions, okActions } = watched.definition;
    const actions = change.to === 'ALARM' ? alarmActions : change.to === 'OK' ? okActions : [];
    const { subject, message } = notificationOf(this.#world, watched, change);
    for (const targetArn of actions) {
      const sender = { principal: 'cloudwatch.amazonaws.com', sourceArn: arn };
      this.#deliveries.deliverWithRetries({ targetArn, body: message, subject, sender }, DEFAULT_RETRY_POLICY);
    }
  }

  #named(nameOrArn: string): Held {
    const held = this.#held.get(nameOrArn.replace(/^arn:.*:alarm:/, ''));
    if (held === undefined) throw new AwsError('ValidationError', `AlarmRule: there is no alarm ${nameOrArn}.`);
    return held;
  }

  #nextMinute(): number {
    return Math.floor(this.#world.time.now / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  }
}

/** Whether no known data can breach, however they fall into periods, so that the periods need no evaluation. */
function isQuiet(definition: MetricAlarmDefinition, series: MetricSeries, now: number): boolean {
  const { comparison, statistic, missingData, fill, period } = definition;
  const rises = comparison === 'GreaterThanOrEqualToThreshold' || comparison === 'GreaterThanThreshold';
  const missingKeepsOk = missingData === 'notBreaching' || missingData === 'ignore';
  if (!rises || !missingKeepsOk || fill !== undefined || series.isHeld) return false;
  if (statistic !== 'Sum' && statistic !== 'Maximum') return false;
  const values = series.valuesIn(now - (periodsLookedAt(definition) + 1) * period, Number.POSITIVE_INFINITY);
  return values.every((value) => value >= 0) && (statisticOf(values, 'Sum') ?? 0) < definition.threshold;
}

export const stateOf = ({ history }: HeldAlarm): StateValue => history.at(-1)?.to ?? 'INSUFFICIENT_DATA';

function dataOf(
  { statistic, period, threshold }: MetricAlarmDefinition,
  recent: ReadonlyArray<{ readonly at: number; readonly value: number | undefined }>,
  at: number,
): string {
  return JSON.stringify({
    version: '1.0',
    queryDate: new Date(at).toISOString().replace('Z', '+0000'),
    statistic,
    period: period / 1_000,
    recentDatapoints: recent.map(({ value }) => value).reverse(),
    threshold,
  });
}
