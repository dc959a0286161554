import type { Scope } from '../policy/policy.ts';
import { matchesWildcard } from '../text/wildcard.ts';

/** A cluster, node group or instance with this tag is left alone, whatever its value and whatever the policy says. */
export const OPT_OUT_TAG = 'eks-host-remediator:ignore';

/** Says of an instance since when it is in quarantine. The right to terminate it is bound to this tag. */
export const QUARANTINE_TAG = 'eks-host-remediator:quarantine';

/** What the tag's value begins with where only public addresses were taken off: such a worker goes on serving. */
const STRIPPED = 'stripped ';

/** @param since ISO 8601 */
export const quarantineTagValue = (kind: 'isolate' | 'strip', since: string): string =>
  kind === 'strip' ? `${STRIPPED}${since}` : since;

/** Whether the value of the tag says that only public addresses were taken off. */
export const isStripped = (value: string): boolean => value.startsWith(STRIPPED);

/** Whether the tags of an instance say that it is isolated, and so reaches nothing by intent. */
export const isIsolated = ({ [QUARANTINE_TAG]: value }: Readonly<Record<string, string>>): boolean =>
  value !== undefined && !isStripped(value);

export const isOptedOut = (tags: Readonly<Record<string, string>>): boolean => OPT_OUT_TAG in tags;

/** Whether the policy's allow-lists let a cluster of this account be touched. */
export function isInScope({ clusters, accounts }: Scope, account: string, cluster: string): boolean {
  const clusterListed = clusters === undefined || clusters.some((pattern) => matchesWildcard(pattern, cluster));
  return clusterListed && (accounts === undefined || accounts.includes(account));
}
