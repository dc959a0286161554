import { AMITypes, ClusterStatus, ErrorCode, NodegroupIssueCode, NodegroupStatus } from '@aws-sdk/client-eks';
import { z } from 'zod';
import { existsFor, wrongReleaseForm } from '../account/eks/ami-types.ts';
import { change, exposure, otherInstance } from './schema-exposure.ts';
import { inspector } from './schema-inspector.ts';
import { launch } from './schema-launches.ts';
import { network } from './schema-network.ts';
import { selfManagedGroup } from './schema-self-managed-groups.ts';
import { ssm } from './schema-ssm.ts';
import { targetGroups } from './schema-target-groups.ts';
import { trouble } from './schema-trouble.ts';
import {
  amiType,
  date,
  imageId,
  instanceType,
  kubernetesVersion,
  name,
  repeat,
  size,
  tags,
  time,
} from './schema-values.ts';
import { vpc } from './schema-vpc.ts';
import { workloads } from './schema-workloads.ts';
import { ISO_PATTERN, parseIso } from './time.ts';

const release = z
  .strictObject({
    at: time('When the release appears in the public parameters'),
    kubernetesVersion,
    amiType: amiType.optional().describe('The AMI type, when it is one'),
    amiTypes: z.array(amiType).min(1).optional().describe('The AMI types, when they are several'),
    releaseVersion: z.string().describe('As EKS names it: 1.33.4-20260714, 1.30.0-ca9b9399, 1.31-2025.01.15'),
    withdrawnAt: time('When AWS takes it back: the parameters then show what they showed before').optional(),
    stepsBackEvery: z
      .int()
      .min(2)
      .optional()
      .describe('Every so many hours the parameters show what they showed before, for an hour'),
  })
  .superRefine((value, context) => {
    const types = value.amiTypes ?? (value.amiType === undefined ? [] : [value.amiType]);
    if ((value.amiType === undefined) === (value.amiTypes === undefined)) {
      context.addIssue({ code: 'custom', path: ['amiType'], message: 'give either amiType or amiTypes' });
    }
    for (const type of types) {
      const example = wrongReleaseForm(type, value.kubernetesVersion, value.releaseVersion);
      if (!existsFor(type, value.kubernetesVersion)) {
        context.addIssue({
          code: 'custom',
          path: [value.amiType === undefined ? 'amiTypes' : 'amiType'],
          message: `${type} has no releases from Kubernetes 1.33 on`,
        });
      } else if (example !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['releaseVersion'],
          message: `not a release of ${type} for Kubernetes ${value.kubernetesVersion}; one reads ${example}`,
        });
      }
    }
  })
  .describe('One release of EKS-optimized AMIs');

const history = z
  .strictObject({
    history: z
      .literal('eks-ami-releases')
      .describe('The real EKS AMI releases of June 2025 to July 2026 (AL2 and AL2023)'),
    from: date('First day of the stretch that is replayed'),
    to: date('Last day of the stretch that is replayed'),
  })
  .describe('A stretch of real release history');

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

const nodeGroup = z
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
    capacityType: z.enum(['ON_DEMAND', 'SPOT']).default('ON_DEMAND').describe('How its instances are bought'),
    instanceType: instanceType.describe('EC2 instance type; by default one that fits the AMI type'),
    launchTemplate: z
      .strictObject({ imageId: imageId.optional().describe('The custom AMI: for amiType CUSTOM, and for no other') })
      .optional()
      .describe(
        'Of its owner, as eksctl and terraform-aws-eks make one; EKS then asks callers for rights to launch by it',
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
      })
      .default({ fails: [] })
      .describe('How its updates go'),
  })
  .superRefine((group, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const { minSize = 0, maxSize = Math.max(1, group.desiredSize), desiredSize } = group;
    if (desiredSize < minSize || desiredSize > maxSize) {
      refuse('desiredSize', `${desiredSize} is not between minSize ${minSize} and maxSize ${maxSize}`);
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

const accessEntry = z
  .strictObject({
    function: z.string().optional().describe('The role of this function of the stack, for example manage-ssm-agent'),
    principalArn: z.string().optional().describe('Or any other role or user'),
    kubernetesGroups: z.array(z.string()).default([]).describe('Kubernetes groups that it belongs to'),
  })
  .refine((entry) => (entry.function === undefined) !== (entry.principalArn === undefined), {
    path: ['function'],
    error: 'give either function or principalArn',
  });

const cluster = z.strictObject({
  repeat,
  name: name('Name of the cluster', 100),
  version: kubernetesVersion.describe('Kubernetes version of its control plane'),
  status: z.enum(ClusterStatus).default('ACTIVE').describe('Status of the cluster at the start'),
  statusUntil: time('When that status gives way to ACTIVE; by default never').optional(),
  tags: tags.describe('Tags of the cluster'),
  autoMode: z
    .strictObject({ instances: size.describe('Instances that EKS itself runs') })
    .optional()
    .describe('EKS Auto Mode: its instances belong to eks.amazonaws.com'),
  endpointPublicAccess: z.boolean().default(true).describe('Whether its API server answers on the Internet'),
  endpointPrivateAccess: z.boolean().default(true).describe('Whether its API server answers inside the VPC'),
  authenticationMode: z
    .enum(['API', 'API_AND_CONFIG_MAP', 'CONFIG_MAP'])
    .default('API_AND_CONFIG_MAP')
    .describe('Whether it knows access entries, its aws-auth ConfigMap, or both'),
  accessEntries: z.array(accessEntry).default([]).describe('Access entries besides those of node roles'),
  rbacApplied: z
    .boolean()
    .default(true)
    .describe('Whether the manifest that `npm run -s rbac` prints was applied to it'),
  vpc,
  network: network
    .default('nat')
    .describe('How its nodes reach AWS: how their subnets lead out, and endpoints in the VPC'),
  nodeGroups: z.array(nodeGroup).default([]).describe('EKS managed node groups'),
  selfManagedGroups: z
    .array(selfManagedGroup)
    .default([])
    .describe('Auto Scaling groups whose nodes join the cluster by themselves'),
  karpenterNodePools: z
    .array(
      z.strictObject({
        repeat,
        name: name('Name of the node pool', 63),
        size: size.default(2).describe('Nodes'),
        imageId: imageId.optional().describe('AMI of its nodes; by default the latest AL2023 AMI at the start'),
        instanceType: instanceType.describe('EC2 instance type; by default m7i.large'),
        ssm,
        exposure,
      }),
    )
    .default([])
    .describe('Node pools that Karpenter runs'),
  otherInstances: z.array(otherInstance).default([]).describe('Instances in its VPC that are no workers'),
});

/** A fleet file: what the account has at the start, and which AMI releases come. */
export const fleetSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; not read'),
  description: z.string().default('').describe('What this fleet shows'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'expected 12 digits')
    .default('111122223333')
    .describe('AWS account id'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region such as eu-central-1')
    .default('eu-central-1')
    .describe('AWS region'),
  startsAt: z
    .string()
    .regex(ISO_PATTERN, { error: 'expected an ISO 8601 time with a zone (2026-07-14T06:00:00Z)', abort: true })
    .refine((text) => parseIso(text) !== undefined, 'no such day or time in the calendar')
    .describe('Virtual time at the start, ISO 8601 with a zone'),
  windowsReleaseVersions: z
    .boolean()
    .default(false)
    .describe(
      'Whether a release_version parameter lies beside the image_id of Windows AMIs, which AWS doesn’t document',
    ),
  releases: z
    .array(z.union([release, history]))
    .default([])
    .describe('AMI releases, before the start and later'),
  defaultHostManagement: z
    .enum(['none', 'role', 'on'])
    .default('none')
    .describe('Default Host Management: never heard of, its role exists, or it is switched on'),
  eventualConsistency: z
    .boolean()
    .default(false)
    .describe(
      'Whether functions read what was true up to 30 s ago now and then, and do not know yet what was just made, as on AWS',
    ),
  securityHub: z.boolean().default(true).describe('Whether Security Hub is switched on'),
  inspector: inspector.optional(),
  clusters: z.array(cluster).default([]).describe('EKS clusters'),
  launches: z.array(launch).default([]).describe('Instances that are launched during the run'),
  troubles: z
    .array(trouble)
    .default([])
    .describe('Calls about a cluster, a node group or parameters that fail for a while'),
  changes: z.array(change).default([]).describe('What somebody does to workers during the run'),
});

/** A checked fleet, before its repetitions are spelled out. */
export type FleetFile = z.output<typeof fleetSchema>;
