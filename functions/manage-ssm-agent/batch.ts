import type { SQSRecord } from 'aws-lambda';
import * as agentReconcileRequest from '../../events/agent-reconcile-request.ts';
import * as launch from '../../events/autoscaling-instance-launch.ts';
import * as running from '../../events/ec2-instance-running.ts';
import * as coverage from '../../events/inspector-coverage.ts';
import * as request from '../../events/remediation-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import {
  keepFirst,
  type MessageReader,
  type MessageTrigger,
  messageReader,
  readMessages,
} from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { manageSsmAgent } from './remediation.ts';

/** Where one reconcile goes: the union of what all messages of a batch reconcile request at, each with the first one that did. */
export interface Scope {
  readonly instances: Map<string, MessageTrigger>;
  /** All workers of these clusters. */
  readonly clusters: Map<string, MessageTrigger>;
  /** By instance id: what an operator wants of it. */
  readonly requests: Map<string, OperatorRequest>;
  /** Further requests about the same workers: they wait until the first one is answered. */
  readonly deferred: OperatorRequest[];
}

interface Target {
  readonly instanceIds?: readonly string[] | undefined;
  readonly clusterName?: string | undefined;
  readonly request?: request.RemediationRequest;
}

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [running.detailType]: messageReader(running.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [launch.detailType]: messageReader(launch.schema, ({ detail }) => ({ instanceIds: [detail.EC2InstanceId] })),
  [coverage.detailType]: messageReader(coverage.schema, ({ resources }) => ({ instanceIds: [resources[0]] })),
  [agentReconcileRequest.detailType]: messageReader(agentReconcileRequest.schema, ({ detail }) => detail),
  [request.detailType]: messageReader(request.schemaFor(manageSsmAgent), (event) => ({
    instanceIds: [event.detail.instanceId ?? ''],
    request: event,
  })),
};

/** Reads a batch. Reconcile requests only say where to look, so ten of them about one worker are one. */
export function readBatch(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, READERS);
  const scope: Scope = { instances: new Map(), clusters: new Map(), requests: new Map(), deferred: [] };
  for (const { place, trigger } of requests) {
    for (const instanceId of place.instanceIds ?? []) keepFirst(scope.instances, instanceId, trigger);
    if (place.clusterName !== undefined) keepFirst(scope.clusters, place.clusterName, trigger);
    if (place.request !== undefined) addRequest(scope, { event: place.request, trigger });
  }
  return { scope, malformed };
}

function addRequest({ requests, deferred }: Scope, wanted: OperatorRequest): void {
  const { instanceId = '' } = wanted.event.detail;
  const first = requests.get(instanceId);
  if (first === undefined) requests.set(instanceId, wanted);
  else if (first.trigger.id !== wanted.trigger.id) deferred.push(wanted);
}
