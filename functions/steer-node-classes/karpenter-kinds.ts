import * as z from 'zod';
import { safeParse } from '../shared/runtime/safe-parse.ts';
import { shortLine } from '../shared/text/short-line.ts';

export const EC2_GROUP = 'karpenter.k8s.aws';

/**
 * A name of an object (Kubernetes, "Object Names and IDs", DNS subdomain names). It stands in keys of the ledger, in
 * records and in a patch to commit, and a server of a custom kind may serve any text for it.
 */
const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);

/** How long AMI terms may be, as JSON. Whoever administers a cluster may widen the schema of the kind. */
const LONGEST_TERMS = 16_384;

const names = z.record(z.string(), z.string()).default({});
const metadata = z.object({
  name: objectName,
  resourceVersion: z.string().max(100).default(''),
  labels: names,
  annotations: names,
  managedFields: z
    .array(
      z.object({
        manager: z.string().default(''),
        operation: z.string().default(''),
        fieldsV1: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
    .default([]),
});
export type Metadata = z.infer<typeof metadata>;
/** Source: Kubernetes API conventions, "Typical status properties". */
const conditions = z
  .array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional() }))
  .default([]);
export type Conditions = z.infer<typeof conditions>;
const nodeClassRef = z.object({ group: z.string().min(1).max(253), name: objectName });
export type NodeClassRef = z.infer<typeof nodeClassRef>;

/** Members that are not read here are ignored. Source: aws/karpenter-provider-aws, pkg/apis/v1. */
export const ec2NodeClass = z.object({
  metadata,
  spec: z.object({
    amiSelectorTerms: z
      .array(z.unknown())
      .default([])
      .refine((terms) => JSON.stringify(terms).length <= LONGEST_TERMS, `longer than ${LONGEST_TERMS} characters`),
    userData: z.string().default(''),
  }),
  status: z
    .object({
      amis: z
        .array(z.object({ id: z.string().max(100).default(''), name: z.string().max(253).default('') }))
        .max(1_000)
        .default([]),
      conditions,
    })
    .prefault({}),
});
const budget = z.object({
  nodes: z.string().default('10%'),
  reasons: z.array(z.string()).optional(),
  schedule: z.string().optional(),
  duration: z.string().optional(),
});
export type PoolBudget = z.infer<typeof budget>;
/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/nodepool.go, with its defaults. */
export const nodePool = z.object({
  metadata,
  spec: z.object({
    /** Of a static pool: how many nodes it keeps. */
    replicas: z.number().optional().catch(undefined),
    limits: z
      .object({ nodes: z.coerce.number().optional().catch(undefined) })
      .optional()
      .catch(undefined),
    template: z.object({
      spec: z.object({
        nodeClassRef,
        expireAfter: z.string().max(100).default('720h'),
        terminationGracePeriod: z.string().max(100).optional().catch(undefined),
      }),
    }),
    disruption: z
      .object({
        budgets: z
          .array(budget)
          .max(50)
          .default([{ nodes: '10%' }]),
      })
      .prefault({}),
  }),
  status: z.object({ conditions }).prefault({}),
});
export type PoolSpec = z.infer<typeof nodePool>['spec'];
export const nodeClaim = z.object({
  metadata: metadata.extend({ name: z.string() }),
  spec: z.object({ nodeClassRef }),
  status: z.object({ imageID: z.string().max(100).default(''), conditions }).prefault({}),
});

/** An object that is not as its kind has it. */
export interface Misformed {
  /** The EC2NodeClass that it counts against; absent where nobody can tell which one that is. */
  readonly nodeClass?: string;
  /** Names the object and the member, such as `NodeClaim general-x: status.imageID: expected string`. */
  readonly why: string;
}

/** What tells whose an object is, however little of it is as its kind has it. */
const traces = z.object({
  metadata: z
    .object({
      name: objectName.optional().catch(undefined),
      labels: z.record(z.string(), z.unknown()).catch({}),
    })
    .catch({ labels: {} }),
  spec: z
    .object({
      nodeClassRef: nodeClassRef.optional().catch(undefined),
      template: z
        .object({ spec: z.object({ nodeClassRef }) })
        .optional()
        .catch(undefined),
    })
    .catch({}),
});

/** What is kept of an object: of one that is as its kind has it, or of another one; undefined for another provider's. */
export type Sorted<Kept> = { readonly kept: Kept } | { readonly misformed: Misformed } | undefined;

/** How much of what is wrong with an object is kept, characters. */
const LONGEST_WHY = 300;

/**
 * Makes a reader of the objects of a kind.
 *
 * @param kept what is kept of an object
 */
export const readerOf =
  <Kind extends z.ZodType, Kept>(
    name: 'EC2NodeClass' | 'NodePool' | 'NodeClaim',
    kind: Kind,
    kept: (object: z.infer<Kind>) => Kept,
  ) =>
  (object: unknown): Sorted<Kept> => {
    const { success, data, error } = safeParse(kind, object);
    if (success) return { kept: kept(data) };
    const { metadata: meta, spec } = safeParse(traces, object).data ?? {
      metadata: { name: undefined, labels: {} },
      spec: {},
    };
    const { group, name: named } = spec.nodeClassRef ?? spec.template?.spec.nodeClassRef ?? { group: '', name: '' };
    if (group !== '' && group !== EC2_GROUP) return undefined;
    const label = safeParse(objectName, meta.labels['karpenter.k8s.aws/ec2nodeclass']).data;
    const nodeClass = name === 'EC2NodeClass' ? meta.name : named || label;
    const [issue] = error.issues;
    const why = `${name} ${meta.name ?? 'without a name'}: ${issue?.path.join('.')}: ${issue?.message}`;
    return { misformed: { why: shortLine(why, LONGEST_WHY), ...(nodeClass !== undefined && { nodeClass }) } };
  };
