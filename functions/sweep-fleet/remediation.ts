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
  metrics: {},
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem'],
  rights: [
    listClusters,
    onClusters('ListNodegroups'),
    { sid: 'RequestReconciles', actions: ['sqs:SendMessage'], resources: ['{sweptQueues}'] },
  ],
  environment: { SWEEP: '{sweep}' },
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
  },
  dashboard: {
    title: 'Sweeps',
    decisions: ['done', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof sweepFleet>;
