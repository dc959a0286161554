import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Foundation } from './foundation.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { arnHere } from './right.ts';
import { runbook } from './runbook.ts';

/**
 * Records that may begin or end an incident. `notify-stories` itself writes none, so nothing that it does comes back to it,
 * and the lines that Lambda and Powertools write for it are no records.
 */
const TELLABLE = '{ $.kind = "record" && $.decision != "waiting" && $.reason != "sweep-finished" }';

/**
 * `notify-stories`, fed with the records by a subscription filter on the log group: the functions that decide know
 * nothing of it, and whatever happens to it costs them nothing.
 */
export class NotifyStories extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { alarms, eventBus, ledger, logGroup, policy, settings } = foundation;
    this.topic = new Topic(this, 'Topic', {
      displayName: 'EKS Host Remediator',
      // Unlike CloudWatch's alarms, a function of this account may use the AWS managed key.
      masterKey: Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
      enforceSSL: true,
    });
    if (settings.notifyEmail !== undefined) this.topic.addSubscription(new EmailSubscription(settings.notifyEmail));

    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself the dead-letter queue of a function.',
    });
    alarms.addForDeadLetters(this, 'DeadLettersAlarm', deadLetters, runbook('dead-letters', 'notify-stories'));

    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'notify-stories',
      description: 'Tells people and systems what was done and what was refused, one message an incident',
      timeout: Duration.minutes(1),
      deadLetterQueue: deadLetters,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        POLICY_PARAMETER: policy.parameter.parameterName,
        DEFAULT_MODE: settings.mode,
        EVENT_BUS_NAME: eventBus.eventBusName,
        NOTIFICATION_TOPIC_ARN: this.topic.topicArn,
      },
      rights: [
        policy.read(),
        ledger.allow('BatchGetItem', 'PutItem'),
        { sid: 'Tell', actions: ['sns:Publish'], resources: [this.topic.topicArn] },
        { sid: 'Announce', actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
        {
          sid: 'Findings',
          actions: ['securityhub:BatchImportFindings'],
          resources: [arnHere('securityhub', `product/${Aws.ACCOUNT_ID}/default`)],
        },
        { sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
      ],
    });
    remediator.function.addPermission('Records', {
      principal: new ServicePrincipal('logs.amazonaws.com'),
      sourceArn: logGroup.logGroupArn,
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const filter = new CfnSubscriptionFilter(this, 'Records', {
      logGroupName: logGroup.logGroupName,
      filterPattern: TELLABLE,
      destinationArn: remediator.function.functionArn,
    });
    // CloudWatch Logs tries the function when the filter is made.
    filter.node.addDependency(remediator.function.node.findChild('Records'));
  }
}
