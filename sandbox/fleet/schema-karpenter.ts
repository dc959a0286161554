import { Cron } from 'croner';
import { z } from 'zod';
import { faultsOf } from '../kubernetes/node-class-rules.ts';
import { exposure } from './schema-exposure.ts';
import { ssm } from './schema-ssm.ts';
import { imageId, instanceType, name, repeat, size, time, userData } from './schema-values.ts';
import { workloads } from './schema-workloads.ts';

/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/nodepool.go, Budget, with its rule that both come together. */
const budget = z
  .strictObject({
    nodes: z
      .string()
      .regex(/^((100|[0-9]{1,2})%|[0-9]+)$/, 'expected a number or a percentage such as 10%')
      .describe('How many of its nodes may be disrupted at a time'),
    reasons: z
      .array(z.enum(['Underutilized', 'Empty', 'Drifted']))
      .optional()
      .describe('For which reasons it counts; by default for all'),
    schedule: z
      .string()
      .regex(
        /^(@(annually|yearly|monthly|weekly|daily|midnight|hourly))$|^(\S+ +){4}\S+$/,
        'expected a cron expression',
      )
      .refine(isCron, 'expected a cron expression')
      .optional()
      .describe('When it becomes active, as cron in UTC; it restricts nothing while it is not active'),
    duration: z
      .string()
      .regex(/^([0-9]+h)?([0-9]+m)?(0s)?$/, 'expected hours and minutes such as 8h or 1h30m')
      .optional()
      .describe('How long it is active from then on'),
  })
  .refine(({ schedule, duration }) => (schedule === undefined) === (duration === undefined), {
    error: "'schedule' must be set with 'duration'",
  });

function isCron(text: string): boolean {
  try {
    return new Cron(text, { timezone: 'UTC', paused: true }).nextRun() !== undefined;
  } catch {
    return false;
  }
}

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
  expireAfter: z
    .string()
    .regex(/^(([0-9]+(s|m|h))+|Never)$/, 'expected a duration such as 720h, or Never')
    .default('720h')
    .describe('How long a node lives at most: it is ended then, whatever keeps it from disruption'),
  terminationGracePeriod: z
    .string()
    .regex(/^([0-9]+(s|m|h))+$/, 'expected a duration such as 1h30m')
    .optional()
    .describe('How long its pods may hold up the end of a node; by default for ever'),
  hasNoCapacityUntil: time('Until when EC2 has no capacity for further nodes of it').optional(),
  budgets: z
    .array(budget)
    .default([{ nodes: '10%' }])
    .describe('Disruption budgets'),
  ssm,
  workloads,
  exposure,
});

const marks = z.record(z.string(), z.string()).default({});

export const karpenterNodeClass = z
  .strictObject({
    name: name('Name of the EC2NodeClass', 63),
    amiSelectorTerms: z
      .array(z.record(z.string(), z.union([z.string(), marks])))
      .min(1)
      .default([{ alias: 'al2023@latest' }])
      .describe('Its AMI selector terms; only an alias and an id resolve to AMIs'),
    amiFamily: z.string().optional().describe('Its AMI family, which terms without an alias need'),
    userData,
    labels: marks.describe('Labels'),
    annotations: marks.describe('Annotations'),
    manager: z.string().default('kubectl-create').describe('The field manager that wrote its AMI selector terms last'),
    managerOperation: z.enum(['Apply', 'Update']).default('Update').describe('How it wrote them'),
  })
  .superRefine((nodeClass, context) => {
    for (const { field, message } of faultsOf(nodeClass)) {
      context.addIssue({ code: 'custom', message: `the schema of an EC2NodeClass refuses ${field}: ${message}` });
    }
  });
