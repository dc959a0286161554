import { listClusters, onClusters } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { onAnything } from '../shared/declaration/right.ts';

export const sweepFleet = declare({
  name: 'sweep-fleet',
  summary: 'Puts one request for each cluster and node group into the queues, so that a lost event costs little',
  startedBy: 'schedule, hourly',
  subject: 'account',
  start: { by: 'schedule', every: 'sweepSchedule' },
  timeoutSeconds: 300,
  reasons: {},
  metrics: {
    DeadLetters: 'Messages in the dead-letter queues of functions.',
    WaitingFunctions: 'Functions for which a request has waited for half an hour, or that Lambda has no room to run.',
  },
  uncounted: ['done'],
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['sweep', 'run'],
  rights: [
    listClusters,
    onClusters('ListNodegroups'),
    { sid: 'RequestReconciles', actions: ['sqs:SendMessage'], resources: ['{sweptQueues}'] },
    { sid: 'LookAtDeadLetters', actions: ['sqs:GetQueueAttributes'], resources: ['{deadLetterQueues}'] },
    onAnything('LookAtWaitingRequests', ['cloudwatch:GetMetricData']),
  ],
  environment: { SWEEP: '{sweep}', QUEUES: '{queues}', FUNCTIONS: '{functions}', ANY_QUEUE_URL: '{anyQueueUrl}' },
  alarms: {
    'stale-sweep': {
      means: 'No sweep has run for three of its periods. Lost events are not made up for.',
      first: "aws events list-rules --query 'Rules[?ScheduleExpression].[Name,State]'",
      next: 'Check that the rule is enabled, that EventBridge may invoke sweep-fleet, and that Lambda has room for it: aws lambda get-account-settings.',
      absentFor: 3,
      unhealthy: true,
    },
    'dead-letters': {
      metric: 'DeadLetters',
      means: 'Functions could not process some messages. They are in dead-letter queues.',
      first: `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "dead-letters" }'`,
      next: "The line names the function and the queue. Correct the sender (reason invalid-event), or cure what failed; then, with the line's queueArn and the runbook's destination: aws sqs start-message-move-task. Or purge the queue. The sweep makes up for events, but operators must ask again. What the line of notify-stories or watch-support-dates tells of cannot be moved.",
      lasts: true,
      unhealthy: true,
    },
    'waiting-requests': {
      metric: 'WaitingFunctions',
      means: 'Requests have waited for functions for half an hour, or Lambda has no room to run a function.',
      first: `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "waiting-requests" }'`,
      next: 'The line names the function. If it fails, cure what its last error names. If not, Lambda has no room (aws lambda get-account-settings), or its event source mapping is disabled (aws lambda list-event-source-mappings).',
      lasts: true,
      unhealthy: true,
    },
  },
  dashboard: {
    title: 'Sweeps',
    decisions: ['done', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof sweepFleet>;
