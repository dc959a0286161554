import * as terminationRequest from '../../events/termination-request.ts';
import { identity, onClusters, onNodegroups } from '../shared/declaration/fleet-rights.ts';
import { declare, type RecorderOf } from '../shared/declaration/remediation.ts';
import { arnHere, onAnything, type Right } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';
import { TERMINATION_REASONS } from './reasons.ts';

const instances = [arnHere('ec2', 'instance/*')];

/** This function acts only on instances that bear the tag of a quarantine, and it cannot set that tag itself. */
const inQuarantine = { 'aws:ResourceTag/eks-host-remediator:quarantine': 'false' };

/** @param key a tag that only AWS can set (EC2 user guide, "Tag restrictions": the prefix `aws:`) */
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
  ledgerKinds: ['termination'],
  rights: [
    onAnything('Workers', ['ec2:DescribeInstances']),
    onClusters('DescribeCluster'),
    onNodegroups('DescribeNodegroup'),
    ...identity,
    {
      sid: 'Protection',
      actions: ['ec2:ModifyInstanceAttribute'],
      resources: instances,
      // The only attribute that may be changed is the protection from termination, not user data or the instance type.
      // AWS does not document how EC2 spells the attribute's name, nor whether it always gives it: docs/unverified.md.
      // Source: service authorization reference of EC2.
      conditions: {
        StringEqualsIgnoreCaseIfExists: { 'ec2:Attribute': 'DisableApiTermination' },
        Null: inQuarantine,
      },
      wildcardReason: 'Any instance may be a worker: only one that bears the tag of a quarantine.',
    },
    // Tags that only AWS can set limit this to members of Auto Scaling groups and to nodes that have joined a cluster.
    // A bastion, database or NAT instance that somebody launched by hand has neither.
    terminationOf('TerminateMember', 'aws:autoscaling:groupName', 'is in an Auto Scaling group'),
    terminationOf('TerminateNode', 'aws:eks:cluster-name', 'has joined a cluster'),
  ],
  kubernetesGroup: 'eks-host-remediator-identity',
  outputs: {
    TerminationRoleArn: { value: '{role}', description: 'The role of terminate-workers, for access entries' },
  },
  // `quarantine-workers` tells what is withheld here and what EC2 refuses as its own failure, and has the alarm for it.
  alarms: {},
  dashboard: {
    title: 'Terminations',
    decisions: ['done', 'skipped'],
    graph: { title: 'Invocations that failed', lines: [{ metric: 'InvocationFailed' }] },
  },
});

export type Recorder = RecorderOf<typeof terminateWorkers>;
