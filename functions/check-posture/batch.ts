import type { SQSRecord } from 'aws-lambda';
import * as request from '../../events/posture-reconcile-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type MessageReader, type MessageTrigger, messageReader, readMessages } from '../shared/intake/messages.ts';

/** A request that takes effect at once, due or not: an operator's, or one after an update. */
export interface Ask {
  readonly trigger: MessageTrigger;
  /** Limits the check to this node group; absent: the whole cluster. */
  readonly nodegroup?: string;
  readonly by: 'operator' | 'upgrade';
  /** The event as received, to be returned to the queue where it cannot be handled yet. */
  readonly event: request.PostureReconcileRequest;
}

/** The requests of a batch about one cluster. */
export interface Asked {
  /** The first message about the cluster. */
  readonly trigger: MessageTrigger;
  readonly asks: readonly Ask[];
}

const READERS: Readonly<Record<string, MessageReader<request.PostureReconcileRequest>>> = {
  [request.detailType]: messageReader(request.schema, (event) => event),
};

/** Reads a batch: each cluster once, with all requests that take effect at once. */
export function readBatch(messages: readonly SQSRecord[]): {
  clusters: ReadonlyMap<string, Asked>;
  malformed: Malformed[];
} {
  const { requests, malformed } = readMessages(messages, READERS);
  const byCluster = Map.groupBy(requests, ({ target }) => target.detail.clusterName);
  const clusters = new Map<string, Asked>();
  for (const [cluster, [first, ...others]] of byCluster) {
    if (first === undefined) continue;
    const asks = [first, ...others].flatMap(({ target: event, trigger }): Ask[] => {
      const { trigger: by, nodegroupName: nodegroup } = event.detail;
      if (by !== 'operator' && by !== 'upgrade') return [];
      return [{ trigger, by, event, ...(nodegroup !== undefined && { nodegroup }) }];
    });
    clusters.set(cluster, { trigger: asks[0]?.trigger ?? first.trigger, asks });
  }
  return { clusters, malformed };
}
