type Tags = Readonly<Record<string, string>>;

/** Tools that set tags of their own on the launch templates that they make, by the beginning of a key. */
const TOOLS: ReadonlyArray<readonly [keyPrefix: string, tool: string]> = [
  // Only CloudFormation sets these: CDK's and eksctl's templates have them, too.
  ['aws:cloudformation:', 'CloudFormation'],
  // eksctl's pkg/apis/eksctl.io/v1alpha5/types.go
  ['alpha.eksctl.io/', 'eksctl'],
  ['eksctl.cluster.k8s.io/', 'eksctl'],
  ['karpenter.sh/', 'Karpenter'],
  ['karpenter.k8s.aws/', 'Karpenter'],
  ['pulumi:', 'Pulumi'],
  ['crossplane-', 'Crossplane'],
  ['sigs.k8s.io/cluster-api-provider-aws/', 'Cluster API'],
  ['kops.k8s.io/', 'kOps'],
  // EKS's own copy for a managed node group.
  ['eks:', 'EKS'],
];

/** Names of tools, as people write them into keys and values of tags: Terraform sets none by itself. */
const NAMED =
  /terraform|opentofu|terragrunt|pulumi|cloudformation|crossplane|ansible|eksctl|atlantis|spacelift|gitops|pipeline|\b(?:cdk|cfn|iac)\b/i;

/** Keys in which people say by whom a resource is managed. */
const MANAGED_BY =
  /^(?:.*[:/._-])?(?:managed|provisioned|created|deployed|maintained)[-_. ]?by$|^(?:provisioner|iac|iac[-_. ]?tool)$/i;

/**
 * Which tool keeps a launch template as code, by the template's tags; undefined where none says so, which proves nothing:
 * Terraform and Pulumi set no tags by themselves. A tag keeps us from changing a template and never lets us.
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

/** The stack's name beside the tool, where CloudFormation tells it. */
function inWords(tool: string, tags: Tags): string {
  const stack = tags['aws:cloudformation:stack-name'];
  return stack === undefined ? tool : `${tool}'s stack ${stack}`;
}
