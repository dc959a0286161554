import type { SQSRecord } from 'aws-lambda';
import * as request from '../../events/posture-reconcile-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type MessageReader, type MessageTrigger, messageReader, readMessages } from '../shared/intake/messages.ts';

/** A request that counts at once, due or not: an operator's, or that after an update. */
export interface Ask {
  readonly trigger: MessageTrigger;
  /** Of this group only; absent: of all of the cluster. */
  readonly nodegroup?: string;
  readonly by: 'operator' | 'upgrade';
  /** As it came: it comes again where it cannot be taken up yet. */
  readonly event: request.PostureReconcileRequest;
}

/** What a batch asks of one cluster. */
export interface Asked {
  /** The first that was heard of it. */
  readonly trigger: MessageTrigger;
  readonly asks: readonly Ask[];
}

const READERS: Readonly<Record<string, MessageReader<request.PostureReconcileRequest>>> = {
  [request.detailType]: messageReader(request.schema, (event) => event),
};

/** Reads a batch: each cluster once, with all that is asked for at once. */
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
