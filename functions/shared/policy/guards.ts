import type { Owner } from '../fleet/owners.ts';
import { codeIn } from '../fleet/reading.ts';
import { isInScope, isOptedOut } from '../fleet/scope.ts';
import type { DecisionKind } from '../records/record.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import type { Mode } from './mode.ts';
import { type InvalidPolicy, isInvalid, type PolicyWith, type Sections } from './policy.ts';

/** What keeps a subject from being acted upon. */
export interface GuardResult {
  readonly decision: DecisionKind;
  readonly reason: SharedReason;
  readonly message: string;
  /** Tells one result from another of the same reason. */
  readonly variant: string;
}

type Tags = Readonly<Record<string, string>>;

/** What guards ask of a subject. Whatever has not been read stops nobody: who acts has read it. */
export interface Guarded {
  readonly cluster: string;
  /** The tags of what can opt out, by what it is called at the head of a sentence: `The instance`. */
  readonly tags: Readonly<Record<string, Tags>>;
  /** Why it is no EKS worker after all. */
  readonly notAWorker?: string | undefined;
  /** What its tags claim, where nothing that others cannot set bears it out. */
  readonly onlyClaims?: string | undefined;
  /** Why AWS would not tell whose it is: `Code: message`. */
  readonly unreadable?: string | undefined;
}

/** How a function's own section bounds it. */
export interface Remedy<Policy> {
  readonly modeIn: (policy: Policy) => Mode | 'enforce' | 'off';
  /** What the section is about, at the end of a sentence: `upgrades`. */
  readonly about: string;
}

interface Circumstances<Policy> {
  readonly policy: Policy | InvalidPolicy;
  readonly account: string;
}

/** A guard speaks against acting; or none does, and the policy is a good one. */
export type Verdict<Policy> = { readonly guardResult: GuardResult } | { readonly policy: Policy };

/**
 * Whether a subject is to be left alone; a pure function that stands before every act of every function. The order is one
 * for all: what its owner wants, what the policy says, what it is, and at last doubt. An opt-out holds whatever the policy
 * says, also where nobody can read it. Mode `observe` is no guard: what would be done is for the decision to say.
 */
export function guardOf<Policy extends PolicyWith<Sections>>(
  subject: Guarded,
  circumstances: Circumstances<Policy>,
  remedy: Remedy<Policy>,
): Verdict<Policy> {
  for (const [what, tags] of Object.entries(subject.tags)) {
    if (isOptedOut(tags)) return stopped('skipped', 'opted-out', `${what} opted out by its tag.`);
  }
  const verdict = policyGuardOf(circumstances, remedy);
  if ('guardResult' in verdict) return verdict;
  const { cluster, notAWorker, onlyClaims, unreadable } = subject;
  if (!isInScope(verdict.policy.scope, circumstances.account, cluster)) {
    return stopped('skipped', 'out-of-scope', `The scope leaves out ${cluster}.`);
  }
  if (notAWorker !== undefined) return stopped('skipped', 'unknown-cluster', notAWorker);
  if (onlyClaims !== undefined) return stopped('refused', 'claims-to-be-worker', onlyClaims);
  // Whether its owner opted out, nobody knows: doubt means no.
  if (unreadable !== undefined) return stopped('failed', 'unreadable', unreadable, codeIn(unreadable));
  return verdict;
}

/** The same for a worker. Without `owner`, what can be told without asking EKS. */
export const guardOfWorker = <Policy extends PolicyWith<Sections>>(
  { cluster, tags, owner }: { readonly cluster: string; readonly tags: Tags; readonly owner?: Owner | undefined },
  circumstances: Circumstances<Policy>,
  remedy: Remedy<Policy>,
): Verdict<Policy> =>
  guardOf(
    {
      cluster,
      tags: { 'The instance': tags, 'Its cluster or node group': owner?.tags ?? {} },
      notAWorker: owner?.notAWorker,
      onlyClaims: owner?.onlyClaims,
      unreadable: owner?.unreadable,
    },
    circumstances,
    remedy,
  );

/** The guards that ask of no subject: whether the policy lets the function act at all. */
export function policyGuardOf<Policy extends PolicyWith<Sections>>(
  { policy }: Pick<Circumstances<Policy>, 'policy'>,
  { modeIn, about }: Remedy<Policy>,
): Verdict<Policy> {
  if (isInvalid(policy)) return stopped('refused', 'policy-invalid', policy.error, policy.error);
  if (policy.killSwitch) return stopped('skipped', 'kill-switch', 'The kill switch is on.');
  if (modeIn(policy) === 'off') return stopped('skipped', 'mode-off', `Mode is off for ${about}.`);
  return { policy };
}

const stopped = (
  decision: DecisionKind,
  reason: SharedReason,
  message: string,
  variant = '',
): { readonly guardResult: GuardResult } => ({ guardResult: { decision, reason, message, variant } });
