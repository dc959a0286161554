import type { NodeRole } from './observation.ts';

/**
 * AWS managed policies that give an agent the rights it needs. The first one is the narrowest that AWS maintains for
 * agents, and the default. `AmazonSSMManagedInstanceCore` also allows `ssm:GetParameter` on `*`: whoever obtains the
 * role's credentials, such as a pod that reaches the metadata service, can then read every parameter of the account
 * that no key protects.
 *
 * Some features need more. Inspector's deep inspection of Linux needs `ssm:GetParameter` and `ssm:PutInventory`
 * (Inspector user guide, "Deep inspection"), which `AmazonSSMManagedInstanceCore` grants. Logged or encrypted sessions
 * need rights on S3, CloudWatch Logs or KMS, which neither policy grants.
 */
export const AGENT_POLICIES = ['AmazonSSMManagedEC2InstanceDefaultPolicy', 'AmazonSSMManagedInstanceCore'] as const;
export type AgentPolicy = (typeof AGENT_POLICIES)[number];

/** ARN of the policy, in the partition of the role. */
export const policyArn = ({ arn }: NodeRole, policy: AgentPolicy = AGENT_POLICIES[0]): string =>
  `arn:${arn.split(':')[1] || 'aws'}:iam::aws:policy/${policy}`;

/** The command that detaches the policy again. */
export const undoing = (role: NodeRole, policy: AgentPolicy): string =>
  `aws iam detach-role-policy --role-name ${role.name} --policy-arn ${policyArn(role, policy)}`;
