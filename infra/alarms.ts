import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Runbook, runbook } from './runbook.ts';

/** The namespace of the metrics that the functions publish. */
export const METRIC_NAMESPACE = 'EksHostRemediator';

/**
 * A metric that a function publishes, as its count per `period`. CloudWatch tells metrics apart by all their
 * dimensions, so these are exactly the ones that the function sets.
 */
export const remediatorMetric = (metricName: string, functionName: string, stackName: string, period: Duration) =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: functionName, stack: stackName },
    statistic: Stats.SUM,
    period,
  });

/** The topic that all alarms of the stack go to, and how an alarm is raised. */
export class Alarms extends Construct {
  readonly topic: Topic;
  /** Every alarm that was added. */
  readonly all: Alarm[] = [];
  /** Those that tell that the remediator itself is not well. */
  private readonly ofHealth: Alarm[] = [];

  constructor(scope: Construct, id: string, props: { readonly email?: string | undefined }) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: 'Encrypts the alarm messages of EKS Host Remediator on their way through SNS',
      enableKeyRotation: true,
      // It protects messages on their way only: without the topic there is nothing left to decrypt.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topic = new Topic(this, 'Topic', {
      displayName: 'EKS Host Remediator alarms',
      masterKey: key,
      enforceSSL: true,
    });
    // CloudWatch may not use the AWS managed key of SNS: with that one, alarms would be dropped without a word.
    const fromAlarms = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    };
    key.addToResourcePolicy(
      new PolicyStatement({ ...fromAlarms, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] }),
    );
    this.topic.addToResourcePolicy(
      new PolicyStatement({ ...fromAlarms, actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  /** Raises an alarm as soon as the metric reaches one, unless told otherwise. No data means that nothing happened. */
  add(scope: Construct, id: string, metric: IMetric, about: Runbook, deviations: Partial<AlarmProps> = {}): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      alarmDescription: about.description,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...deviations,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.all.push(alarm);
    if (about.unhealthy) this.ofHealth.push(alarm);
    return alarm;
  }

  /** Raises an alarm as soon as a message lies in the dead-letter queue. */
  addForDeadLetters(scope: Construct, id: string, queue: IQueue, about: Runbook): Alarm {
    const depth = queue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(5),
    });
    return this.add(scope, id, depth, about);
  }

  /** The one alarm that says whether the remediator is well, and says so again when it is. Made when all others are. */
  addUnhealthy(): CompositeAlarm {
    const alarm = new CompositeAlarm(this, 'Unhealthy', {
      alarmRule: AlarmRule.anyOf(...this.ofHealth.map((each) => AlarmRule.fromAlarm(each, AlarmState.ALARM))),
      // CDK's own name for it would be one for the account, not for the stack.
      compositeAlarmName: `${Stack.of(this).stackName}-unhealthy`,
      alarmDescription: runbook('unhealthy').description,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}
