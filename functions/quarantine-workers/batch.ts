import type { SQSRecord } from 'aws-lambda';
import * as networkChange from '../../events/cloudtrail-network-change.ts';
import * as launch from '../../events/ec2-instance-launch.ts';
import * as reachability from '../../events/inspector-network-reachability.ts';
import * as quarantineReconcileRequest from '../../events/quarantine-reconcile-request.ts';
import * as quarantineRequest from '../../events/quarantine-request.ts';
import * as remediationRequest from '../../events/remediation-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import {
  keepFirst,
  type MessageReader,
  type MessageTrigger,
  messageReader,
  readMessages,
} from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { quarantineWorkers } from './remediation.ts';

/** An operator's request about a quarantine, or to approve or reject one. */
export type Request =
  | OperatorRequest
  | { readonly event: quarantineRequest.QuarantineRequest; readonly trigger: MessageTrigger };

export const isOperatorRequest = (request: Request): request is OperatorRequest =>
  request.event['detail-type'] === remediationRequest.detailType;

/** The maker of a call that may have exposed a worker. */
export interface Caller {
  /** ARN of the principal. */
  readonly who: string;
  readonly call: string;
  /** ISO 8601. */
  readonly at: string;
}

/** The targets of one reconcile: the union over all messages of a batch, each with the first message that named it. */
export interface Scope {
  readonly instances: Map<string, MessageTrigger>;
  /** Ids of instances that several events of the batch name. */
  readonly namedAgain: Set<string>;
  /** Network interfaces whose instances are to be reconciled. */
  readonly interfaces: Map<string, MessageTrigger>;
  /** Security groups whose instances are to be reconciled. */
  readonly securityGroups: Map<string, MessageTrigger>;
  /** VPCs whose instances are to be reconciled. */
  readonly vpcs: Map<string, MessageTrigger>;
  /**
   * Route tables, network ACLs and managed prefix lists. The VPCs and security groups that use them have to be looked
   * up.
   */
  readonly shared: Map<string, MessageTrigger>;
  /** Clusters whose workers are all to be reconciled. */
  readonly clusters: Map<string, MessageTrigger>;
  /** Groups whose rules, as a check of posture says, let public addresses in at the ports of shells, by subject. */
  readonly shellIngress: Map<string, AskedShellIngress>;
  /** Requests about workers, by instance id. */
  readonly requests: Map<string, Request>;
  /** Requests about node groups, by `cluster/nodegroup`. */
  readonly groupRequests: Map<string, Request>;
  /** The makers of calls, by the id of the event that reports the call. */
  readonly callers: Map<string, Caller>;
  /** Further requests about the same subjects, which wait until the first one is granted or refused. */
  readonly deferred: Request[];
}

/** A group that a check of posture named, and the groups of its cluster that a waiver of that check is about. */
export interface AskedShellIngress {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly waived: readonly string[];
}

interface Target {
  readonly instanceIds?: readonly string[] | undefined;
  readonly interfaceId?: string | null | undefined;
  readonly securityGroupId?: string | null | undefined;
  readonly vpcId?: string | null | undefined;
  readonly shared?: ReadonlyArray<string | null | undefined>;
  readonly clusterName?: string | undefined;
  readonly shellIngressOf?: readonly string[] | undefined;
  readonly waived?: readonly string[] | undefined;
  readonly request?: Request['event'];
  readonly caller?: Caller;
}

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [launch.detailType]: messageReader(launch.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [networkChange.detailType]: messageReader(networkChange.schema, targetOfCall),
  [reachability.detailType]: messageReader(reachability.schema, ({ detail }) => ({
    instanceIds: detail.resources.filter(({ type }) => type === 'AWS_EC2_INSTANCE').map(({ id }) => id),
  })),
  [quarantineReconcileRequest.detailType]: messageReader(quarantineReconcileRequest.schema, ({ detail }) => detail),
  [quarantineRequest.detailType]: messageReader(quarantineRequest.schema, (request) => ({ request })),
  [remediationRequest.detailType]: messageReader(remediationRequest.schemaFor(quarantineWorkers), (request) => ({
    request,
  })),
};

function targetOfCall({ time, detail }: networkChange.CloudTrailNetworkChange): Target {
  const { requestParameters, responseElements, userIdentity, eventName } = detail;
  const { instanceId, networkInterfaceId, groupId, vpcId, routeTableId, networkAclId } = requestParameters ?? {};
  const { prefixListId, ModifyManagedPrefixListRequest } = requestParameters ?? {};
  const modified = requestParameters?.ModifySecurityGroupRulesRequest?.GroupId;
  const launched = responseElements?.instancesSet?.items.map((item) => item.instanceId) ?? [];
  const who = userIdentity?.arn ?? userIdentity?.invokedBy;
  // Quarantines make this call, too.
  const isOwn = eventName === 'ModifyNetworkInterfaceAttribute';
  return {
    instanceIds: [...launched, ...(instanceId == null ? [] : [instanceId])],
    interfaceId: networkInterfaceId,
    securityGroupId: groupId ?? modified,
    // RunInstances and other calls also name a VPC, but their instance is more specific.
    ...(eventName === 'AttachInternetGateway' && { vpcId }),
    shared: [routeTableId, networkAclId, prefixListId ?? ModifyManagedPrefixListRequest?.PrefixListId],
    ...(who != null && !isOwn && { caller: { who, call: eventName, at: time } }),
  };
}

/** Reads a batch. Reconcile requests only say where to look, so ten of them about one worker count as one. */
export function readBatch(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, READERS);
  const scope: Scope = {
    instances: new Map(),
    namedAgain: new Set(),
    interfaces: new Map(),
    securityGroups: new Map(),
    vpcs: new Map(),
    shared: new Map(),
    clusters: new Map(),
    shellIngress: new Map(),
    requests: new Map(),
    groupRequests: new Map(),
    callers: new Map(),
    deferred: [],
  };
  for (const { target, trigger } of requests) {
    const { instanceIds = [], interfaceId, securityGroupId, vpcId, shared = [], clusterName, request } = target;
    const { shellIngressOf, waived = [] } = target;
    if (target.caller !== undefined) scope.callers.set(trigger.id, target.caller);
    if (request !== undefined) addRequest(scope, { event: request, trigger } as Request);
    for (const instanceId of instanceIds) {
      keepFirst(scope.instances, instanceId, trigger);
      if (scope.instances.get(instanceId)?.id !== trigger.id) scope.namedAgain.add(instanceId);
    }
    if (interfaceId != null) keepFirst(scope.interfaces, interfaceId, trigger);
    if (securityGroupId != null) keepFirst(scope.securityGroups, securityGroupId, trigger);
    if (vpcId != null) keepFirst(scope.vpcs, vpcId, trigger);
    for (const id of shared) if (id != null) keepFirst(scope.shared, id, trigger);
    for (const nodegroup of shellIngressOf ?? []) {
      const key = { cluster: clusterName ?? '', nodegroup };
      keepFirst(scope.shellIngress, subjectOf(key), { key, trigger, waived });
    }
    if (clusterName !== undefined && shellIngressOf === undefined) keepFirst(scope.clusters, clusterName, trigger);
  }
  return { scope, malformed };
}

function addRequest({ requests, groupRequests, deferred }: Scope, request: Request): void {
  const { instanceId, clusterName = '', nodegroupName = '' } = request.event.detail;
  const [map, subject] =
    instanceId === undefined
      ? [groupRequests, subjectOf({ cluster: clusterName, nodegroup: nodegroupName })]
      : [requests, instanceId];
  const first = map.get(subject);
  if (first === undefined) map.set(subject, request);
  else if (first.trigger.id !== request.trigger.id) deferred.push(request);
}
