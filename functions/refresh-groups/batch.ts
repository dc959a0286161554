import type { SQSRecord } from 'aws-lambda';
import * as refreshEvent from '../../events/autoscaling-instance-refresh.ts';
import * as reconcileRequest from '../../events/refresh-reconcile-request.ts';
import * as request from '../../events/remediation-request.ts';
import { unmanagedGroup } from '../shared/fleet/worker.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { keepFirst, type MessageTrigger, messageReader, readMessages } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { refreshGroups } from './remediation.ts';

/** The scope of one reconcile: the union over all messages of a batch. */
export interface Scope {
  /** Clusters of which all groups are reconciled. */
  readonly clusters: Map<string, MessageTrigger>;
  /** Auto Scaling groups, by name. */
  readonly groups: Map<string, MessageTrigger>;
  /** Operators' requests, by `subjectOf`. */
  readonly requests: Map<string, OperatorRequest>;
  /** Further requests about the same groups, which wait until the first one is answered. */
  readonly deferred: OperatorRequest[];
}

interface Target {
  readonly cluster?: string;
  readonly group?: string;
  readonly request?: request.RemediationRequest;
}

/** Requests about a managed node group or a node pool name no self-managed group, so their target is empty. */
const targetOf = (cluster: string | undefined, nodegroup: string | undefined): Target => {
  if (nodegroup === undefined) return { ...(cluster !== undefined && { cluster }) };
  const group = unmanagedGroup(nodegroup);
  return group?.kind === 'auto-scaling-group' ? { group: group.name } : {};
};

const ended = messageReader(
  refreshEvent.schema,
  ({ detail }): Target => ({
    group: detail.AutoScalingGroupName,
  }),
);

const READERS = {
  ...Object.fromEntries(refreshEvent.detailTypes.map((type) => [type, ended])),
  [reconcileRequest.detailType]: messageReader(reconcileRequest.schema, ({ detail }) =>
    targetOf(detail.clusterName, detail.nodegroupName),
  ),
  [request.detailType]: messageReader(
    request.schemaFor(refreshGroups),
    (event): Target => ({
      ...targetOf(event.detail.clusterName, event.detail.nodegroupName),
      request: event,
    }),
  ),
};

/** Reads a batch. Messages only say where to look, so ten messages about one group count as one. */
export function readBatch(messages: readonly SQSRecord[]): { readonly scope: Scope; readonly malformed: Malformed[] } {
  const { requests, malformed } = readMessages<Target>(messages, READERS);
  const scope: Scope = { clusters: new Map(), groups: new Map(), requests: new Map(), deferred: [] };
  for (const { target, trigger } of requests) {
    if (target.cluster !== undefined) keepFirst(scope.clusters, target.cluster, trigger);
    if (target.group !== undefined) keepFirst(scope.groups, target.group, trigger);
    if (target.request === undefined) continue;
    const { clusterName: cluster = '', nodegroupName: nodegroup = '' } = target.request.detail;
    const subject = subjectOf({ cluster, nodegroup });
    const asked = { event: target.request, trigger };
    const first = scope.requests.get(subject);
    if (first === undefined) scope.requests.set(subject, asked);
    else if (first.trigger.id !== trigger.id) scope.deferred.push(asked);
  }
  return { scope, malformed };
}
