import type { Owner } from '../../shared/fleet/owners.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { InvalidPolicy } from '../../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../../shared/policy/policy-at.ts';
import { type Policy, READS } from '../policy.ts';

/** What of a group its place depends on. */
interface Located {
  readonly key: NodeGroupKey;
  readonly owner: Owner;
  readonly group: { readonly tags: Readonly<Record<string, string>> };
}

/** The policy that holds for a group; a pure function. */
export const policyHere = (policy: Policy | InvalidPolicy, { key, owner, group }: Located): Policy | InvalidPolicy =>
  policyAt<typeof READS, Policy>(policy, placeOfGroup(key, owner, group.tags), READS);
