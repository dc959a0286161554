import { z } from 'zod';

/** The warm pool of an Auto Scaling group, also that of a managed node group. */
export const warmPool = z
  .strictObject({
    minSize: z.int().min(0).max(1000).default(0).describe('The least instances in the pool'),
    maxPrepared: z
      .int()
      .min(0)
      .optional()
      .describe('The most instances in the pool and in service together; by default maxSize'),
    state: z.enum(['Stopped', 'Running', 'Hibernated']).default('Stopped').describe('How its instances wait'),
    reuseOnScaleIn: z.boolean().default(false).describe('Whether a scale-in returns instances to the pool'),
  })
  .describe('Its warm pool: instances that are launched ahead, and put into service when the group scales out');
