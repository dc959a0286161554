import * as z from 'zod';
import { safeParse } from '../shared/runtime/safe-parse.ts';

export const EC2_GROUP = 'karpenter.k8s.aws';

const names = z.record(z.string(), z.string()).default({});
export const metadata = z.object({
  name: z.string(),
  resourceVersion: z.string().default(''),
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
});
/** Source: Kubernetes API conventions, "Typical status properties". */
export const conditions = z
  .array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional() }))
  .default([]);
export const nodeClassRef = z.object({ group: z.string().min(1), name: z.string().min(1) });

/** Members that are not read here are ignored. Source: aws/karpenter-provider-aws, pkg/apis/v1. */
export const ec2NodeClass = z.object({
  metadata,
  spec: z.object({ amiSelectorTerms: z.array(z.unknown()).default([]), userData: z.string().default('') }),
  status: z
    .object({
      amis: z.array(z.object({ id: z.string().default(''), name: z.string().default('') })).default([]),
      conditions,
    })
    .prefault({}),
});
/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/nodepool.go, with its defaults. */
export const nodePool = z.object({
  metadata,
  spec: z.object({
    template: z.object({ spec: z.object({ nodeClassRef, expireAfter: z.string().default('720h') }) }),
    disruption: z
      .object({
        budgets: z
          .array(
            z.object({
              nodes: z.string().default('10%'),
              reasons: z.array(z.string()).optional(),
              schedule: z.string().optional(),
              duration: z.string().optional(),
            }),
          )
          .default([{ nodes: '10%' }]),
      })
      .prefault({}),
  }),
  status: z.object({ conditions }).prefault({}),
});
export const nodeClaim = z.object({
  metadata,
  spec: z.object({ nodeClassRef }),
  status: z.object({ imageID: z.string().default(''), conditions }).prefault({}),
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
      name: z.string().optional().catch(undefined),
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

/** The objects of a kind that are as it has them, and those that are not, without those of other providers. */
export function sortedByForm<Kind extends z.ZodType>(
  name: 'EC2NodeClass' | 'NodePool' | 'NodeClaim',
  kind: Kind,
  objects: readonly unknown[],
): { readonly wellFormed: Array<z.infer<Kind>>; readonly misformed: Misformed[] } {
  const wellFormed: Array<z.infer<Kind>> = [];
  const misformed: Misformed[] = [];
  for (const object of objects) {
    const { success, data, error } = safeParse(kind, object);
    if (success) {
      wellFormed.push(data);
      continue;
    }
    const { metadata: meta, spec } = safeParse(traces, object).data ?? {
      metadata: { name: undefined, labels: {} },
      spec: {},
    };
    const { group, name: named } = spec.nodeClassRef ?? spec.template?.spec.nodeClassRef ?? { group: '', name: '' };
    if (group !== '' && group !== EC2_GROUP) continue;
    const label = meta.labels['karpenter.k8s.aws/ec2nodeclass'];
    const nodeClass = name === 'EC2NodeClass' ? meta.name : named || (typeof label === 'string' ? label : undefined);
    const [issue] = error.issues;
    const why = `${name} ${meta.name ?? 'without a name'}: ${issue?.path.join('.')}: ${issue?.message}`;
    misformed.push({ why, ...(nodeClass !== undefined && { nodeClass }) });
  }
  return { wellFormed, misformed };
}
