import type { Answer, Verdict } from './judge.ts';
import { judge } from './judge.ts';
import type { Statement } from './policy-statements.ts';
import { type AgentIdentity, questionsFor, REGISTERS } from './questions.ts';

/** A policy or permissions boundary of a role. */
export interface RolePolicy {
  /** Name of the policy in sentences. */
  readonly name: string;
  /** Undefined when the policy cannot be understood. */
  readonly statements: readonly Statement[] | undefined;
}

/** Everything that determines what a role may do, except service control policies, which the account cannot read. */
export interface RolePolicies {
  readonly roleArn: string;
  readonly policies: readonly RolePolicy[];
  readonly boundary?: RolePolicy;
  /** Its trust policy does not let the service assume it that gives agents its credentials: no agent gets them. */
  readonly distrusts?: true;
  /** Stays the same as long as none of the policies changes. */
  readonly fingerprint: string;
}

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
    .map((question) => {
      const ofPolicies = role.policies.map((policy) => ({ policy, verdict: judge(policy.statements, question) }));
      const ofBoundary = role.boundary && judge(role.boundary.statements, question);
      return { action: question.action, ...rightTo(question.action, ofPolicies, role.boundary, ofBoundary) };
    });
  const worst = (answer: Answer) => verdicts.find((verdict) => verdict.answer === answer);
  const decisive = worst('no') ?? worst('unsure');
  return {
    allows: decisive?.answer ?? 'yes',
    registers: verdicts.find(({ action }) => action === REGISTERS)?.answer ?? 'unsure',
    ...(decisive?.why !== undefined && { why: decisive.why }),
    forbidden: verdicts.some((verdict) => verdict.forbidden),
  };
}

interface Right {
  readonly answer: Answer;
  readonly why?: string;
  readonly forbidden: boolean;
}

interface Judged {
  readonly policy: RolePolicy;
  readonly verdict: Verdict;
}

function rightTo(action: string, judged: readonly Judged[], boundary: RolePolicy | undefined, bounds?: Verdict): Right {
  const denied = judged.find(({ verdict }) => verdict.denied === 'yes');
  if (denied !== undefined)
    return { answer: 'no', why: `policy ${denied.policy.name} denies ${action}`, forbidden: true };
  if (bounds !== undefined && (bounds.denied === 'yes' || bounds.allowed === 'no')) {
    return { answer: 'no', why: `permissions boundary ${boundary?.name} does not allow ${action}`, forbidden: true };
  }
  const mayDeny = judged.find(({ verdict }) => verdict.denied === 'unsure');
  const mayBound = bounds !== undefined && (bounds.denied === 'unsure' || bounds.allowed === 'unsure');
  const forbidden = mayDeny !== undefined || mayBound;
  if (judged.every(({ verdict }) => verdict.allowed === 'no')) return { answer: 'no', forbidden };
  if (mayDeny !== undefined) {
    return {
      answer: 'unsure',
      why: doubtAbout(`whether policy ${mayDeny.policy.name} denies ${action}`, mayDeny.verdict),
      forbidden,
    };
  }
  if (mayBound) {
    return {
      answer: 'unsure',
      why: doubtAbout(`whether permissions boundary ${boundary?.name} allows ${action}`, bounds),
      forbidden,
    };
  }
  if (judged.some(({ verdict }) => verdict.allowed === 'yes')) return { answer: 'yes', forbidden };
  const mayAllow = judged.find(({ verdict }) => verdict.allowed === 'unsure');
  const why = doubtAbout(`whether policy ${mayAllow?.policy.name} allows ${action}`, mayAllow?.verdict);
  return { answer: 'unsure', why, forbidden };
}

const doubtAbout = (what: string, verdict: Verdict | undefined): string => {
  const keys = verdict?.unknownKeys ?? [];
  return keys.length === 0
    ? `${what} cannot be told`
    : `${what} hangs on ${keys.join(', ')}, which only a request shows`;
};
