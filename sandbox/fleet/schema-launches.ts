import { z } from 'zod';
import { exposure } from './schema-exposure.ts';
import { time } from './schema-values.ts';

/** Instances of one group that are launched during the run. */
export const launch = z
  .strictObject({
    at: time('When they begin'),
    cluster: z.string().describe('Name of the cluster'),
    nodeGroup: z.string().optional().describe('Name of the managed node group that grows'),
    selfManagedGroup: z.string().optional().describe('Or of the self-managed group'),
    karpenterNodePool: z.string().optional().describe('Or of the node pool'),
    autoMode: z.literal(true).optional().describe('Or EKS Auto Mode launches them'),
    count: z.int().min(1).max(5000).default(1).describe('So many instances'),
    exposure,
    withinSeconds: z.number().min(0).default(10).describe('They are launched within so many seconds'),
  })
  .refine(
    ({ nodeGroup, selfManagedGroup, karpenterNodePool, autoMode }) =>
      [nodeGroup, selfManagedGroup, karpenterNodePool, autoMode].filter((source) => source !== undefined).length === 1,
    { path: ['nodeGroup'], error: 'give one of nodeGroup, selfManagedGroup, karpenterNodePool, autoMode' },
  );
