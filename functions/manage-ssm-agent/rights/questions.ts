import { type AgentIdentity, instanceArnOf, questionOf, REGISTERS } from '../../shared/iam/agent-calls.ts';
import type { Question } from '../../shared/iam/judge.ts';

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
export const questionsFor = (service: keyof typeof CALLS, agent: AgentIdentity): Question[] =>
  CALLS[service].map((action) => questionOf(agent, action, action === REGISTERS ? instanceArnOf(agent) : '*'));
