import * as terminationRequest from '../../events/termination-request.ts';
import { identity, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { arnHere, onAnything, type Right } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { TERMINATION_REASONS } from './reasons.ts';

const instances = [arnHere('ec2', 'instance/*')];

/** What only this function may do bears the tag of a quarantine: it cannot set that tag itself. */
const inQuarantine = { 'aws:ResourceTag/eks-host-remediator:quarantine': 'false' };

/** @param key a tag that AWS alone sets (EC2 user guide, "Tag restrictions": the prefix `aws:`) */
const terminationOf = (sid: string, key: string, what: string): Right => ({
  sid,
  actions: ['ec2:TerminateInstances'],
  resources: instances,
  conditions: { Null: { ...inQuarantine, [`aws:ResourceTag/${key}`]: 'false' } },
  wildcardReason: `Only an instance that bears the tag of a quarantine and ${what}.`,
});

export const terminateWorkers = declare({
  name: 'terminate-workers',
  summary: 'Terminates workers in quarantine, where an operator or the expiry of the quarantine ordered it',
  startedBy: 'quarantine-workers',
  subject: 'instance',
  // One batch at a time is enough, and leaves a new account's ten invocations to what is urgent.
  start: { by: 'queue', queue: { fifo: true, batch: 10 } },
  timeoutSeconds: 60,
  policy: { reads: READS },
  reasons: TERMINATION_REASONS,
  metrics: {},
  events: {
    ReconcileRule: {
      description:
        'Whoever may put events on the bus can have terminate-workers look, which terminates nothing by itself',
      event: terminationRequest,
    },
  },
  requests: [],
  ledger: ['BatchGetItem', 'PutItem'],
  rights: [
    onAnything('Workers', ['ec2:DescribeInstances']),
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    {
      sid: 'Protection',
      actions: ['ec2:ModifyInstanceAttribute'],
      resources: instances,
      // No user data, no instance type: only whether it is protected from termination. In which case EC2 gives the name, and
      // whether it always does, is written nowhere: docs/unverified.md. Source: service authorization reference of EC2.
      conditions: {
        StringEqualsIgnoreCaseIfExists: { 'ec2:Attribute': 'DisableApiTermination' },
        Null: inQuarantine,
      },
      wildcardReason: 'Any instance may be a worker: only one that bears the tag of a quarantine.',
    },
    // What only AWS can set bounds it to members of Auto Scaling groups and to what has joined a cluster: no bastion, database
    // or NAT instance that somebody launched by hand.
    terminationOf('TerminateMember', 'aws:autoscaling:groupName', 'is in an Auto Scaling group'),
    terminationOf('TerminateNode', 'aws:eks:cluster-name', 'has joined a cluster'),
  ],
  kubernetesGroup: 'eks-host-remediator-identity',
  outputs: {
    TerminationRoleArn: { value: '{role}', description: 'The role of terminate-workers, for access entries' },
  },
  // What it withholds and what EC2 refuses, `quarantine-workers` tells as its failure, and has an alarm for.
  alarms: {},
  dashboard: {
    title: 'Terminations',
    decisions: ['done', 'skipped'],
    graph: { title: 'Invocations that failed', lines: [{ metric: 'InvocationFailed' }] },
  },
});

export type Recorder = RecorderOf<typeof terminateWorkers>;
