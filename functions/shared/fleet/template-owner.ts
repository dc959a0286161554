import { BATCH_TAG } from './eks-group.ts';
import type { TemplateVersion } from './launch-templates.ts';

type Tags = Readonly<Record<string, string>>;

/** Tools that tag the launch templates that they make, by the prefix of a key. */
const TOOLS: ReadonlyArray<readonly [keyPrefix: string, tool: string]> = [
  // Only CloudFormation sets these tags, also on templates of CDK and eksctl.
  ['aws:cloudformation:', 'CloudFormation'],
  // Source: eksctl, pkg/apis/eksctl.io/v1alpha5/types.go.
  ['alpha.eksctl.io/', 'eksctl'],
  ['eksctl.cluster.k8s.io/', 'eksctl'],
  ['karpenter.sh/', 'Karpenter'],
  ['karpenter.k8s.aws/', 'Karpenter'],
  ['pulumi:', 'Pulumi'],
  ['crossplane-', 'Crossplane'],
  ['sigs.k8s.io/cluster-api-provider-aws/', 'Cluster API'],
  ['kops.k8s.io/', 'kOps'],
  // Source: aws-controllers-k8s/runtime, pkg/config, resource tags.
  ['services.k8s.aws/', 'ACK'],
  // "Its versions must not be modified". Source: Rancher, "EKS Cluster Configuration Reference".
  ['rancher-managed-template', 'Rancher'],
  [BATCH_TAG, 'AWS Batch'],
  // EKS tags its own copy for a managed node group.
  ['eks:', 'EKS'],
];

/** Names of tools, as people write them into keys and values of tags. Terraform itself sets none. */
const NAMED =
  /terraform|opentofu|terragrunt|pulumi|cloudformation|crossplane|ansible|eksctl|rancher|atlantis|spacelift|gitops|pipeline|\b(?:cdk|cfn|iac)\b/i;

/** Keys in which people name the tool that manages a resource. */
const MANAGED_BY =
  /^(?:.*[:/._-])?(?:managed|provisioned|created|deployed|maintained)[-_. ]?by$|^(?:provisioner|iac|iac[-_. ]?tool)$/i;

/**
 * The tool that keeps a launch template as code, by the template's tags. Undefined proves nothing, because Terraform
 * and Pulumi set no tags by themselves. A tag can only prevent a change of a template, and never allows one.
 */
export function codeOwnerOf(tags: Tags): string | undefined {
  for (const key of Object.keys(tags)) {
    const tool = TOOLS.find(([prefix]) => key.startsWith(prefix))?.[1];
    if (tool !== undefined) return inWords(tool, tags);
  }
  for (const [key, value] of Object.entries(tags)) {
    const named = (MANAGED_BY.test(key) ? NAMED.exec(value)?.[0] : undefined) ?? NAMED.exec(key)?.[0];
    if (named !== undefined) return `${named} (tag ${key}: ${value})`;
  }
  return undefined;
}

/**
 * Says that an AWS service operates a launch template: EC2 refuses a version of it to everybody else. Undefined where
 * none does. Source: EC2 API reference, OperatorResponse.
 */
export const operatedInWords = ({ operator, templateId }: TemplateVersion): string | undefined =>
  operator === undefined ? undefined : `${operator} operates its launch template ${templateId}.`;

/** The tool, with the stack's name where CloudFormation sets it. */
function inWords(tool: string, tags: Tags): string {
  const stack = tags['aws:cloudformation:stack-name'];
  return stack === undefined ? tool : `${tool}'s stack ${stack}`;
}
