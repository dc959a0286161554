import { Aws, Duration } from 'aws-cdk-lib';
import { CustomWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Foundation } from './foundation.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { FULL_WIDTH } from './widgets.ts';

/** Longer than the one answer that the widget waits for, see its `insights.ts`. */
const TIMEOUT = Duration.seconds(20);

/**
 * The widget on the dashboard: `review-actions` shows, `request-actions` asks. They are two, so that IAM can tell who may
 * look from who may act; neither has a URL or a permission for anyone: CloudWatch invokes them as whoever looks.
 */
export class ReviewActions extends Construct {
  readonly viewFunctionArn: string;
  readonly requestFunctionArn: string;

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { dashboard, eventBus, logGroup } = foundation;
    const asking = new RemediatorFunction(this, 'Request', foundation, {
      name: 'request-actions',
      description: 'Puts what an operator asks for on the dashboard as a request on the event bus',
      timeout: TIMEOUT,
      environment: { EVENT_BUS_NAME: eventBus.eventBusName },
      rights: [{ sid: 'Ask', actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }],
    });
    const showing = new RemediatorFunction(this, 'View', foundation, {
      name: 'review-actions',
      description: 'Shows on the dashboard what was done to the fleet, what was not, and why',
      timeout: TIMEOUT,
      environment: { LOG_GROUP: logGroup.logGroupName, REQUEST_FUNCTION_ARN: asking.function.functionArn },
      rights: [
        { sid: 'AskRecords', actions: ['logs:StartQuery'], resources: [logGroup.logGroupArn] },
        {
          sid: 'ReadAnswers',
          actions: ['logs:GetQueryResults'],
          resources: ['*'],
          wildcardReason: 'logs:GetQueryResults knows no resources; only a query that was started gives anything.',
        },
        {
          sid: 'ReadWorkers',
          actions: ['ec2:DescribeInstances'],
          resources: ['*'],
          wildcardReason: 'ec2:DescribeInstances knows no resources.',
        },
      ],
    });
    this.viewFunctionArn = showing.function.functionArn;
    this.requestFunctionArn = asking.function.functionArn;
    dashboard.addRow(
      'Review and act',
      new CustomWidget({
        title: `review-actions in ${Aws.REGION}`,
        functionArn: this.viewFunctionArn,
        width: FULL_WIDTH,
        height: 16,
      }),
    );
  }
}
