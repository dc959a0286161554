import { z } from 'zod';
import { imageId, kubernetesVersion, time } from './schema-values.ts';

/** An AMI that is not one of Amazon's releases. */
export const ownImage = z.strictObject({
  imageId: imageId.describe('Its id'),
  name: z.string().min(3).max(128).describe('Its name'),
  at: time('When it is made'),
  architecture: z.enum(['x86_64', 'arm64']).default('x86_64').describe('Its architecture'),
  owner: z
    .string()
    .regex(/^\d{12}$/, 'expected 12 digits')
    .optional()
    .describe('The account that owns it and shares it; by default this one'),
  kubernetesVersion: kubernetesVersion
    .optional()
    .describe('The Kubernetes version of its kubelet; by default that of the control plane when a node is launched'),
  disabledAt: time('When its owner disables it: nothing is launched from it any more; by default never').optional(),
  deregisteredAt: time('When its owner deregisters it; by default never').optional(),
  deprecatedAt: time('When it counts as deprecated; by default never').optional(),
  allowed: z.boolean().optional().describe('What EC2 says about the settings for allowed AMIs; by default nothing'),
  parameter: z
    .string()
    .regex(/^\/[\w./-]+$/, 'expected the name of a parameter, such as /images/eks')
    .optional()
    .describe('The parameter that names it from then on'),
});
