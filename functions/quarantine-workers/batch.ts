import type { SQSRecord } from 'aws-lambda';
import * as networkChange from '../../events/cloudtrail-network-change.ts';
import * as launch from '../../events/ec2-instance-launch.ts';
import * as reachability from '../../events/inspector-network-reachability.ts';
import * as quarantineHint from '../../events/quarantine-reconcile-request.ts';
import * as quarantineRequest from '../../events/quarantine-request.ts';
import * as remediationRequest from '../../events/remediation-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type HintReader, type HintTrigger, hintReader, keepFirst, readMessages } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';

/** An operator's wish: about a quarantine, or to approve or reject one. */
export type Request =
  | OperatorRequest
  | { readonly event: quarantineRequest.QuarantineRequest; readonly trigger: HintTrigger };

export const isOperatorRequest = (request: Request): request is OperatorRequest =>
  request.event['detail-type'] === remediationRequest.detailType;

/** Where one look goes: the union of what all messages of a batch hint at, each with the first one that did. */
export interface Scope {
  readonly instances: Map<string, HintTrigger>;
  /** Whatever instance has one of these network interfaces. */
  readonly interfaces: Map<string, HintTrigger>;
  /** Whatever instances have one of these security groups. */
  readonly securityGroups: Map<string, HintTrigger>;
  /** All workers of these clusters. */
  readonly clusters: Map<string, HintTrigger>;
  /** By instance id. */
  readonly requests: Map<string, Request>;
  /** By `cluster/nodegroup`. */
  readonly groupRequests: Map<string, Request>;
  /** Further wishes about the same subjects: they wait until the first one is granted or refused. */
  readonly deferred: Request[];
}

interface Place {
  readonly instanceIds?: readonly string[] | undefined;
  readonly interfaceId?: string | null | undefined;
  readonly securityGroupId?: string | null | undefined;
  readonly clusterName?: string | undefined;
  readonly request?: Request['event'];
}

const READERS: Readonly<Record<string, HintReader<Place>>> = {
  [launch.detailType]: hintReader(launch.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [networkChange.detailType]: hintReader(networkChange.schema, ({ detail }) => placeOfCall(detail)),
  [reachability.detailType]: hintReader(reachability.schema, ({ detail }) => ({
    instanceIds: detail.resources.filter(({ type }) => type === 'AWS_EC2_INSTANCE').map(({ id }) => id),
  })),
  [quarantineHint.detailType]: hintReader(quarantineHint.schema, ({ detail }) => detail),
  [quarantineRequest.detailType]: hintReader(quarantineRequest.schema, (request) => ({ request })),
  [remediationRequest.detailType]: hintReader(remediationRequest.schemaFor('quarantine-workers'), (request) => ({
    request,
  })),
};

function placeOfCall({ requestParameters, responseElements }: networkChange.CloudTrailNetworkChange['detail']): Place {
  const { instanceId, networkInterfaceId, groupId } = requestParameters ?? {};
  const launched = responseElements?.instancesSet?.items.map((item) => item.instanceId) ?? [];
  return {
    instanceIds: [...launched, ...(instanceId == null ? [] : [instanceId])],
    interfaceId: networkInterfaceId,
    securityGroupId: groupId,
  };
}

/** Reads a batch. Hints only say where to look, so ten of them about one worker are one. */
export function readHints(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const { hints, malformed } = readMessages(messages, READERS);
  const scope: Scope = {
    instances: new Map(),
    interfaces: new Map(),
    securityGroups: new Map(),
    clusters: new Map(),
    requests: new Map(),
    groupRequests: new Map(),
    deferred: [],
  };
  for (const { place, trigger } of hints) {
    const { instanceIds = [], interfaceId, securityGroupId, clusterName, request } = place;
    if (request !== undefined) addRequest(scope, { event: request, trigger } as Request);
    for (const instanceId of instanceIds) keepFirst(scope.instances, instanceId, trigger);
    if (interfaceId != null) keepFirst(scope.interfaces, interfaceId, trigger);
    if (securityGroupId != null) keepFirst(scope.securityGroups, securityGroupId, trigger);
    if (clusterName !== undefined) keepFirst(scope.clusters, clusterName, trigger);
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
