import * as reconcileRequest from '../../events/shells-reconcile-request.ts';
import {
  identity,
  onClusters,
  onNodegroups,
  readRoles,
  readSessionChannels,
} from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf, recordsWhere } from '../shared/declaration/remediation.ts';
import { arnHere, onAnything } from '../shared/declaration/right.ts';
import { PREFERENCES_DOCUMENT } from '../shared/posture/session-preferences.ts';
import { READS } from './policy.ts';
import { SHELLS_REASONS } from './reasons.ts';

const anyWorker = 'Any instance may be a worker, which is proven first; the documents take no parameters.';

export const closeShells = declare({
  name: 'close-shells',
  summary:
    'Puts keys that open a shell by SSH aside and switches the admin container of Bottlerocket off, where Session Manager reaches the host',
  startedBy: 'checks of posture that find such a way in, operators',
  subject: 'instance',
  start: {
    by: 'queue',
    // One writer at a time leaves a new account's ten invocations to others. Commands mostly end within the delay.
    queue: { fifo: true, batch: 10, delaySeconds: 15 },
  },
  timeoutSeconds: 180,
  policy: { section: 'shells', reads: READS },
  reasons: SHELLS_REASONS,
  metrics: {},
  events: {
    ReconcileRule: {
      description: 'Whoever may put events on the bus can have workers looked at by close-shells',
      event: reconcileRequest,
    },
  },
  requests: ['approve', 'reject'],
  reconcilesAgain: true,
  wakesUp: true,
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['shells'],
  rights: [
    onAnything('Workers', [
      'autoscaling:DescribeAutoScalingInstances',
      'ec2:DescribeInstances',
      'ec2:DescribeTags',
      'ssm:ListCommandInvocations',
    ]),
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    ...readRoles,
    readSessionChannels,
    {
      sid: 'LookAtHosts',
      actions: ['ssm:SendCommand'],
      resources: ['{lookDocument}', arnHere('ec2', 'instance/*')],
      wildcardReason: `${anyWorker} This one reads.`,
    },
    {
      sid: 'ChangeHosts',
      actions: ['ssm:SendCommand'],
      resources: ['{closeDocument}', '{restoreDocument}', arnHere('ec2', 'instance/*')],
      wildcardReason: `${anyWorker} What they do can be undone by the other one.`,
      unlessOff: 'shellRights',
    },
    {
      sid: 'LookAtSessions',
      actions: ['ssm:GetDocument'],
      resources: [arnHere('ssm', `document/${PREFERENCES_DOCUMENT}`)],
    },
    {
      sid: 'SetSessions',
      actions: ['ssm:CreateDocument', 'ssm:UpdateDocument', 'ssm:UpdateDocumentDefaultVersion'],
      resources: [arnHere('ssm', `document/${PREFERENCES_DOCUMENT}`)],
      unlessOff: 'sessionRights',
    },
  ],
  environment: {
    LOOK_DOCUMENT: '{lookDocumentName}',
    CLOSE_DOCUMENT: '{closeDocumentName}',
    RESTORE_DOCUMENT: '{restoreDocumentName}',
  },
  beside: 'shells-documents',
  alarms: {
    'shells-failed': {
      metric: 'Failed',
      together: true,
      means: 'The SSH access of a worker could not be closed, or could not be given back.',
      first: recordsWhere('$.remediation = "close-shells" && $.decision = "failed"'),
      next: 'The record says what AWS refused, or which files still open a shell.',
    },
  },
  dashboard: {
    title: 'Ways in by SSH',
    decisions: ['acted', 'would-act', 'done', 'waiting', 'skipped', 'refused', 'failed'],
  },
});

export type Recorder = RecorderOf<typeof closeShells>;
