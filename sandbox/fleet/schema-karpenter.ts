import { z } from 'zod';
import { exposure } from './schema-exposure.ts';
import { ssm } from './schema-ssm.ts';
import { imageId, instanceType, name, repeat, size } from './schema-values.ts';

/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/nodepool.go, Budget. Schedules are not played. */
const budget = z.strictObject({
  nodes: z
    .string()
    .regex(/^((100|[0-9]{1,2})%|[0-9]+)$/, 'expected a number or a percentage such as 10%')
    .describe('How many of its nodes may be disrupted at a time'),
  reasons: z
    .array(z.enum(['Underutilized', 'Empty', 'Drifted']))
    .optional()
    .describe('For which reasons it counts; by default for all'),
});

export const karpenterNodePool = z.strictObject({
  repeat,
  name: name('Name of the node pool', 63),
  size: size.default(2).describe('Nodes'),
  nodeClass: name('Its EC2NodeClass', 63).default('default'),
  releaseVersion: z
    .string()
    .optional()
    .describe('AL2023 release that its nodes run at the start; by default the latest at the start'),
  imageId: imageId.optional().describe('Or the AMI of its nodes'),
  instanceType: instanceType.describe('EC2 instance type; by default m7i.large'),
  expireAfter: z.string().default('720h').describe('How long a node lives at most; not played'),
  budgets: z
    .array(budget)
    .default([{ nodes: '10%' }])
    .describe('Disruption budgets'),
  ssm,
  exposure,
});

const marks = z.record(z.string(), z.string()).default({});

export const karpenterNodeClass = z.strictObject({
  name: name('Name of the EC2NodeClass', 63),
  amiSelectorTerms: z
    .array(z.record(z.string(), z.union([z.string(), marks])))
    .min(1)
    .default([{ alias: 'al2023@latest' }])
    .describe('Its AMI selector terms; only an alias and an id resolve to AMIs'),
  labels: marks.describe('Labels'),
  annotations: marks.describe('Annotations'),
  manager: z.string().default('kubectl-create').describe('The field manager that wrote its AMI selector terms last'),
  managerOperation: z.enum(['Apply', 'Update']).default('Update').describe('How it wrote them'),
});
