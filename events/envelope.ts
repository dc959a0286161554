import * as z from 'zod';

/** The source of the events that this project publishes itself. */
export const SOURCE = 'eks-host-remediator' as const;

/** Id of a worker. Hybrid nodes (`mi-…`) are not EC2 instances. */
export const instanceId = z.string().regex(/^i-[0-9a-f]{1,17}$/, 'must be an EC2 instance id');

/** A cluster name in the format that EKS accepts, which excludes the wildcards of EC2 filters. */
export const clusterName = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/, 'must be the name of an EKS cluster');

/**
 * The name of a managed node group, or of another group as records name it: `self-managed:` or `karpenter:` and a name.
 * The ledger uses it as a key. DynamoDB refuses a key of over 1,024 bytes, together with everything read in the same
 * call.
 */
export const nodegroupName = z.string().regex(/^[\x20-\x7e]{1,300}$/, 'must be the name of a node group');

export const PLAN_ID_LENGTH = 10;

/** The id of a plan, which is what a function proposes to do to one subject. */
export const planId = z
  .string()
  .refine(
    (id) => id.length === PLAN_ID_LENGTH && /^[0-9a-f]+$/.test(id),
    `must be the id of a plan: ${PLAN_ID_LENGTH} digits and letters from a to f`,
  );

/**
 * One line of text that people write and read, also on terminals and in chats: no control characters, and nothing that
 * changes the writing direction.
 */
const line = z
  .string()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, 'must be one line of text without control characters');

/** Who makes a request and why, as records show it. */
export const asker = {
  /** Reason of the request. */
  why: line.min(3).max(500),
  /** Name of the requester, as given by the caller, such as the ARN of an IAM role. */
  requestedBy: line.min(1).max(300),
};

/**
 * The detail of a reconcile request for some workers, or for all workers of a cluster. `triggers` lists what may cause
 * the request.
 */
export const workersReconcileRequest = <const Triggers extends readonly string[]>(triggers: Triggers) =>
  z
    .object({
      trigger: z.enum(triggers),
      /** The cluster whose workers are all to be reconciled. */
      clusterName: clusterName.optional(),
      instanceIds: z.array(instanceId).min(1).max(1000).optional(),
    })
    .refine(({ clusterName, instanceIds }) => clusterName !== undefined || instanceIds !== undefined, {
      path: ['clusterName'],
      error: 'either clusterName or instanceIds must be given',
    });

/**
 * The schema of an EventBridge event with the given source, detail type and detail. Members that AWS adds later are
 * ignored, so that an extended event still works.
 *
 * The schema is built when the first such event comes. A function takes events of many kinds, and most environments see
 * one or two of them.
 */
export const eventSchema = <Source extends string, DetailType extends string, Detail extends z.ZodType>(
  source: Source,
  detailType: DetailType,
  detail: () => Detail,
) =>
  z.lazy(() =>
    z.object({
      // AWS's own samples omit the version.
      version: z.literal('0').default('0'),
      id: z.string().min(1),
      source: z.literal(source),
      'detail-type': z.literal(detailType),
      account: z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'),
      region: z.string().min(1),
      time: z.iso.datetime({ offset: true }),
      resources: z.array(z.string()),
      detail: detail(),
    }),
  );

/** The envelope of an event that this project makes. */
export interface EventOrigin {
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly time: string;
}

/**
 * Makes one of this project's own events, as EventBridge would deliver it. `id` names its cause: the same cause gives
 * the same event.
 */
export const ownEvent = <DetailType extends string, Detail>(
  detailType: DetailType,
  origin: EventOrigin,
  id: string,
  detail: Detail,
) => ({
  version: '0' as const,
  id,
  source: SOURCE,
  'detail-type': detailType,
  ...origin,
  resources: [],
  detail,
});

/** Gives the function that makes own events of one kind, such as reconcile requests as bodies of queue messages. */
export const ownEventMaker =
  <DetailType extends string, Detail>(detailType: DetailType) =>
  (origin: EventOrigin, id: string, detail: Detail) =>
    ownEvent(detailType, origin, id, detail);
