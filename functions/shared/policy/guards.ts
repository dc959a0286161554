import type { Owner } from '../fleet/owners.ts';
import { isInScope, isOptedOut } from '../fleet/scope.ts';
import type { DecisionKind } from '../records/record.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import { codeIn } from '../runtime/aws-error.ts';
import type { Mode } from './mode.ts';
import { type InvalidPolicy, isInvalid, type PolicyWith, type Sections } from './policy.ts';

/** What keeps a function from acting on a subject. */
export interface GuardResult {
  readonly decision: DecisionKind;
  readonly reason: SharedReason;
  readonly message: string;
  /** Tells results with the same reason apart. */
  readonly variant: string;
}

type Tags = Readonly<Record<string, string>>;

/** What guards need to know about a subject. An unread member stops nothing, because whoever acts has read it. */
export interface Guarded {
  readonly cluster: string;
  /** The tags of each resource that can opt out, by its name at the beginning of a sentence: `The instance`. */
  readonly tags: Readonly<Record<string, Tags>>;
  /** Why the subject is not an EKS worker after all. */
  readonly notAWorker?: string | undefined;
  /** The claim of its tags, where nothing that others cannot set proves it. */
  readonly onlyClaims?: string | undefined;
  /** Why its owner could not be read: `Code: message`. */
  readonly unreadable?: string | undefined;
}

/** The limits that a function's own section of the policy sets. */
export interface Remedy<Policy> {
  readonly modeIn: (policy: Policy) => Mode | 'enforce' | 'off';
  /** What the section is about, at the end of a sentence: `upgrades`. */
  readonly about: string;
}

interface Circumstances<Policy> {
  readonly policy: Policy | InvalidPolicy;
  readonly account: string;
}

/** The result of the guards: one that stops the act, or the valid policy where none does. */
export type Verdict<Policy> = { readonly guardResult: GuardResult } | { readonly policy: Policy };

/**
 * Whether a subject is to be left alone; a pure function that precedes every act of every function. All functions check
 * in the same order: what the owner wants, what the policy says, what the subject is, and finally doubt. An opt-out
 * holds whatever the policy says, even when the policy cannot be read. Mode `observe` is not a guard: the decision says
 * what would be done.
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
  // Nobody knows whether the owner opted out, so nothing is done.
  if (unreadable !== undefined) return stopped('failed', 'unreadable', unreadable, codeIn(unreadable));
  return verdict;
}

/** The guards for a worker. Without `owner`, only those that need no call to EKS. */
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

/** The guards for an Auto Scaling group that EKS does not manage. */
export const guardOfSelfManaged = <Policy extends PolicyWith<Sections>>(
  {
    key,
    owner,
    group,
    unreadable,
  }: {
    readonly key: { readonly cluster: string };
    readonly owner: Owner;
    readonly group: { readonly tags: Tags };
    /** Why the group itself could not be read. */
    readonly unreadable?: string | undefined;
  },
  circumstances: Circumstances<Policy>,
  remedy: Remedy<Policy>,
): Verdict<Policy> =>
  guardOf(
    {
      cluster: key.cluster,
      tags: { 'The Auto Scaling group': group.tags, 'Its cluster': owner.tags },
      notAWorker: owner.notAWorker,
      onlyClaims: owner.onlyClaims,
      unreadable: owner.unreadable ?? unreadable,
    },
    circumstances,
    remedy,
  );

/** The guards that concern no subject: whether the policy lets the function act at all. */
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
