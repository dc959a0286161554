import { z } from 'zod';

const countOrShare = z.union([
  z.int().min(0),
  z.string().regex(/^\d{1,3}%$/, 'expected a number, or a share such as 50%'),
]);

export const disruptionBudget = z
  .strictObject({
    minAvailable: countOrShare.optional().describe('So many must stay healthy, or such a share'),
    maxUnavailable: countOrShare.optional().describe('So many may be missing, or such a share'),
    isStale: z
      .boolean()
      .optional()
      .describe('Whether its controller has not seen its latest specification, so that nothing is evicted'),
  })
  .refine((budget) => (budget.minAvailable === undefined) !== (budget.maxUnavailable === undefined), {
    path: ['minAvailable'],
    error: 'give either minAvailable or maxUnavailable',
  })
  .describe('Its PodDisruptionBudget; by default it has none');

const workload = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'expected lower-case letters, digits and -')
    .max(40)
    .describe('Name of the Deployment'),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected lower-case letters, digits and -')
    .max(63)
    .default('default')
    .describe('Namespace of its pods'),
  replicas: z.int().min(0).max(500).default(2).describe('Pods'),
  disruptionBudget: disruptionBudget.optional(),
  furtherBudgets: z
    .array(disruptionBudget)
    .max(5)
    .optional()
    .describe('Further PodDisruptionBudgets that select its pods: with any, no pod is ever evicted'),
  terminationSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(30)
    .describe('How long its pods take to end: their grace period'),
  returnsToNode: z
    .boolean()
    .optional()
    .describe('Whether its owner binds the replacement of an evicted pod to the same node, which no taint prevents'),
  refusesEvictions: z
    .enum(['webhook', 'broken-webhook', 'namespace-ends'])
    .optional()
    .describe(
      'What refuses each eviction of its pods: an admission webhook, one that nobody answers for, or their namespace, which is being deleted',
    ),
  doNotDisrupt: z
    .boolean()
    .optional()
    .describe(
      'Whether its pods have the annotation karpenter.sh/do-not-disrupt, which keeps Karpenter off their nodes',
    ),
  securityContext: z.record(z.string(), z.json()).optional().describe('The securityContext of its container'),
});

/** Deployments whose pods run on the nodes of one node group, spread over them. */
export const workloads = z
  .array(workload)
  .default([])
  .superRefine((all, context) => {
    all.forEach(({ name, namespace }, index) => {
      const first = all.findIndex((one) => one.name === name && one.namespace === namespace);
      if (first === index) return;
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `${namespace}/${name} is there already` });
    });
  })
  .describe('Deployments whose pods run on its nodes, spread over them');
