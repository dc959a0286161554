import type { ErrorCode, NodegroupIssueCode } from '@aws-sdk/client-eks';

/**
 * What ends an issue: `upgrade`, a newer AMI or template version may; `person`, somebody must act; `time`, it usually
 * passes by itself.
 */
export type Cure = 'upgrade' | 'person' | 'time';

interface Trouble {
  readonly cure: Cure;
  /** What to do, as a sentence. */
  readonly todo: string;
}

const upgrade = (todo: string): Trouble => ({ cure: 'upgrade', todo });
const person = (todo: string): Trouble => ({ cure: 'person', todo });
const time = (todo: string): Trouble => ({ cure: 'time', todo });

const NETWORK = 'Free addresses in the subnets of the node group, or replace it by one with other subnets.';
const REVERTED = 'Somebody changed what EKS manages. Undo the change; EKS then continues.';
const QUOTA = 'Ask AWS for a higher quota, or delete what is not used.';
const ROLE = 'Create the role, instance profile or permission that the message names again, with the same settings.';
const TEMPLATE = 'Create the launch template again, or replace the node group.';
// Causes: "Fixing a common cause of AccessDenied errors for managed node groups", EKS user guide, for eks:node-manager;
// "Nodes fail to join cluster" there, and terraform-aws-modules/terraform-aws-eks#2471 for Windows, for the node role.
const ACCESS =
  'Check that the node role has its access entry, or its mapping in aws-auth (on Windows with the group eks:kube-proxy-windows), and that the role bindings of eks:node-manager are there.';
const EVICTION = 'Look for a PodDisruptionBudget that allows no disruption, or for a pod with two budgets.';
const CREATION =
  'Look in the activities of the Auto Scaling group whether EC2 launched them: capacity, a quota or an AMI may be missing. If so, check the node role, the access entry, the network and the user data of new nodes.';

/** Every health issue in EKS's API model. EKS documents 16 of them (`Issue`); the others are judged by their names. */
const HEALTH_ISSUES: Readonly<Record<NodegroupIssueCode, Trouble>> = {
  AccessDenied: person(`The cluster refuses EKS or the nodes. ${ACCESS}`),
  AmiIdNotFound: upgrade('The AMI does not exist any more: an upgrade brings another one.'),
  AsgInstanceLaunchFailures: upgrade('Check capacity, quotas and the AMI: EC2 could not launch instances.'),
  AutoScalingGroupInstanceRefreshActive: time('An instance refresh runs on the Auto Scaling group of EKS: let it end.'),
  AutoScalingGroupInvalidConfiguration: person(REVERTED),
  AutoScalingGroupNotFound: person('The Auto Scaling group was deleted: replace the node group.'),
  AutoScalingGroupOptInRequired: person('Opt in to the service or zone that the message names.'),
  AutoScalingGroupRateLimitExceeded: time('EC2 Auto Scaling gets too many requests: find what sends them.'),
  ClusterUnreachable: person('EKS cannot reach the API server. Look for webhooks and network rules that block it.'),
  Ec2InstanceTypeDoesNotExist: upgrade('Name an instance type that exists in the region.'),
  Ec2LaunchTemplateDeletionFailure: person(TEMPLATE),
  Ec2LaunchTemplateInvalidConfiguration: upgrade('Correct the launch template, as a new version.'),
  Ec2LaunchTemplateMaxLimitExceeded: time(QUOTA),
  Ec2LaunchTemplateNotFound: person(TEMPLATE),
  Ec2LaunchTemplateVersionMaxLimitExceeded: time(QUOTA),
  Ec2LaunchTemplateVersionMismatch: person(REVERTED),
  Ec2SecurityGroupDeletionFailure: person('Remove the security group from what still uses it.'),
  Ec2SecurityGroupNotFound: person('Create the security group again, or replace the node group.'),
  Ec2SubnetInvalidConfiguration: person('Let the subnets hand out the addresses that nodes need.'),
  Ec2SubnetListTooLong: person('Replace the node group by one with fewer subnets.'),
  Ec2SubnetMissingIpv6Assignment: person('Let the subnets assign IPv6 addresses.'),
  Ec2SubnetNotFound: person('Create the subnet again, or replace the node group.'),
  IamInstanceProfileNotFound: person(ROLE),
  IamLimitExceeded: person(QUOTA),
  IamNodeRoleNotFound: person(ROLE),
  IamThrottling: time('IAM gets too many requests: find what sends them.'),
  InstanceLimitExceeded: time(QUOTA),
  InsufficientFreeAddresses: time(NETWORK),
  InternalFailure: time('If it stays, ask AWS Support.'),
  KubernetesLabelInvalid: person('Correct the label of the node group that the message names.'),
  LimitExceeded: time(QUOTA),
  NodeCreationFailure: upgrade(CREATION),
  NodeTerminationFailure: time('Check the instance that does not terminate.'),
  PodEvictionFailure: time(EVICTION),
  SourceEc2LaunchTemplateNotFound: person(TEMPLATE),
  Unknown: time('If it stays, ask AWS Support.'),
};

/** Every error code of an update in EKS's API model. Source: "Managed node group errors", EKS user guide. */
const UPDATE_ERRORS: Readonly<Record<ErrorCode, Trouble>> = {
  AccessDenied: person(`The cluster refuses EKS or the nodes. ${ACCESS}`),
  AdmissionRequestDenied: person('An admission webhook refused what EKS wrote. Check its rules.'),
  ClusterUnreachable: person('EKS cannot reach the API server. Look for webhooks and network rules that block it.'),
  ConfigurationConflict: person('Another client owns a field that EKS sets. Let that client give it up.'),
  EniLimitReached: person('The quota of network interfaces is reached: ask for a higher one.'),
  InsufficientFreeAddresses: time(`The subnets have too few free addresses for the new nodes. ${NETWORK}`),
  InsufficientNumberOfReplicas: person('The named workload has too few replicas to lose one. Give it more.'),
  IpNotAvailable: time(`The subnets have no free address for the new nodes. ${NETWORK}`),
  K8sResourceNotFound: person('Create the named Kubernetes object again.'),
  NodeCreationFailure: upgrade(`New nodes did not come up, or did not join the cluster. ${CREATION}`),
  OperationNotPermitted: person('Check the service-linked role of EKS node groups, and service control policies.'),
  PodEvictionFailure: time(`A pod could not be evicted within 15 minutes. ${EVICTION}`),
  SecurityGroupNotFound: person('Create the security group again, or replace the node group.'),
  SubnetNotFound: person('Create the subnet again, or replace the node group.'),
  Unknown: time('EKS names no cause: if it stays, ask AWS Support.'),
  UnsupportedAddonModification: person('Update the add-on first.'),
  VpcIdNotFound: person('The VPC does not exist any more: replace the cluster.'),
};

/** The class of a code that is newer than this table. Doubt means that somebody should look. */
const UNKNOWN = person('Look the code up in the EKS user guide.');

const issues: ReadonlyMap<string, Trouble> = new Map(Object.entries(HEALTH_ISSUES));
const errors: ReadonlyMap<string, Trouble> = new Map(Object.entries(UPDATE_ERRORS));

/** A health issue by its code, such as `AmiIdNotFound`. */
export const issueOf = (code: string): Trouble => issues.get(code) ?? UNKNOWN;

/** Whether a health issue's code is in the table. */
export const isIssueKnown = (code: string): boolean => issues.has(code);

/** An update's error by its code, including health issues that EKS reports there; undefined for an unknown code. */
export const updateErrorOf = (code: string): Trouble | undefined => errors.get(code) ?? issues.get(code);
