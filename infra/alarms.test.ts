import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { functionNames } from './bundle.ts';
import { RUNBOOK_SECTIONS, runbookOf } from './runbook.ts';
import { resourcesOf, templateOf } from './stack-under-test.ts';

const template = templateOf();
const alarmsOf = (from = template) => resourcesOf(from, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const idsOf = (type: string) => resourcesOf(template, type).map(({ id }) => id);

/** The subcommands of `remediator` that a text names. */
const remediatorCommands = (text: string): string[] =>
  [...new Set([...text.matchAll(/remediator -- (\w+)/g)].map(([, command = '']) => command))].sort();

describe('every alarm', () => {
  const all = [
    ...alarmsOf(),
    ...resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm').map((each) => each.Properties),
  ];
  const runbookPage = readFileSync(join(import.meta.dirname, '..', 'docs', 'runbook.md'), 'utf8');
  const sections = [...runbookPage.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);

  it.each(all.map((alarm) => [alarm.AlarmDescription.split('\n')[0], alarm]))(
    'goes to the topic: %s',
    (_means, alarm) => {
      const topics = idsOf('AWS::SNS::Topic').filter((id) => id.startsWith('Alarms'));
      expect(topics).toHaveLength(1);
      expect(alarm.AlarmActions).toEqual(topics.map((id) => ({ Ref: id })));
    },
  );

  it.each(all.map(({ AlarmDescription }) => [AlarmDescription]))('says what to do: %s', (description: string) => {
    const [means, first, then, link, ...others] = description.split('\n');
    expect(means).toMatch(/\.$/);
    expect(first).toMatch(/^First: aws /);
    expect(then).toMatch(/^Then: .*\.$/);
    expect(sections.map((section) => `Runbook: docs/runbook.md#${section}`)).toContain(link);
    expect(others).toEqual([]);
    // CloudWatch's limit.
    expect(description.length).toBeLessThanOrEqual(1024);
  });

  it('has its section in docs/runbook.md, and no section is about none', () => {
    expect(sections.toSorted()).toEqual(RUNBOOK_SECTIONS.toSorted());
  });

  it.each(RUNBOOK_SECTIONS)('names the commands that its section names: %s', (section) => {
    const { description } = runbookOf(section);
    const [, page = ''] = runbookPage.split(`## ${section}\n`);
    const text = page.split('\n## ')[0] ?? '';
    expect(text).toContain(/^First: (.*)$/m.exec(description)?.[1]);
    expect(remediatorCommands(text)).toEqual(remediatorCommands(description));
  });
});

it('the remediator is unhealthy when an alarm of its own health stands, and not for the troubles of the fleet', () => {
  const [composite, ...others] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm');
  expect(others).toEqual([]);
  const rule = JSON.stringify(composite!.Properties.AlarmRule);
  expect(rule).not.toMatch(/ AND |NOT|OK\(/);
  const named = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(({ id }) => rule.includes(`"${id}"`));
  const about = named.map(({ Properties }) => Properties.AlarmDescription.split('#').at(-1));
  expect([...new Set(about)].sort()).toEqual([
    'dead-letters',
    'function-errors',
    'policy-invalid',
    'stale-sweep',
    'throttles',
    'undelivered',
  ]);
  const ofThese = alarmsOf().filter(({ AlarmDescription }) => about.includes(AlarmDescription.split('#').at(-1)));
  expect(named).toHaveLength(ofThese.length);
  expect(composite!.Properties.OKActions).toEqual(composite!.Properties.AlarmActions);
});

describe('an alarm is raised', () => {
  it.each(['Errors', 'Throttles'])('on the %s of every function', (metric) => {
    const watched = alarmsOf().filter(
      ({ Namespace, MetricName }) => Namespace === 'AWS/Lambda' && MetricName === metric,
    );
    expect(watched.map(({ Dimensions }) => Dimensions[0].Value.Ref).sort()).toEqual(
      idsOf('AWS::Lambda::Function').sort(),
    );
    for (const alarm of watched) expect(alarm).toMatchObject({ Threshold: 1, TreatMissingData: 'notBreaching' });
  });

  it.each([
    ['PolicyInvalid', 'upgrade-node-groups'],
    ['PolicyInvalid', 'manage-ssm-agent'],
    ['PolicyInvalid', 'quarantine-workers'],
    ['PolicyInvalid', 'triage-findings'],
    ['PolicyInvalid', 'check-posture'],
    ['Failed', 'upgrade-node-groups'],
    ['Halted', 'upgrade-node-groups'],
    ['UpgradeStuck', 'upgrade-node-groups'],
    ['Failed', 'manage-ssm-agent'],
  ])('on %s of %s', (metric, name) => {
    expect(functionNames()).toContain(name);
    const watched = alarmsOf().filter(
      ({ MetricName, Dimensions }) => MetricName === metric && Dimensions[0].Value === name,
    );
    expect(watched).toEqual([
      expect.objectContaining({
        Namespace: 'EksHostRemediator',
        Dimensions: [
          { Name: 'service', Value: name },
          { Name: 'stack', Value: 'eks-host-remediator' },
        ],
        Statistic: 'Sum',
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      }),
    ]);
  });

  it('when a request of any function has waited for an hour', () => {
    const waiting = alarmsOf().filter(({ MetricName }) => MetricName === 'ApproximateAgeOfOldestMessage');
    for (const alarm of waiting) expect(alarm).toMatchObject({ Threshold: 3600, TreatMissingData: 'notBreaching' });
    const watched = waiting.map(({ Dimensions }) => Dimensions[0].Value['Fn::GetAtt'][0]);
    const mapped = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0],
    );
    expect(mapped).toHaveLength(REMEDIATIONS.filter(({ start }) => start.by === 'queue').length);
    expect(watched.sort()).toEqual(mapped.sort());
  });

  it.each([
    ['rate(1 hour)', 3600],
    ['rate(10 minutes)', 600],
    ['rate(1 day)', 86_400],
  ])('when three sweeps in a row, each %s, did not finish', (sweepSchedule, period) => {
    const [stale] = alarmsOf(templateOf({ sweepSchedule })).filter(({ Metrics }) => Metrics !== undefined);
    expect(stale).toMatchObject({
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'ignore',
      Metrics: [
        { Expression: 'FILL(counted, 0)' },
        { Id: 'counted', MetricStat: { Metric: { MetricName: 'SweepFinished' }, Period: period, Stat: 'Sum' } },
      ],
    });
  });
});

describe('the alarm topic', () => {
  it('is encrypted with a rotating key of its own that CloudWatch of this account may use', () => {
    const [key] = resourcesOf(template, 'AWS::KMS::Key');
    const [topic] = resourcesOf(template, 'AWS::SNS::Topic');
    expect(topic!.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key!.id, 'Arn'] });
    expect(key!.Properties.EnableKeyRotation).toBe(true);
    expect(key!.Properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
  });

  it('takes messages from alarms of this account only, and over TLS only', () => {
    const [policy] = resourcesOf(template, 'AWS::SNS::TopicPolicy');
    expect(policy!.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });

  it('sends e-mail only where the settings say to whom', () => {
    expect(resourcesOf(template, 'AWS::SNS::Subscription')).toEqual([]);
    const [subscription] = resourcesOf(templateOf({ alarmEmail: 'ops@example.com' }), 'AWS::SNS::Subscription');
    expect(subscription!.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
  });
});
