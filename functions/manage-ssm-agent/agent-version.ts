import type { AgentView } from './observation.ts';

/** Whether an agent is outdated and can be updated. Bottlerocket's agent can only be updated with its image. */
export const canBeUpdated = ({ latest, platform }: AgentView): boolean => !latest && !platform.includes('Bottlerocket');

/** Whether an agent's version, numbers with dots, is at least the given one. */
export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, number] of least.entries()) {
    const difference = (parts[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
