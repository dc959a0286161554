import { z } from 'zod';
import { name, size, time } from './schema-values.ts';
import { disruptionBudget } from './schema-workloads.ts';

const kubeletVersion = z
  .string()
  .regex(/^v1\.\d+\.\d+-eks-[0-9a-f]+$/, 'expected a version such as v1.33.4-eks-1a2b3c4')
  .optional()
  .describe('What its kubelet reports; by default the Kubernetes version of the cluster at the start');

/** A Deployment of which each pod runs on a node of Fargate. */
export const fargateWorkload = z.strictObject({
  name: name('Name of the Deployment', 40),
  namespace: name('Namespace of its pods', 63).default('default'),
  replicas: size.default(2).describe('Pods'),
  kubeletVersion,
  restartsAt: time('When its pods are started anew, on the Kubernetes version of the cluster then').optional(),
  disruptionBudget: disruptionBudget.optional(),
});

export const hybridNode = z.strictObject({
  name: z
    .string()
    .regex(/^mi-[0-9a-f]{17}$/, 'expected the id of a managed instance, such as mi-0123456789abcdef0')
    .describe('Its name'),
  osImage: z.string().default('Ubuntu 24.04.1 LTS').describe('The operating system that it reports'),
  kubeletVersion,
});
