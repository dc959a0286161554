import type { Nodegroup } from '@aws-sdk/client-eks';
import { builtAt } from '../shared/releases/release-version.ts';
import type { Recorder } from './remediation.ts';

const DAY = 86_400_000;

/** One release in use. Every run logs it as a line with `"kind":"inventory"`. */
export interface InUse {
  readonly kubernetesVersion: string;
  readonly amiType: string;
  readonly releaseVersion: string;
  readonly nodeGroups: number;
  /** Desired size, summed over the node groups. */
  readonly nodes: number;
  /** Whole days since the release was built; absent where the version does not contain a build date (Bottlerocket). */
  readonly ageDays?: number;
}

/** The releases that the node groups run, with their counts and ages, oldest first. */
export function inventoryOf(nodeGroups: readonly Nodegroup[], now: number): InUse[] {
  const byRelease = Map.groupBy(nodeGroups, ({ version = '', amiType = '', releaseVersion = '' }) =>
    JSON.stringify([version, amiType, releaseVersion]),
  );
  return [...byRelease.values()]
    .map((groups) => {
      const { version: kubernetesVersion = '', amiType = '', releaseVersion = '' } = groups[0] ?? {};
      const built = builtAt(releaseVersion);
      return {
        kubernetesVersion,
        amiType,
        releaseVersion,
        nodeGroups: groups.length,
        nodes: groups.reduce((sum, { scalingConfig }) => sum + (scalingConfig?.desiredSize ?? 0), 0),
        ...(built !== undefined && { ageDays: Math.max(0, Math.floor((now - built) / DAY)) }),
      };
    })
    .sort((a, b) => (b.ageDays ?? -1) - (a.ageDays ?? -1));
}

/** Logs the inventory. */
export function logInventory(recorder: Pick<Recorder, 'note'>, inUse: readonly InUse[]): void {
  for (const release of inUse) recorder.note('inventory', { ...release });
}
