import { createClusterReader, describeNodeGroup } from '../functions/shared/fleet/fleet.ts';
import { unmanagedGroup } from '../functions/shared/fleet/worker.ts';
import { visible } from '../functions/shared/text/visible.ts';
import type { Surroundings } from './command.ts';
import type { FleetNow } from './fleet.ts';
import { nearestPlace } from './meant-subject.ts';
import type { Scope } from './scope.ts';

/**
 * Why a scope without workers cannot be listed: EKS does not have its cluster or node group, or does not tell.
 * Undefined where the scope exists, and where nothing limits the list. Only workers tell of groups that EKS does not
 * manage.
 *
 * @param fleet read only for the name that was probably meant, or one of a group that EKS does not manage
 */
export async function whyUnknown(
  { clients: { eks } }: Surroundings,
  fleet: () => Promise<FleetNow>,
  scope: Scope,
): Promise<string | undefined> {
  const { cluster, nodegroup } = scope;
  if (cluster === undefined) return undefined;
  const meant = async (): Promise<string> => nearestPlace(await fleet(), scope);
  const ofCluster = await createClusterReader(eks)(cluster);
  if (ofCluster.kind === 'unreadable')
    return `EKS does not tell whether there is a cluster ${cluster}: ${ofCluster.error}`;
  if (ofCluster.kind === 'gone') return `There is no cluster ${cluster}.${await meant()}`;
  if (nodegroup === undefined) return undefined;
  const none = async (): Promise<string> => `There is no node group ${cluster}/${nodegroup}.${await meant()}`;
  if (unmanagedGroup(nodegroup) !== undefined) return none();
  const ofGroup = await describeNodeGroup(eks, { cluster, nodegroup });
  if (ofGroup.kind === 'unreadable')
    return `EKS does not tell whether there is a node group ${cluster}/${nodegroup}: ${ofGroup.error}`;
  return ofGroup.kind === 'gone' ? none() : undefined;
}

/** Tells why a scope cannot be listed. @returns whether there was anything to tell */
export async function noteUnknown(
  surroundings: Surroundings,
  fleet: () => Promise<FleetNow>,
  scope: Scope,
): Promise<boolean> {
  const unknown = await whyUnknown(surroundings, fleet, scope);
  if (unknown !== undefined) surroundings.note(visible(unknown));
  return unknown !== undefined;
}
