import { type Answer, judge, type Question, type Verdict } from './judge.ts';
import type { Statement } from './policy-statements.ts';

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

/** What a role allows of one call. */
export interface Right {
  readonly answer: Answer;
  /** What denies it, or what is uncertain: a clause. */
  readonly why?: string;
  /** Whether another policy would change nothing, because a Deny or a boundary denies it, or may deny it. */
  readonly forbidden: boolean;
}

interface Judged {
  readonly policy: RolePolicy;
  readonly verdict: Verdict;
}

/** Judges one call by all policies of a role, as IAM does; a pure function. */
export function rightTo(question: Question, { policies, boundary }: RolePolicies): Right {
  const { action } = question;
  const judged = policies.map((policy): Judged => ({ policy, verdict: judge(policy.statements, question) }));
  const bounds = boundary && judge(boundary.statements, question);
  const denied = judged.find(({ verdict }) => verdict.denied === 'yes');
  if (denied !== undefined)
    return { answer: 'no', why: `policy ${denied.policy.name} denies ${action}`, forbidden: true };
  if (bounds !== undefined && (bounds.denied === 'yes' || bounds.allowed === 'no')) {
    return { answer: 'no', why: `permissions boundary ${boundary?.name} does not allow ${action}`, forbidden: true };
  }
  const mayDeny = judged.find(({ verdict }) => verdict.denied === 'unsure');
  const mayBound = bounds !== undefined && (bounds.denied === 'unsure' || bounds.allowed === 'unsure');
  const doubt =
    mayDeny !== undefined
      ? doubtAbout(`whether policy ${mayDeny.policy.name} denies ${action}`, mayDeny.verdict)
      : mayBound
        ? doubtAbout(`whether permissions boundary ${boundary?.name} allows ${action}`, bounds)
        : undefined;
  const forbidden = doubt !== undefined;
  if (judged.every(({ verdict }) => verdict.allowed === 'no')) {
    return { answer: 'no', ...(forbidden && { why: `no policy allows ${action}, and ${doubt}` }), forbidden };
  }
  if (forbidden) return { answer: 'unsure', why: doubt, forbidden };
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
