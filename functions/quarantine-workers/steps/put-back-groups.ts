import { ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import type { SavedInterface } from '../model/quarantine-ledger.ts';
import { isSame } from '../model/remaining.ts';
import type { StepSubject } from './step.ts';

/**
 * Restores the security groups of an interface. EC2 accepts all or none of them, and a group without interfaces may
 * have been deleted meanwhile. In that case the remaining groups are restored.
 *
 * @returns the groups that are deleted
 * @throws errors of EC2 for any other reason
 */
export async function putBackGroups(
  { clients: { ec2 }, note }: Pick<StepSubject, 'clients' | 'note'>,
  { id, groups }: SavedInterface,
  { groupIds }: InterfaceView,
): Promise<string[]> {
  const put = async (Groups: string[]) => {
    if (isSame(Groups, groupIds)) return;
    const change = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Groups });
    note('ec2', 'ModifyNetworkInterfaceAttribute', await ec2.send(change));
  };
  try {
    await put(groups);
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !NOT_FOUND.has(error.name)) throw error;
  }
  // Read by a filter, since a request by ids fails as a whole when one is missing.
  const existing = await readSecurityGroups(ec2, groups);
  const left = groups.filter((group) => existing.has(group));
  if (left.length > 0) await put(left);
  return groups.filter((group) => !existing.has(group));
}

const NOT_FOUND: ReadonlySet<string> = new Set(['InvalidGroup.NotFound', 'InvalidSecurityGroupID.NotFound']);
