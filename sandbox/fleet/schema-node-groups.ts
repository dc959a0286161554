import { AMITypes, ErrorCode, NodegroupIssueCode, NodegroupStatus } from '@aws-sdk/client-eks';
import { z } from 'zod';
import { exposure } from './schema-exposure.ts';
import { ssm } from './schema-ssm.ts';
import { targetGroups } from './schema-target-groups.ts';
import { imageId, instanceType, kubernetesVersion, name, repeat, size, tags, time, userData } from './schema-values.ts';
import { warmPool } from './schema-warm-pool.ts';
import { workloads } from './schema-workloads.ts';

const failure = z.strictObject({
  errorCode: z.enum(ErrorCode).describe('As DescribeUpdate names it, for example PodEvictionFailure'),
  errorMessage: z.string().optional().describe('By default what EKS says of it'),
  times: z.int().min(1).default(1).describe('So many updates fail with it, then the next entry counts, or none'),
  afterMinutes: z.number().min(0).default(20).describe('Minutes from the update’s start to its failure'),
  degrades: z.boolean().default(false).describe('Whether the group ends DEGRADED, with a health issue'),
});

const updateConfig = z
  .strictObject({
    maxUnavailable: z.int().min(1).max(100).optional().describe('So many nodes at a time'),
    maxUnavailablePercentage: z.int().min(1).max(100).optional().describe('Such a share of the nodes at a time'),
    updateStrategy: z
      .enum(['DEFAULT', 'MINIMAL'])
      .optional()
      .describe('Whether new nodes come before old ones go (DEFAULT) or after (MINIMAL)'),
  })
  .refine((value) => value.maxUnavailable === undefined || value.maxUnavailablePercentage === undefined, {
    path: ['maxUnavailable'],
    error: 'give either maxUnavailable or maxUnavailablePercentage',
  })
  .describe('As in EKS; by default one node at a time');

const issue = z.strictObject({
  code: z.enum(NodegroupIssueCode).describe('As DescribeNodegroup names it'),
  message: z.string().default('').describe('What EKS says of it'),
  resourceIds: z.array(z.string()).default([]).describe('Ids of the AWS resources that are concerned'),
});

export const nodeGroup = z
  .strictObject({
    repeat,
    name: name('Name of the managed node group', 63),
    amiType: z.enum(AMITypes).default('AL2023_x86_64_STANDARD').describe('CUSTOM needs a launchTemplate'),
    version: kubernetesVersion.optional().describe('Kubernetes version of its nodes; by default the cluster’s'),
    releaseVersion: z.string().optional().describe('Of its AMI; by default the latest at the start'),
    desiredSize: size.default(2).describe('Nodes'),
    minSize: size.optional().describe('By default 0'),
    maxSize: size.min(1).optional().describe('By default desiredSize, or 1'),
    updateConfig: updateConfig.optional(),
    nodeRepair: z
      .boolean()
      .default(false)
      .describe('Whether EKS replaces its nodes that are not Ready for half an hour (nodeRepairConfig)'),
    remoteAccess: z
      .strictObject({
        ec2SshKey: z.string().describe('Name of the key pair'),
        sourceSecurityGroups: z.array(z.string()).optional().describe('Without them port 22 is open to the world'),
      })
      .optional()
      .describe('As DescribeNodegroup gives it'),
    suspendedProcesses: z
      .array(z.enum(['Launch', 'Terminate']))
      .default([])
      .describe('Processes of its Auto Scaling group that somebody has suspended'),
    status: z.enum(NodegroupStatus).default('ACTIVE').describe('A group that is CREATING has no nodes yet'),
    statusUntil: time('When that status gives way to ACTIVE; by default never').optional(),
    recreatedAt: time('When somebody deletes it and makes it anew under its name').optional(),
    health: z.array(issue).default([]).describe('Health issues, as DescribeNodegroup gives them'),
    tags: tags.describe('Tags of the node group'),
    labels: z.record(z.string(), z.string()).default({}).describe('Kubernetes labels of its nodes'),
    capacityType: z
      .enum(['ON_DEMAND', 'SPOT', 'CAPACITY_BLOCK'])
      .default('ON_DEMAND')
      .describe('How its instances are bought'),
    instanceType: instanceType.describe('EC2 instance type; by default one that fits the AMI type'),
    launchTemplate: z
      .strictObject({
        imageId: imageId.optional().describe('The custom AMI: for amiType CUSTOM, and for no other'),
        keyName: z.string().min(1).optional().describe('The key pair that its instances are launched with'),
        userData,
        tags: tags.describe('Tags of the template, by which tools know what is theirs'),
      })
      .optional()
      .describe(
        'Of its owner, as eksctl and terraform-aws-eks make one; EKS then asks callers for rights to launch by it',
      ),
    warmPool: warmPool.optional(),
    launchHook: z
      .strictObject({
        heartbeatTimeout: z.int().min(30).max(7_200).default(1_800).describe('Seconds until it ends by itself'),
        defaultResult: z
          .enum(['ABANDON', 'CONTINUE'])
          .default('CONTINUE')
          .describe('What becomes of the instance then'),
      })
      .optional()
      .describe(
        'Hook of its Auto Scaling group on launches, which EKS completes once the node is Ready; by default none',
      ),
    ssm,
    workloads,
    targetGroups,
    exposure,
    updates: z
      .strictObject({
        minutesPerNode: z.number().positive().optional().describe('By default 3 to 6, drawn for each node'),
        fails: z.array(failure).default([]).describe('What its updates fail with, in this order'),
        whileDegraded: z
          .enum(['accepted', 'refused'])
          .optional()
          .describe('Whether EKS takes an update while the group is DEGRADED; by default drawn, AWS does not say'),
        terminatesStandby: z
          .boolean()
          .default(false)
          .describe('Whether an update ends members in standby, too: AWS does not say'),
        sameRelease: z
          .enum(['kept', 'replaced', 'refused'])
          .default('kept')
          .describe(
            'What an update to the release that the group runs does: it succeeds and keeps the nodes, replaces them, or is refused. AWS does not say',
          ),
      })
      .prefault({})
      .describe('How its updates go'),
  })
  .superRefine((group, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const { minSize = 0, maxSize = Math.max(1, group.desiredSize), desiredSize } = group;
    if (desiredSize < minSize || desiredSize > maxSize) {
      refuse('desiredSize', `${desiredSize} is not between minSize ${minSize} and maxSize ${maxSize}`);
    }
    // Source: EKS user guide, "Decrease latency for applications with long boot times using warm pools with managed node
    // groups", Considerations.
    if (group.warmPool !== undefined && group.amiType === 'CUSTOM') refuse('warmPool', 'EKS has none for custom AMIs');
    const { state, reuseOnScaleIn } = group.warmPool ?? {};
    if (group.amiType.startsWith('BOTTLEROCKET') && (state === 'Hibernated' || reuseOnScaleIn === true)) {
      refuse('warmPool', 'Bottlerocket neither hibernates, nor returns to its pool');
    }
    if ((group.amiType === 'CUSTOM') !== (group.launchTemplate?.imageId !== undefined)) {
      refuse('launchTemplate', 'amiType CUSTOM needs a launchTemplate with an imageId, and only CUSTOM may have that');
    }
    if (group.amiType !== 'CUSTOM' && group.ssm.osImage !== undefined) {
      refuse('ssm', 'only nodes of a custom AMI are told their osImage: that of another follows from its release');
    }
    if (group.amiType === 'CUSTOM' && group.releaseVersion !== undefined) {
      refuse('releaseVersion', 'a group with a custom AMI has no release version: EKS shows the AMI’s id');
    }
  });
