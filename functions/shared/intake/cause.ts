import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { Cause, OperatorRequest } from '../ledger/tell-unreadable.ts';
import { safeParse } from '../runtime/safe-parse.ts';

const anyRequest = z.lazy(() =>
  z.object({
    id: z.string(),
    'detail-type': z.string(),
    time: z.iso.datetime({ offset: true }),
    detail: z.object({
      trigger: z.string().optional(),
      requestedBy: z.string().optional(),
      instanceId: z.string().optional(),
      clusterName: z.string().optional(),
      nodegroupName: z.string().optional(),
    }),
  }),
);

/** What reaches a function regularly: sweeps; for those that no sweep asks, the checks and quarantines that others carry out. */
const REGULAR: ReadonlySet<string | undefined> = new Set(['sweep', 'posture', 'quarantine']);

/** What a reconcile comes from: something regular among the messages, or the first of them. */
export function causeOf(messages: readonly SQSRecord[], now: number): Cause {
  const requests = messages.flatMap(({ body }) => {
    try {
      return safeParse(anyRequest, JSON.parse(body)).data ?? [];
    } catch {
      // It is in the dead-letter queue by now.
      return [];
    }
  });
  const regular = requests.find(({ detail }) => REGULAR.has(detail.trigger));
  const cause = regular ?? requests[0];
  const trigger =
    cause === undefined ? { id: messages[0]?.messageId ?? '', type: 'Message', time: now } : triggerOf(cause);
  return { trigger, isRegular: regular !== undefined, requests: requests.flatMap(operatorRequestOf) };
}

type AnyRequest = z.infer<typeof anyRequest>;

const triggerOf = ({ id, 'detail-type': type, time }: AnyRequest) => ({ id, type, time: Date.parse(time) });

function operatorRequestOf(request: AnyRequest): OperatorRequest[] {
  const { requestedBy, instanceId, clusterName: cluster, nodegroupName: nodegroup } = request.detail;
  if (requestedBy === undefined) return [];
  if (instanceId !== undefined) return [{ trigger: triggerOf(request), subject: { instance: instanceId } }];
  if (cluster === undefined || nodegroup === undefined) return [];
  return [{ trigger: triggerOf(request), subject: { cluster, nodegroup } }];
}
