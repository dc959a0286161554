import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import pMap from 'p-map';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { unreadSubject } from '../shared/intake/unread-subject.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { refusalOf } from '../shared/runtime/aws-error.ts';
import { settledValue } from '../shared/runtime/settled.ts';
import type { DueGroup } from './due-group.ts';
import type { GroupObservation, View } from './observation.ts';
import type { Looking } from './observe-hosts.ts';
import { type ManagedClients, readManagedGroups, viewManagedGroup } from './observe-managed-groups.ts';
import { readOtherGroups, viewOtherGroup } from './observe-other-groups.ts';

export interface ObserveClients extends ManagedClients {
  readonly autoScaling: AutoScalingClient;
  readonly inspector: Inspector2Client;
}

/** What was observed, and the errors for which the batch is to come again: these may pass by themselves. */
export interface Observed {
  readonly observations: readonly GroupObservation[];
  readonly troubles: readonly unknown[];
}

/**
 * Observes these groups. It makes one EKS call per managed node group and per cluster, a few calls to EC2, SSM and Auto
 * Scaling for all, and one to five to Inspector per group. What cannot be read of one group, or of all groups of a kind,
 * stops no other group, and is told of each.
 */
export async function observeGroups(
  clients: ObserveClients,
  due: readonly DueGroup[],
  policyAt: Looking['policyAt'],
  accountId: string,
): Promise<Observed> {
  const keysOf = (...ownerships: ReadonlyArray<DueGroup['ownership']>) =>
    due.filter(({ ownership }) => ownerships.includes(ownership)).map(({ key }) => key);
  const [managed, others] = await Promise.allSettled([
    readManagedGroups(clients, keysOf('managed')),
    readOtherGroups(clients, keysOf('self-managed', 'karpenter')),
  ]);
  const looking: Looking = {
    inspector: { client: clients.inspector, accountId },
    readCluster: createClusterReader(clients.eks),
    policyAt,
  };
  const viewOf = async (group: DueGroup): Promise<View> => {
    if (group.ownership === 'auto-mode') return isToldOf(group) ? { kind: 'auto-mode' } : { kind: 'gone' };
    if (group.ownership === 'managed') {
      const reading = await settledValue(managed)(group.key);
      return reading.kind === 'found' ? viewManagedGroup(looking, group, reading.found) : reading;
    }
    const reading = settledValue(others)(group.key);
    return reading.kind === 'found' ? viewOtherGroup(looking, group, reading.found) : reading;
  };
  const troubles: unknown[] = [];
  const observe = async (group: DueGroup): Promise<GroupObservation[]> => {
    const { key: subject, trigger, state, claimed } = group;
    const observed = (view: View): GroupObservation[] => [
      { topic: 'findings', subject, trigger, state, view, ...(claimed !== undefined && { claimed }) },
    ];
    try {
      return observed(await viewOf(group));
    } catch (error) {
      const unread = unreadSubject(error, trigger);
      // What is told is no dead letter, too: the next sweep looks at it again.
      const mayPass = refusalOf(error) === undefined;
      if (mayPass && (unread === undefined || trigger.isLastTry !== true)) troubles.push(error);
      if (unread === undefined) return [];
      return observed({ kind: 'unreadable', error: unread, ...(mayPass && { mayPass }) });
    }
  };
  const observations = (await pMap(due, observe, { concurrency: READ_CONCURRENCY })).flat();
  return { observations, troubles };
}

/** Whether anything but its name leads to a group: workers with findings. */
const isToldOf = ({ claimed, instanceIds }: DueGroup): boolean => claimed !== undefined || instanceIds.length > 0;
