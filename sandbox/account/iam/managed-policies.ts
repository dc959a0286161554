/**
 * An AWS managed policy, from its reference guide (docs.aws.amazon.com/aws-managed-policy/latest/reference/NAME.html).
 */
export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly document: object;
}

const everywhere = (Action: string[], Sid?: string) => ({
  ...(Sid === undefined ? {} : { Sid }),
  Effect: 'Allow',
  Action,
  Resource: '*',
});
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

const agent = [
  'ssm:DescribeAssociation',
  'ssm:GetDeployablePatchSnapshotForInstance',
  'ssm:GetDocument',
  'ssm:DescribeDocument',
  'ssm:GetManifest',
  'ssm:ListAssociations',
  'ssm:ListInstanceAssociations',
  'ssm:PutInventory',
  'ssm:PutComplianceItems',
  'ssm:PutConfigurePackageResult',
  'ssm:UpdateAssociationStatus',
  'ssm:UpdateInstanceAssociationStatus',
  'ssm:UpdateInstanceInformation',
];
const channels = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];
const legacyMessages = [
  'ec2messages:AcknowledgeMessage',
  'ec2messages:DeleteMessage',
  'ec2messages:FailMessage',
  'ec2messages:GetEndpoint',
  'ec2messages:GetMessages',
  'ec2messages:SendReply',
];

/** The rights that AWS's guide lists for an agent, for customer managed policies. */
export const AGENT_RIGHTS = policy(
  everywhere(['ssm:UpdateInstanceInformation', ...channels], 'Agent'),
  everywhere(legacyMessages, 'LegacyMessages'),
);

/** The AWS managed policies that worker nodes and their SSM agents have. */
export const AWS_MANAGED_POLICIES: readonly AwsManagedPolicy[] = [
  {
    name: 'AmazonEKSWorkerNodePolicy',
    path: '/',
    version: 'v3',
    createdAt: '2018-05-27T21:09:01Z',
    updatedAt: '2023-11-27T00:06:13Z',
    document: policy(
      everywhere(
        [
          'ec2:DescribeInstances',
          'ec2:DescribeInstanceTypes',
          'ec2:DescribeRouteTables',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVolumes',
          'ec2:DescribeVolumesModifications',
          'ec2:DescribeVpcs',
          'eks:DescribeCluster',
          'eks-auth:AssumeRoleForPodIdentity',
        ],
        'WorkerNodePermissions',
      ),
    ),
  },
  {
    name: 'AmazonEKSWorkerNodeMinimalPolicy',
    path: '/',
    version: 'v1',
    createdAt: '2024-10-02T20:03:51Z',
    updatedAt: '2024-10-02T20:03:51Z',
    document: policy(everywhere(['eks-auth:AssumeRoleForPodIdentity'], 'WorkerNodePermissions')),
  },
  {
    name: 'AmazonEC2ContainerRegistryPullOnly',
    path: '/',
    version: 'v1',
    createdAt: '2024-10-04T16:58:49Z',
    updatedAt: '2024-10-04T16:58:49Z',
    document: policy(
      everywhere([
        'ecr:GetAuthorizationToken',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchImportUpstreamImage',
      ]),
    ),
  },
  {
    name: 'AmazonEC2ContainerRegistryReadOnly',
    path: '/',
    version: 'v3',
    createdAt: '2015-12-21T17:04:15Z',
    updatedAt: '2019-12-10T20:56:32Z',
    document: policy(
      everywhere([
        'ecr:GetAuthorizationToken',
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:GetRepositoryPolicy',
        'ecr:DescribeRepositories',
        'ecr:ListImages',
        'ecr:DescribeImages',
        'ecr:BatchGetImage',
        'ecr:GetLifecyclePolicy',
        'ecr:GetLifecyclePolicyPreview',
        'ecr:ListTagsForResource',
        'ecr:DescribeImageScanFindings',
      ]),
    ),
  },
  {
    name: 'AmazonEKS_CNI_Policy',
    path: '/',
    version: 'v6',
    createdAt: '2018-05-27T21:07:42Z',
    updatedAt: '2026-03-04T19:12:14Z',
    document: policy(
      everywhere(
        [
          'ec2:AssignPrivateIpAddresses',
          'ec2:AttachNetworkInterface',
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeInstances',
          'ec2:DescribeTags',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeInstanceTypes',
          'ec2:DescribeSubnets',
          'ec2:DescribeSecurityGroups',
          'ec2:DetachNetworkInterface',
          'ec2:ModifyNetworkInterfaceAttribute',
          'ec2:UnassignPrivateIpAddresses',
        ],
        'AmazonEKSCNIPolicy',
      ),
      {
        Sid: 'AmazonEKSCNIPolicyENITag',
        Effect: 'Allow',
        Action: ['ec2:CreateTags'],
        Resource: ['arn:*:ec2:*:*:network-interface/*'],
      },
    ),
  },
  {
    name: 'AmazonSSMManagedInstanceCore',
    path: '/',
    version: 'v2',
    createdAt: '2019-03-15T17:22:12Z',
    updatedAt: '2019-05-23T16:54:21Z',
    document: policy(
      everywhere([...agent, 'ssm:GetParameter', 'ssm:GetParameters']),
      everywhere(channels),
      everywhere(legacyMessages),
    ),
  },
  {
    name: 'AmazonSSMManagedEC2InstanceDefaultPolicy',
    path: '/',
    version: 'v2',
    createdAt: '2022-08-30T20:54:27Z',
    updatedAt: '2024-07-16T18:14:07Z',
    document: policy(
      everywhere(agent, 'AllowSSMAgentPermissions'),
      everywhere(channels, 'AllowSSMChannelMessaging'),
      everywhere(legacyMessages, 'AllowSSMLegacyMessaging'),
    ),
  },
  {
    // Deprecated since 2019, but still attached to many roles.
    name: 'AmazonEC2RoleforSSM',
    path: '/service-role/',
    version: 'v8',
    createdAt: '2015-05-29T17:48:35Z',
    updatedAt: '2019-01-24T19:20:51Z',
    document: policy(
      everywhere([...agent, 'ssm:GetParameters']),
      everywhere(channels),
      everywhere(legacyMessages),
      everywhere(['cloudwatch:PutMetricData']),
      everywhere(['ec2:DescribeInstanceStatus']),
      everywhere(['ds:CreateComputer', 'ds:DescribeDirectories']),
      everywhere([
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
      ]),
      everywhere([
        's3:GetBucketLocation',
        's3:PutObject',
        's3:GetObject',
        's3:GetEncryptionConfiguration',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
      ]),
    ),
  },
];
