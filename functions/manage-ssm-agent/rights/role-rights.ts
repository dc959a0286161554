import { type AgentIdentity, REGISTERS } from '../../shared/iam/agent-calls.ts';
import type { Answer } from '../../shared/iam/judge.ts';
import { type RolePolicies, rightTo } from '../../shared/iam/role-policies.ts';
import { questionsFor } from './questions.ts';

/** Whether a role gives an agent the rights it needs. */
export interface RoleRights {
  readonly allows: Answer;
  /** Whether the role lets the agent register. An agent that has answered before needs only this. */
  readonly registers: Answer;
  /** What denies the rights, or what is uncertain: a clause. */
  readonly why?: string;
  /** Whether another policy would change nothing, because a Deny or a boundary denies the rights, or may deny them. */
  readonly forbidden: boolean;
}

/** Judges the policies of a role for one agent; a pure function. */
export function roleRights(role: RolePolicies, agent: AgentIdentity): RoleRights {
  const verdicts = (['ssm', 'ssmmessages'] as const)
    .flatMap((service) => questionsFor(service, agent))
    .map((question) => ({ action: question.action, ...rightTo(question, role) }));
  const worst = (answer: Answer) => verdicts.find((verdict) => verdict.answer === answer);
  const decisive = worst('no') ?? worst('unsure');
  return {
    allows: decisive?.answer ?? 'yes',
    registers: verdicts.find(({ action }) => action === REGISTERS)?.answer ?? 'unsure',
    ...(decisive?.why !== undefined && { why: decisive.why }),
    forbidden: verdicts.some((verdict) => verdict.forbidden),
  };
}
