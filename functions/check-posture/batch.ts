import type { SQSRecord } from 'aws-lambda';
import * as request from '../../events/posture-reconcile-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type MessageReader, type MessageTrigger, messageReader, readMessages } from '../shared/intake/messages.ts';

/** What a batch asks of one cluster. */
export interface Asked {
  readonly trigger: MessageTrigger;
  /** An operator wants it checked, whether it is due or not. */
  readonly now: boolean;
}

type Target = request.PostureReconcileRequest['detail'];

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [request.detailType]: messageReader<Target, request.PostureReconcileRequest>(request.schema, ({ detail }) => detail),
};

/** Reads a batch: each cluster once, an operator's request before all others. */
export function readBatch(messages: readonly SQSRecord[]): {
  clusters: ReadonlyMap<string, Asked>;
  malformed: Malformed[];
} {
  const { requests, malformed } = readMessages(messages, READERS);
  const clusters = new Map<string, Asked>();
  for (const { target, trigger } of requests) {
    const asked = { trigger, now: target.trigger === 'operator' };
    if (asked.now || !clusters.has(target.clusterName)) clusters.set(target.clusterName, asked);
  }
  return { clusters, malformed };
}
