import type { Question } from '../../shared/iam/judge.ts';
import type { Location } from '../../shared/iam/location.ts';

/** The identity of an agent, as IAM sees it. */
export interface AgentIdentity extends Location {
  readonly instanceId: string;
  /** ARN of the role that the agent calls with; undefined where unknown. */
  readonly roleArn: string | undefined;
}

/** The call by which an agent registers with Systems Manager and pings it. */
export const REGISTERS = 'ssm:UpdateInstanceInformation';

/**
 * The calls that an agent makes all the time, by service: it registers, and takes sessions and commands. Registering
 * has the instance as its resource, the channels have none (service authorization references of Systems Manager and of
 * Session Manager Message Gateway Service).
 */
const CALLS = {
  ssm: [REGISTERS],
  ssmmessages: ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'],
  ec2messages: ['ec2messages:GetMessages'],
} as const;

/** The questions for IAM about an agent's calls of one service. */
export function questionsFor(service: keyof typeof CALLS, agent: AgentIdentity): Question[] {
  const { partition, region, account, instanceId, roleArn } = agent;
  const arn = `arn:${partition}:ec2:${region}:${account}:instance/${instanceId}`;
  const context = {
    'aws:principalaccount': account,
    'aws:requestedregion': region,
    'aws:securetransport': 'true',
    'aws:principaltype': 'AssumedRole',
    'aws:principalisawsservice': 'false',
    'aws:viaawsservice': 'false',
    'ec2:sourceinstancearn': arn,
    'ssm:sourceinstancearn': arn,
    ...(roleArn !== undefined && { 'aws:principalarn': roleArn }),
  };
  return CALLS[service].map((action) => ({
    action,
    resource: action === REGISTERS ? arn : '*',
    context,
    principal: roleArn,
  }));
}
