import { DECIDES_NOTHING, declare } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';

export const reviewActions = declare({
  name: 'review-actions',
  summary: 'Shows on the dashboard what was done to the fleet, what was not, and why',
  startedBy: 'whoever opens the dashboard',
  subject: 'account',
  start: { by: 'widget', shownAs: 'Review and act' },
  // Longer than the consecutive waits of the widget, see `insights.ts` and `answer.ts`.
  timeoutSeconds: 35,
  ...DECIDES_NOTHING,
  // The posture page shows the results of the last checks.
  ledger: ['Query'],
  rights: [
    { sid: 'AskRecords', actions: ['logs:StartQuery'], resources: ['{logGroup}'] },
    onAnything(
      'ReadAnswers',
      ['logs:GetQueryResults'],
      'logs:GetQueryResults knows no resources; only a query that was started gives anything.',
    ),
    onAnything('ReadWorkers', ['ec2:DescribeInstances', 'ec2:DescribeInstanceImageMetadata']),
  ],
  environment: {
    REQUESTABLE: '{requestable}',
    LOG_GROUP: '{logGroupName}',
    REQUEST_FUNCTION_ARN: '{function:request-actions}',
  },
  outputs: {
    ReviewFunctionArn: {
      value: '{function}',
      description: 'The function that shows the widget: who may look invokes it',
    },
  },
  alarms: {},
});
