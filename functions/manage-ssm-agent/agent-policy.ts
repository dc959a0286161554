import type { NodeRole } from './observation.ts';

/**
 * Policies of AWS that give an agent what it needs. The first is the narrowest that AWS keeps for agents, and the default:
 * `AmazonSSMManagedInstanceCore` also lets whoever gets hold of the role, a pod that reaches the metadata service for one,
 * read every parameter of the account that no key protects (`ssm:GetParameter` on `*`).
 *
 * What needs more: Inspector's deep inspection of Linux asks for `ssm:GetParameter` beside `ssm:PutInventory` (Inspector
 * user guide, "Deep inspection"), which `AmazonSSMManagedInstanceCore` has; sessions that are logged or encrypted need
 * rights on S3, CloudWatch Logs or KMS, which neither has.
 */
export const AGENT_POLICIES = ['AmazonSSMManagedEC2InstanceDefaultPolicy', 'AmazonSSMManagedInstanceCore'] as const;
export type AgentPolicy = (typeof AGENT_POLICIES)[number];

/** The ARN of the policy, in the partition of the role. */
export const policyArn = ({ arn }: NodeRole, policy: AgentPolicy = AGENT_POLICIES[0]): string =>
  `arn:${arn.split(':')[1] || 'aws'}:iam::aws:policy/${policy}`;

/** The command that takes the policy off again. */
export const undoing = (role: NodeRole, policy: AgentPolicy): string =>
  `aws iam detach-role-policy --role-name ${role.name} --policy-arn ${policyArn(role, policy)}`;
