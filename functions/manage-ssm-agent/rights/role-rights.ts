import { type AgentIdentity, REGISTERS } from '../../shared/iam/agent-calls.ts';
import type { Answer } from '../../shared/iam/judge.ts';
import { type Right, type RolePolicies, rightTo } from '../../shared/iam/role-policies.ts';
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
  const first = (answer: Answer, isForbidden: boolean) =>
    verdicts.find((verdict) => verdict.answer === answer && (verdict.forbidden || !isForbidden));
  const decisive = first('no', true) ?? first('no', false) ?? first('unsure', true) ?? first('unsure', false);
  const why = whyOf(decisive, first('unsure', true));
  return {
    allows: decisive?.answer ?? 'yes',
    registers: verdicts.find(({ action }) => action === REGISTERS)?.answer ?? 'unsure',
    ...(why !== undefined && { why }),
    forbidden: verdicts.some((verdict) => verdict.forbidden),
  };
}

type Verdict = Right & { readonly action: string };

/**
 * What decides, and what would make a policy more useless, as a clause: only a person can end that.
 * @param mayForbid what another policy may not change
 */
function whyOf(decisive: Verdict | undefined, mayForbid: Verdict | undefined): string | undefined {
  if (decisive?.answer !== 'no' || decisive.forbidden || mayForbid === undefined) return decisive?.why;
  return `no policy allows ${decisive.action}, and ${mayForbid.why}`;
}
