import * as z from 'zod';

/** Where the events that this project makes itself come from. */
export const SOURCE = 'eks-host-remediator' as const;

/** Of a worker; hybrid nodes (`mi-…`) are no EC2 instances. */
export const instanceId = z.string().regex(/^i-[0-9a-f]{1,17}$/, 'must be an EC2 instance id');

/** As EKS takes it. Wildcards of EC2's filters are none of its characters. */
export const clusterName = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/, 'must be the name of an EKS cluster');

/**
 * A managed node group, or as records name others: `self-managed:` or `karpenter:` and a name. The ledger keeps what is
 * known of it under this name, and DynamoDB refuses a key of over 1,024 bytes together with all that is read with it.
 */
export const nodegroupName = z.string().regex(/^[\x20-\x7e]{1,300}$/, 'must be the name of a node group');

/**
 * A line of text that people write and read, on terminals and in chats too: no control characters, nothing that turns
 * the direction of writing.
 */
const line = z
  .string()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, 'must be one line of text without control characters');

/** Of who asks for something: it stands in the records. */
export const asker = {
  /** Why. */
  why: line.min(3).max(500),
  /** Who; as the caller says it, for example the ARN of an IAM role. */
  requestedBy: line.min(1).max(300),
};

/** The detail of a reconcile request about some workers, or about all of a cluster. `triggers`: what may ask for the reconcile. */
export const workersReconcileRequest = <const Triggers extends readonly string[]>(triggers: Triggers) =>
  z
    .object({
      trigger: z.enum(triggers),
      /** All workers of the cluster. */
      clusterName: clusterName.optional(),
      instanceIds: z.array(instanceId).min(1).max(1000).optional(),
    })
    .refine(({ clusterName, instanceIds }) => clusterName !== undefined || instanceIds !== undefined, {
      path: ['clusterName'],
      error: 'either clusterName or instanceIds must be given',
    });

/**
 * The schema of an EventBridge event with the given source, detail type and detail. Members that AWS adds later are
 * ignored, so that a richer event still works.
 */
export const eventSchema = <Source extends string, DetailType extends string, Detail extends z.ZodType>(
  source: Source,
  detailType: DetailType,
  detail: Detail,
) =>
  z.object({
    // AWS's own samples leave it out.
    version: z.literal('0').default('0'),
    id: z.string().min(1),
    source: z.literal(source),
    'detail-type': z.literal(detailType),
    account: z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'),
    region: z.string().min(1),
    time: z.iso.datetime({ offset: true }),
    resources: z.array(z.string()),
    detail,
  });

/** What is known where a reconcile request is made: the envelope around one detail. */
export interface EventOrigin {
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly time: string;
}

/** An event of this project's own, complete as EventBridge would deliver it. `id` names its cause: the same cause, the same event. */
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
