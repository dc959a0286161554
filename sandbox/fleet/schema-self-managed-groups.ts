import { z } from 'zod';
import { exposure } from './schema-exposure.ts';
import { ssm } from './schema-ssm.ts';
import { targetGroups } from './schema-target-groups.ts';
import { imageId, instanceType, name, repeat, time, userData } from './schema-values.ts';
import { warmPool } from './schema-warm-pool.ts';
import { workloads } from './schema-workloads.ts';

/** Unlike a managed node group (450 nodes), an Auto Scaling group is bounded by nothing but the account's quotas. */
const size = z.int().min(0).max(20_000);

/** The name of an AWS service as a principal, whatever the partition. */
const SERVICE_PRINCIPAL = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/;

/** One Auto Scaling group of a cluster that EKS does not manage. */
export const selfManagedGroup = z
  .strictObject({
    repeat,
    name: name('Its Auto Scaling group is named CLUSTER-NAME', 150),
    size: size.default(2).describe('Nodes'),
    maxSize: size.min(1).optional().describe('By default size, or 1'),
    imageId: imageId.describe('AMI of its nodes'),
    userData,
    letInBy: z
      .enum(['access-entry', 'aws-auth'])
      .default('access-entry')
      .describe('What lets the role of its nodes in; in authentication mode CONFIG_MAP always the ConfigMap aws-auth'),
    clusterTag: z
      .boolean()
      .default(true)
      .describe(
        'Whether EKS tags its instances with aws:eks:cluster-name; of those that it does not manage nobody knows',
      ),
    instanceType: instanceType.describe('EC2 instance type; by default m7i.large'),
    launchesFrom: z
      .enum(['$Latest', '$Default', 'launch-configuration', 'mixed-instances', 'instance-requirements'])
      .optional()
      .describe('What it launches from; by default a numbered version of its launch template'),
    brokenImages: z
      .array(imageId)
      .default([])
      .describe('AMIs of which an instance fails its status checks, minutes after its launch'),
    absentImages: z
      .array(imageId)
      .default([])
      .describe('AMIs of which an instance comes into service, and never joins the cluster as a node'),
    terminationHooks: z
      .array(
        z.strictObject({
          name: name('Lifecycle hook', 255),
          heartbeatTimeout: z.int().min(30).max(7200).default(600).describe('Seconds'),
          defaultResult: z.enum(['ABANDON', 'CONTINUE']).default('CONTINUE').describe('What a time-out counts as'),
          drains: z.boolean().default(true).describe('Whether somebody drains, and completes it within minutes'),
        }),
      )
      .max(50)
      .default([])
      .describe('Lifecycle hooks on the termination of its instances'),
    warmPool: warmPool.optional(),
    recreatedAt: time('When somebody deletes its Auto Scaling group and makes it anew under its name').optional(),
    managedBy: z
      .string()
      .regex(SERVICE_PRINCIPAL)
      .optional()
      .describe('AWS service that alone may change its Auto Scaling group, its instances and their interfaces'),
    launchTemplateManagedBy: z
      .string()
      .regex(SERVICE_PRINCIPAL)
      .optional()
      .describe('AWS service that alone may change its launch template'),
    suspendedProcesses: z
      .array(z.enum(['Launch', 'Terminate', 'InstanceRefresh']))
      .default([])
      .describe('Processes of its Auto Scaling group that somebody has suspended'),
    scheduledEvents: z
      .array(
        z.strictObject({
          at: time('When EC2 announces it'),
          code: z
            .enum(['instance-retirement', 'instance-stop', 'instance-reboot', 'system-reboot', 'system-maintenance'])
            .describe('What EC2 is going to do'),
          notBefore: time('When it begins at the earliest'),
          node: z.int().min(0).default(0).describe('Which of its nodes, counted from 0, the oldest first'),
        }),
      )
      .max(20)
      .default([])
      .describe('Events that EC2 schedules for its instances'),
    spotInterruptions: z
      .array(
        z.strictObject({
          at: time('When EC2 warns of it, two minutes ahead'),
          node: z.int().min(0).default(0).describe('Which of its nodes, counted from 0, the oldest first'),
        }),
      )
      .max(20)
      .optional()
      .describe('Makes its nodes Spot Instances, of which EC2 takes these back'),
    rebalanceRecommendations: z
      .array(
        z.strictObject({
          at: time('When EC2 says that it may soon be taken back'),
          node: z.int().min(0).default(0).describe('Which of its nodes, counted from 0, the oldest first'),
        }),
      )
      .max(20)
      .optional()
      .describe('Makes its nodes Spot Instances, of which EC2 recommends to replace these'),
    capacityRebalance: z
      .boolean()
      .default(false)
      .describe('Whether its Auto Scaling group replaces such instances before they are taken back'),
    protectsInstances: z.boolean().default(false).describe('Whether its instances are protected from scale-in'),
    ssm,
    workloads,
    targetGroups,
    exposure,
  })
  .superRefine(({ size, maxSize = size, warmPool, launchesFrom = '' }, context) => {
    if (warmPool !== undefined && ['mixed-instances', 'instance-requirements'].includes(launchesFrom)) {
      context.addIssue({ code: 'custom', path: ['warmPool'], message: `not played with launchesFrom ${launchesFrom}` });
    }
    if (size > maxSize) {
      context.addIssue({ code: 'custom', path: ['size'], message: `${size} is above maxSize ${maxSize}` });
    }
  });
