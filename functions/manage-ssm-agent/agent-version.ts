import type { AgentView } from './observation.ts';

/**
 * How long an update of an agent holds that Systems Manager never calls the latest, ms. A new version comes out every few
 * weeks.
 */
const HOLDS = 30 * 86_400_000;

/**
 * Whether an agent is outdated, or may be, and can be updated. Bottlerocket's agent can only be updated with its image. Of
 * Windows Systems Manager does not say whether an agent is outdated, so that it is updated from time to time:
 * AWS-UpdateSSMAgent leaves the latest version as it is.
 *
 * @param updated when it was updated here last
 * @param now epoch milliseconds
 */
export function canBeUpdated(
  { latest, platform }: AgentView,
  updated: { readonly at: number } | undefined,
  now: number,
): boolean {
  if (platform.includes('Bottlerocket')) return false;
  if (latest !== undefined) return !latest;
  return platform.includes('Windows') && (updated === undefined || now - updated.at >= HOLDS);
}

/** Whether an agent's version, numbers with dots, is at least the given one. */
export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, number] of least.entries()) {
    const difference = (parts[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
