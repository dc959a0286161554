import type { SQSRecord } from 'aws-lambda';
import type { RemediationRequest } from '../../../events/remediation-request.ts';
import type { Malformed } from './dead-letter.ts';
import { keepFirst, type MessageReader, type MessageTrigger, readMessages } from './messages.ts';
import type { OperatorRequest } from './operator-request.ts';

/**
 * The targets of one reconcile of workers: the union over all messages of a batch, each target with the first message
 * that named it.
 */
export interface WorkerScope {
  readonly instances: Map<string, MessageTrigger>;
  /** Clusters whose workers are all to be reconciled. */
  readonly clusters: Map<string, MessageTrigger>;
  /** The first message about settings of the whole region. */
  readonly region?: MessageTrigger;
  /** Operators' requests, by instance id. */
  readonly requests: Map<string, OperatorRequest>;
  /** Further requests about the same workers, which wait until the first one is answered. */
  readonly deferred: OperatorRequest[];
}

/** The target of one message. */
export interface WorkerTarget {
  readonly instanceIds?: readonly string[] | undefined;
  readonly clusterName?: string | undefined;
  /** Whether the message is about settings of the whole region. */
  readonly isOfRegion?: boolean;
  readonly request?: RemediationRequest;
}

/** The target of an operator's request. */
export const targetOfRequest = (request: RemediationRequest): WorkerTarget => ({
  instanceIds: [request.detail.instanceId ?? ''],
  request,
});

/** Reads a batch. Reconcile requests only say where to look, so ten of them about one worker count as one. */
export function readWorkerBatch(
  messages: readonly SQSRecord[],
  readers: Readonly<Record<string, MessageReader<WorkerTarget>>>,
): { scope: WorkerScope; malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, readers);
  const scope: WorkerScope = { instances: new Map(), clusters: new Map(), requests: new Map(), deferred: [] };
  for (const { target, trigger } of requests) {
    for (const instanceId of target.instanceIds ?? []) keepFirst(scope.instances, instanceId, trigger);
    if (target.clusterName !== undefined) keepFirst(scope.clusters, target.clusterName, trigger);
    if (target.request !== undefined) addRequest(scope, { event: target.request, trigger });
  }
  const region = requests.find(({ target }) => target.isOfRegion === true)?.trigger;
  return { scope: { ...scope, ...(region !== undefined && { region }) }, malformed };
}

function addRequest({ requests, deferred }: WorkerScope, wanted: OperatorRequest): void {
  const { instanceId = '' } = wanted.event.detail;
  const first = requests.get(instanceId);
  if (first === undefined) requests.set(instanceId, wanted);
  else if (first.trigger.id !== wanted.trigger.id) deferred.push(wanted);
}
