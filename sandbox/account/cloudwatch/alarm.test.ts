import { describe, expect, it } from 'vitest';
import { datapointsAt, judge, type MetricAlarmDefinition } from './alarm.ts';
import { parseAlarmRule } from './alarm-rule.ts';

const PERIOD = 300_000;

const alarm = (more: Partial<MetricAlarmDefinition> = {}): MetricAlarmDefinition => ({
  name: 'alarm',
  arn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:alarm',
  alarmActions: [],
  okActions: [],
  metric: { namespace: 'test', name: 'Trouble', dimensions: {} },
  statistic: 'Sum',
  period: PERIOD,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  missingData: 'missing',
  ...more,
});

/**
 * Data points in the notation of the documentation, oldest first: `0` within the threshold, `X` beyond it, `-` missing.
 */
const drawn = (text: string) =>
  text
    .split(' ')
    .reverse()
    .map((sign, index) => ({ at: -index * PERIOD, value: { 0: 0, X: 1 }[sign] }));

/** The resulting states for each treatment of missing data, starting in a state that no row leads to by itself. */
const verdicts = (text: string, more: Partial<MetricAlarmDefinition>) =>
  (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map(
    (missingData) => judge(alarm({ ...more, missingData }), drawn(text), 'INSUFFICIENT_DATA').state ?? 'retained',
  );

describe("the examples of CloudWatch's documentation, for missing, ignore, breaching and notBreaching", () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('three of three: %s', (points, expected) => {
    expect(verdicts(points, {})).toEqual(expected);
  });

  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('two of three: %s', (points, expected) => {
    expect(verdicts(points, { datapointsToAlarm: 2 })).toEqual(expected);
  });
});

it.each([
  ['GreaterThanOrEqualToThreshold', [false, true, true]],
  ['GreaterThanThreshold', [false, false, true]],
  ['LessThanThreshold', [true, false, false]],
  ['LessThanOrEqualToThreshold', [true, true, false]],
] as const)('%s compares just so', (comparison, expected) => {
  const breaches = [0, 1, 2].map((value) => {
    const definition = alarm({ comparison, evaluationPeriods: 1, datapointsToAlarm: 1 });
    return judge(definition, [{ at: 0, value }], 'OK').state === 'ALARM';
  });
  expect(breaches).toEqual(expected);
});

it('looks at periods that end now, not at those of the clock', () => {
  const asked: Array<[number, number]> = [];
  datapointsAt(alarm({ evaluationPeriods: 1 }), 7 * 60_000, (from, to) => {
    asked.push([from, to]);
    return undefined;
  });
  expect(asked[0]).toEqual([2 * 60_000, 7 * 60_000]);
});

it('fills gaps by metric math, but not where there is no data at all', () => {
  const filled = alarm({ fill: 0 });
  expect(datapointsAt(filled, 0, (from) => (from === -3 * PERIOD ? 5 : undefined)).map(({ value }) => value)).toEqual([
    0, 0, 5, 0, 0,
  ]);
  expect(datapointsAt(filled, 0, () => undefined).every(({ value }) => value === undefined)).toBe(true);
});

it('says why in the words of CloudWatch', () => {
  const once = alarm({ evaluationPeriods: 1, datapointsToAlarm: 1, missingData: 'notBreaching' });
  const at = Date.parse('2026-07-14T09:03:00Z');
  expect(judge(once, [{ at, value: 1 }], 'OK').reason).toBe(
    'Threshold Crossed: 1 out of the last 1 datapoint [1.0 (14/07/26 09:03:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
  );
  expect(judge(once, [{ at, value: undefined }], 'ALARM').reason).toBe(
    'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
  );
});

describe('the rule of a composite alarm', () => {
  it.each([
    ['ALARM(a)', true],
    ['ALARM("b")', false],
    ['ALARM(a) AND ALARM(b)', false],
    ['ALARM(b) OR ALARM(a)', true],
    ['NOT ALARM(b) AND OK(b)', true],
    ['ALARM(a) OR ALARM(b) AND FALSE', true],
    ['(ALARM(a) OR ALARM(b)) AND FALSE', false],
    ['INSUFFICIENT_DATA(c) AND TRUE', true],
  ])('%s: %s', (text, expected) => {
    const states = { a: 'ALARM', b: 'OK', c: 'INSUFFICIENT_DATA' } as const;
    expect(parseAlarmRule(text).holds((name) => states[name as keyof typeof states])).toBe(expected);
  });

  it.each(['', 'ALARM(a', 'ALARM(a) ALARM(b)', 'ALARM(a) XOR OK(a)', '(TRUE'])('is refused: "%s"', (text) => {
    expect(() => parseAlarmRule(text)).toThrow('AlarmRule is invalid');
  });
});
