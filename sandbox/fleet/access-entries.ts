import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';

/**
 * Adds the access entries of a fleet file. An entry for a function that the stack lacks is skipped.
 *
 * @param roleArnOf the role of a function, by the function's name in its logs
 */
export function seedAccessEntries(
  { eks, accessEntries }: FleetState,
  { clusters }: Fleet,
  roleArnOf: (functionName: string) => string | undefined,
): void {
  for (const cluster of clusters) {
    for (const { function: name, principalArn, kubernetesGroups } of cluster.accessEntries) {
      const arn = name === undefined ? principalArn : roleArnOf(name);
      if (arn !== undefined) accessEntries.create(eks.cluster(cluster.name), { principalArn: arn, kubernetesGroups });
    }
  }
}
