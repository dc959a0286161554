import { describe, expect, it } from 'vitest';
import { functionNames } from './bundle.ts';
import { resourcesOf, templateOf } from './stack-under-test.ts';

const template = templateOf();
const alarmsOf = (from = template) => resourcesOf(from, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const idsOf = (type: string) => resourcesOf(template, type).map(({ id }) => id);

describe('every alarm', () => {
  it.each(alarmsOf().map((alarm) => [alarm.AlarmDescription, alarm]))('goes to the topic: %s', (description, alarm) => {
    const topics = idsOf('AWS::SNS::Topic').filter((id) => id.startsWith('Alarms'));
    expect(alarm.AlarmActions).toEqual(topics.map((id) => ({ Ref: id })));
    expect(topics).toHaveLength(1);
    expect(description).toMatch(/\.$/);
  });
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
    ['Failed', 'upgrade-node-groups'],
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

  it('when a hint has waited for an hour', () => {
    expect(alarmsOf()).toContainEqual(
      expect.objectContaining({ MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 3600 }),
    );
  });

  it.each([
    ['rate(1 hour)', 3600],
    ['rate(10 minutes)', 600],
    ['rate(1 day)', 86_400],
  ])('when three sweeps in a row, each %s, did not finish', (sweepSchedule, period) => {
    const stale = alarmsOf(templateOf({ sweepSchedule })).filter(({ MetricName }) => MetricName === 'SweepFinished');
    expect(stale).toEqual([
      expect.objectContaining({
        Period: period,
        EvaluationPeriods: 3,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    ]);
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
