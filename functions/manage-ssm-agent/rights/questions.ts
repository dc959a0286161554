import type { Question } from './judge.ts';

/** What an agent is known by to IAM. */
export interface AgentIdentity {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly instanceId: string;
  /** ARN of the role that it calls by; undefined where that is not known. */
  readonly roleArn: string | undefined;
}

/** What makes an agent appear, and ping, in Systems Manager. */
export const REGISTERS = 'ssm:UpdateInstanceInformation';

/**
 * What an agent calls all the time, by service: with these it registers and takes sessions and commands. Registering has
 * the instance as its resource, the channels have none (service authorization references of Systems Manager and of Session
 * Manager Message Gateway Service).
 */
const CALLS = {
  ssm: [REGISTERS],
  ssmmessages: ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'],
  ec2messages: ['ec2messages:GetMessages'],
} as const;

/** The questions that IAM is asked about an agent's calls of a service. */
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
