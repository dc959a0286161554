import type { SQSRecord } from 'aws-lambda';
import type { RemediationRequest } from '../../../events/remediation-request.ts';
import { unmanagedGroup } from '../fleet/worker.ts';
import { type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import type { Malformed } from './dead-letter.ts';
import { keepFirst, type MessageReader, type MessageTrigger, readMessages } from './messages.ts';
import type { OperatorRequest } from './operator-request.ts';

/** The self-managed groups of one reconcile: the union over all messages of a batch. */
export interface GroupScope {
  /** Clusters of which all groups are reconciled. */
  readonly clusters: Map<string, MessageTrigger>;
  /** Auto Scaling groups, by name. */
  readonly groups: Map<string, MessageTrigger>;
  /** Ids of instances of which events tell that they end. */
  readonly ending: Set<string>;
  /** Operators' requests, by `subjectOf`. */
  readonly requests: Map<string, OperatorRequest>;
  /** Further requests about the same groups, which wait until the first one is answered. */
  readonly deferred: OperatorRequest[];
}

/** The target of one message. */
export interface GroupTarget {
  readonly cluster?: string;
  /** Name of an Auto Scaling group. */
  readonly group?: string;
  /** Id of an instance that ends. */
  readonly instance?: string;
  readonly request?: RemediationRequest;
}

/** Requests about a managed node group or a node pool name no self-managed group, so their target is empty. */
export const groupTargetOf = (cluster: string | undefined, nodegroup: string | undefined): GroupTarget => {
  if (nodegroup === undefined) return { ...(cluster !== undefined && { cluster }) };
  const group = unmanagedGroup(nodegroup);
  return group?.kind === 'auto-scaling-group' ? { group: group.name } : {};
};

/** The target of an operator's request. */
export const groupTargetOfRequest = (request: RemediationRequest): GroupTarget => ({
  ...groupTargetOf(request.detail.clusterName, request.detail.nodegroupName),
  request,
});

/** Reads a batch. Messages only say where to look, so ten messages about one group count as one. */
export function readGroupBatch(
  messages: readonly SQSRecord[],
  readers: Readonly<Record<string, MessageReader<GroupTarget>>>,
): { readonly scope: GroupScope; readonly malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, readers);
  const scope: GroupScope = {
    clusters: new Map(),
    groups: new Map(),
    ending: new Set(),
    requests: new Map(),
    deferred: [],
  };
  for (const { target, trigger } of requests) {
    if (target.cluster !== undefined) keepFirst(scope.clusters, target.cluster, trigger);
    if (target.group !== undefined) keepFirst(scope.groups, target.group, trigger);
    if (target.instance !== undefined) scope.ending.add(target.instance);
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

/** Why a group is reconciled; undefined where nothing asked for it. */
export const groupTriggerOf = (
  { requests, groups, clusters }: GroupScope,
  key: NodeGroupKey,
): MessageTrigger | undefined =>
  requests.get(subjectOf(key))?.trigger ??
  groups.get(unmanagedGroup(key.nodegroup)?.name ?? key.nodegroup) ??
  clusters.get(key.cluster);
