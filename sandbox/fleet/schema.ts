import { ClusterStatus } from '@aws-sdk/client-eks';
import { z } from 'zod';
import { clusterIssue, controlPlaneUpdate, insight } from './schema-control-plane.ts';
import { change, otherInstance } from './schema-exposure.ts';
import { alarm, calendar } from './schema-gates.ts';
import { ownImage } from './schema-images.ts';
import { inspector } from './schema-inspector.ts';
import { karpenterNodeClass, karpenterNodePool } from './schema-karpenter.ts';
import { launch } from './schema-launches.ts';
import { network } from './schema-network.ts';
import { nodeGroup } from './schema-node-groups.ts';
import { fargateWorkload, hybridNode } from './schema-other-hosts.ts';
import { history, release } from './schema-releases.ts';
import { selfManagedGroup } from './schema-self-managed-groups.ts';
import { trouble } from './schema-trouble.ts';
import { kubernetesVersion, name, repeat, size, tags, time } from './schema-values.ts';
import { vpc } from './schema-vpc.ts';
import { ISO_PATTERN, parseIso } from './time.ts';

const accessEntry = z
  .strictObject({
    function: z.string().optional().describe('The role of this function of the stack, for example manage-ssm-agent'),
    principalArn: z.string().optional().describe('Or any other role or user'),
    kubernetesGroups: z.array(z.string()).default([]).describe('Kubernetes groups that it belongs to'),
    by: z
      .enum(['access-entry', 'aws-auth'])
      .default('access-entry')
      .describe(
        'Whether an access entry lets it in, or the ConfigMap aws-auth, as authentication mode CONFIG_MAP needs it',
      ),
  })
  .refine((entry) => (entry.function === undefined) !== (entry.principalArn === undefined), {
    path: ['function'],
    error: 'give either function or principalArn',
  });

const versionSupport = z.strictObject({
  version: kubernetesVersion,
  endOfStandardSupport: time('When standard support of it ends'),
  endOfExtendedSupport: time('When extended support of it ends'),
});

const cluster = z.strictObject({
  repeat,
  name: name('Name of the cluster', 100),
  version: kubernetesVersion.describe('Kubernetes version of its control plane'),
  status: z.enum(ClusterStatus).default('ACTIVE').describe('Status of the cluster at the start'),
  statusUntil: time('When that status gives way to ACTIVE; by default never').optional(),
  controlPlaneUpdates: z
    .array(controlPlaneUpdate)
    .default([])
    .describe('What somebody does to the control plane, in the order of time'),
  insights: z.array(insight).default([]).describe('What EKS’s upgrade insights say of it'),
  health: z.array(clusterIssue).default([]).describe('What EKS says is wrong with the cluster'),
  tags: tags.describe('Tags of the cluster'),
  supportType: z
    .enum(['STANDARD', 'EXTENDED'])
    .default('EXTENDED')
    .describe('Whether it goes on in extended support where standard support of its version ends'),
  certificateAuthority: z
    .strictObject({
      endsAt: time(
        'When its first certificate authority ends; by default ten years after the cluster was made',
      ).optional(),
      successorAt: time('When EKS adds a successor; by default never').optional(),
    })
    .optional()
    .describe('The certificate authority of its API server'),
  autoMode: z
    .strictObject({ instances: size.describe('Instances that EKS itself runs') })
    .optional()
    .describe('EKS Auto Mode: its instances belong to eks.amazonaws.com'),
  fargateProfiles: z.array(z.string().min(1)).default([]).describe('Names of its Fargate profiles'),
  fargateWorkloads: z
    .array(fargateWorkload)
    .default([])
    .describe('Deployments on Fargate, each pod on a node of its own; they belong to the first profile'),
  hybridNodes: z.boolean().default(false).describe('Whether it takes hybrid nodes'),
  hybridHosts: z.array(hybridNode).default([]).describe('Its hybrid nodes'),
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
  rbacEvictions: z.boolean().default(false).describe('Whether it was printed by `npm run -s rbac -- --evictions`'),
  rbacNodeClasses: z.boolean().default(false).describe('Whether it was printed by `npm run -s rbac -- --node-classes`'),
  rbacDrains: z.boolean().default(false).describe('Whether it was printed by `npm run -s rbac -- --drains`'),
  vpc,
  network: network
    .default('nat')
    .describe('How its nodes reach AWS: how their subnets lead out, and endpoints in the VPC'),
  nodeGroups: z.array(nodeGroup).default([]).describe('EKS managed node groups'),
  selfManagedGroups: z
    .array(selfManagedGroup)
    .default([])
    .describe('Auto Scaling groups whose nodes join the cluster by themselves'),
  karpenterNodePools: z.array(karpenterNodePool).default([]).describe('Node pools that Karpenter runs'),
  karpenterNodeClasses: z
    .array(karpenterNodeClass)
    .default([])
    .describe(
      'EC2NodeClasses of Karpenter. By default its custom resources are not in the API, and its nodes do not drift',
    ),
  karpenterVersion: z
    .enum(['v1', 'v1beta1'])
    .default('v1')
    .describe('The version of the custom resources of Karpenter in its API; others are not played, and are a 404'),
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
    .regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'expected a region such as eu-central-1')
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
  kubernetesVersions: z
    .array(versionSupport)
    .default([])
    .describe('Until when EKS supports Kubernetes versions; by default every version of a cluster for another year'),
  images: z.array(ownImage).default([]).describe('AMIs that are no releases of Amazon’s'),
  defaultHostManagement: z
    .enum(['none', 'role', 'on', 'role-gone', 'role-distrusts'])
    .default('none')
    .describe(
      'Default Host Management: never heard of, its role exists, or it is switched on; on, and its role was deleted since, or does not trust Systems Manager',
    ),
  eventualConsistency: z
    .boolean()
    .default(false)
    .describe(
      'Whether functions read what was true up to 30 s ago now and then, do not know yet what was just made, and meet empty pages before others, as on AWS',
    ),
  concurrentExecutions: z
    .int()
    .min(10)
    .max(10_000)
    .default(10)
    .describe("How many invocations of all functions Lambda runs at a time: a new account's 10, usually 1,000"),
  recursiveLoopDetection: z
    .boolean()
    .default(true)
    .describe('Whether Lambda counts how often one event has led to a function, and stops the chain, as on AWS'),
  missingServices: z
    .array(z.enum(['inspector2', 'securityhub']))
    .default([])
    .describe('Services that AWS does not offer in the region: their host names do not exist'),
  securityHub: z.boolean().default(true).describe('Whether Security Hub is switched on'),
  notOffered: z
    .array(
      z.strictObject({
        instanceType: z.string().describe('EC2 instance type'),
        zones: z.array(z.string()).min(1).describe('Availability Zones, such as eu-central-1a'),
      }),
    )
    .default([])
    .describe('Instance types that EC2 does not offer in some zones; it offers all others everywhere'),
  vcpuQuotas: z
    .partialRecord(
      z.enum(['Standard', 'F', 'G', 'Inf', 'P', 'X'].flatMap((name) => [`${name}/OnDemand`, `${name}/Spot`])),
      z.int().min(0),
    )
    .default({})
    .describe('How many vCPUs may run of a class of EC2 instances, such as Standard/OnDemand; default: 10,000 of each'),
  inspector: inspector.optional(),
  clusters: z.array(cluster).default([]).describe('EKS clusters'),
  launches: z.array(launch).default([]).describe('Instances that are launched during the run'),
  troubles: z
    .array(trouble)
    .default([])
    .describe('Calls about a cluster, a node group or parameters that fail for a while'),
  alarms: z.array(alarm).default([]).describe('CloudWatch alarms of the account, beside those of the stack'),
  calendars: z.array(calendar).default([]).describe('SSM Change Calendars'),
  changes: z.array(change).default([]).describe('What somebody does to workers during the run'),
});

/** A checked fleet, before its repetitions are spelled out. */
export type FleetFile = z.output<typeof fleetSchema>;
