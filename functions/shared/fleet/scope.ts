import type { Scope } from '../policy/policy.ts';
import { matchesWildcard } from '../text/wildcard.ts';

/**
 * A cluster, node group or instance with this tag is left alone, whatever the tag's value and whatever the policy says.
 */
export const OPT_OUT_TAG = 'eks-host-remediator:ignore';

/**
 * Marks an instance as quarantined, with the time when the quarantine began. The right to terminate instances requires
 * this tag.
 */
export const QUARANTINE_TAG = 'eks-host-remediator:quarantine';

/** Prefix of the tag's value where only public addresses were removed. Such a worker stays in service. */
const STRIPPED = 'stripped ';

/** @param since ISO 8601 */
export const quarantineTagValue = (kind: 'isolate' | 'strip', since: string): string =>
  kind === 'strip' ? `${STRIPPED}${since}` : since;

/** Whether the tag's value says that only public addresses were removed. */
export const isStripped = (value: string): boolean => value.startsWith(STRIPPED);

/** Whether the tags of an instance say that it is isolated. */
export const isIsolated = ({ [QUARANTINE_TAG]: value }: Readonly<Record<string, string>>): boolean =>
  value !== undefined && !isStripped(value);

export const isOptedOut = (tags: Readonly<Record<string, string>>): boolean => OPT_OUT_TAG in tags;

/** Whether the policy's allow-lists include a cluster of this account. */
export function isInScope({ clusters, accounts }: Scope, account: string, cluster: string): boolean {
  const clusterListed = clusters === undefined || clusters.some((pattern) => matchesWildcard(pattern, cluster));
  return clusterListed && (accounts === undefined || accounts.includes(account));
}
