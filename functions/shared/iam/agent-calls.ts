import type { Question } from './judge.ts';
import type { Location } from './location.ts';

/** The identity of an agent of Systems Manager, as IAM sees it. */
export interface AgentIdentity extends Location {
  readonly instanceId: string;
  /** ARN of the role that the agent calls with; undefined where unknown. */
  readonly roleArn: string | undefined;
}

/** The call by which an agent registers with Systems Manager and pings it. */
export const REGISTERS = 'ssm:UpdateInstanceInformation';

/** The ARN of the agent's instance, which registering has as its resource. */
export const instanceArnOf = ({ partition, region, account, instanceId }: AgentIdentity): string =>
  `arn:${partition}:ec2:${region}:${account}:instance/${instanceId}`;

/**
 * The question for IAM about a call of an agent, with what is known of each of its requests. Source: IAM user guide, "AWS
 * global condition context keys".
 */
export function questionOf(agent: AgentIdentity, action: string, resource: string): Question {
  const { region, account, roleArn } = agent;
  const context = {
    'aws:principalaccount': account,
    'aws:requestedregion': region,
    'aws:securetransport': 'true',
    'aws:principaltype': 'AssumedRole',
    'aws:principalisawsservice': 'false',
    'aws:viaawsservice': 'false',
    'ec2:sourceinstancearn': instanceArnOf(agent),
    'ssm:sourceinstancearn': instanceArnOf(agent),
    ...(roleArn !== undefined && { 'aws:principalarn': roleArn }),
  };
  return { action, resource, context, principal: roleArn };
}
