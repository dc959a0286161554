import { listClusters, onClusters } from '../shared/declaration/fleet-rights.ts';
import { declare, FAILED_RUNS, type RecorderOf } from '../shared/declaration/remediation.ts';

export const sweepFleet = declare({
  name: 'sweep-fleet',
  summary: 'Puts one request for each cluster and node group into the queues, so that a lost event costs little',
  startedBy: 'schedule, hourly',
  subject: 'account',
  start: { by: 'schedule', every: 'sweepSchedule' },
  timeoutSeconds: 300,
  reasons: {},
  metrics: {
    DeadLetters: 'Messages in the dead-letter queues of functions with a queue.',
  },
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem'],
  rights: [
    listClusters,
    onClusters('ListNodegroups'),
    { sid: 'RequestReconciles', actions: ['sqs:SendMessage'], resources: ['{sweptQueues}'] },
    { sid: 'LookAtDeadLetters', actions: ['sqs:GetQueueAttributes'], resources: ['{deadLetterQueues}'] },
  ],
  environment: { SWEEP: '{sweep}', DEAD_LETTERS: '{deadLetters}' },
  alarms: {
    'stale-sweep': {
      // The only outcome `done` of a sweep is that it has finished.
      metric: 'Done',
      means: 'Three sweeps in a row did not finish. Lost events are not made up for.',
      first: FAILED_RUNS,
      next: 'Check that the rule of sweep-fleet is enabled, and that the function does not fail.',
      absentFor: 3,
      unhealthy: true,
    },
    'dead-letters': {
      metric: 'DeadLetters',
      means: 'Functions could not process some messages. They are in dead-letter queues.',
      first: `aws logs filter-log-events --log-group-name LOG_GROUP --filter-pattern '{ $.kind = "dead-letters" }'`,
      next: "The line names the function and the queue. Correct the sender (reason invalid-event), or cure what failed; then, with the line's queueArn and the runbook's destination: aws sqs start-message-move-task. Or purge the queue. The sweep makes up for events, but operators must ask again.",
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
