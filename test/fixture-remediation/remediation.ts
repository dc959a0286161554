import * as z from 'zod';
import { declare, recordsWhere } from '../../functions/shared/declaration/remediation.ts';
import { onAnything } from '../../functions/shared/declaration/right.ts';
import * as reconcileRequest from './reconcile-request.ts';

/** The smallest possible remediation: it greets the workers of a swept cluster with the policy's word. */
export const greetWorkers = declare({
  name: 'greet-workers',
  summary: 'Greets each EKS worker',
  startedBy: 'sweeps',
  subject: 'instance',
  start: { by: 'queue', queue: { fifo: true, batch: 10 } },
  timeoutSeconds: 30,
  policy: {
    section: 'greeting',
    reads: {
      greeting: () =>
        z.strictObject({ word: z.string().min(1).default('Hello').describe('What each worker is greeted with.') }),
    },
  },
  reasons: { greeted: { meaning: 'The worker was greeted.' } },
  metrics: { Greeted: 'Workers that were greeted.' },
  events: {
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have workers greeted',
      event: reconcileRequest,
    },
  },
  sweep: { of: 'clusters', detailType: reconcileRequest.detailType },
  requests: ['retry'],
  ledger: [],
  rights: [onAnything('Workers', ['ec2:DescribeInstances', 'ec2:DescribeTags'])],
  alarms: {
    'nobody-greeted': {
      means: 'Nobody is greeted any more.',
      first: recordsWhere('$.remediation = "greet-workers"'),
      next: 'Greet somebody.',
      absentFor: 3,
    },
  },
  dashboard: {
    title: 'Greetings',
    decisions: ['done'],
    graph: { title: 'Workers that were greeted', lines: [{ metric: 'Greeted' }] },
  },
});
