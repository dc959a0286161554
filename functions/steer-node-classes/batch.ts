import type { SQSRecord } from 'aws-lambda';
import * as reconcileRequest from '../../events/node-class-reconcile-request.ts';
import * as request from '../../events/remediation-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type MessageTrigger, messageReader, readMessages } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { steerNodeClasses } from './remediation.ts';

/** A cluster whose node classes are all looked at. */
export interface ClusterAsked {
  readonly cluster: string;
  readonly trigger: MessageTrigger;
  /** Operators' requests about its node classes, by `subjectOf`. */
  readonly requests: ReadonlyMap<string, OperatorRequest>;
}

interface Target {
  readonly cluster?: string | undefined;
  readonly request?: request.RemediationRequest;
}

const READERS = {
  [reconcileRequest.detailType]: messageReader(
    reconcileRequest.schema,
    ({ detail }): Target => ({ cluster: detail.clusterName }),
  ),
  [request.detailType]: messageReader(
    request.schemaFor(steerNodeClasses),
    (event): Target => ({ cluster: event.detail.clusterName, request: event }),
  ),
};

/** Reads a batch. Messages only say where to look, so ten messages about one cluster count as one. */
export function readBatch(messages: readonly SQSRecord[]): {
  readonly clusters: readonly ClusterAsked[];
  /** Further requests about the same classes, which wait until the first one is answered. */
  readonly deferred: readonly OperatorRequest[];
  readonly malformed: Malformed[];
} {
  const { requests, malformed } = readMessages(messages, READERS);
  const clusters = new Map<string, { trigger: MessageTrigger; requests: Map<string, OperatorRequest> }>();
  const deferred: OperatorRequest[] = [];
  for (const { target, trigger } of requests) {
    const { cluster, request: event } = target;
    if (cluster === undefined) continue;
    const asked = clusters.get(cluster) ?? { trigger, requests: new Map<string, OperatorRequest>() };
    clusters.set(cluster, asked);
    if (event === undefined) continue;
    const subject = subjectOf({ cluster, nodegroup: event.detail.nodegroupName ?? '' });
    const first = asked.requests.get(subject);
    if (first === undefined) asked.requests.set(subject, { event, trigger });
    else if (first.trigger.id !== trigger.id) deferred.push({ event, trigger });
  }
  return { clusters: [...clusters].map(([cluster, asked]) => ({ cluster, ...asked })), deferred, malformed };
}
