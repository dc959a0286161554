import { ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import { isUnknownYet } from '../model/aws-refusal.ts';
import { isClosed } from '../model/remaining.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/** How many interfaces are changed concurrently; a worker has a handful. */
const CONCURRENCY = 4;

/**
 * Moves every interface into the closed security group, through the one that admits everything. EC2 lets tracked
 * connections continue after a change of groups, but tracks none under rules that admit everything.
 */
export const closeSecurityGroups = (subject: StepSubject): Promise<StepReport> =>
  attempt('security-groups', async () => {
    const { clients, view, quarantine, note } = subject;
    const { groups } = quarantine;
    if (groups === undefined)
      throw new Error('The groups of a quarantine are known before its interfaces are changed.');
    const open = view.interfaces.filter((each) => !isClosed(each, groups));
    const set = async (NetworkInterfaceId: string, ...Groups: string[]) => {
      const change = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups });
      note('ec2', 'ModifyNetworkInterfaceAttribute', await clients.ec2.send(change));
    };
    const close = async ({ id, groupIds }: InterfaceView): Promise<void> => {
      const isOpened = !groupIds.includes(groups.untracking);
      if (isOpened) await set(id, groups.untracking);
      try {
        await set(id, groups.closed);
      } catch (error) {
        // The closed group may not be visible yet where the open one is, or EC2 may refuse it. No interface is left in the
        // open group meanwhile.
        const isRefused = isUnknownYet(error) || refusalOf(error) !== undefined;
        if (isOpened && isRefused && groupIds.length > 0) await set(id, ...groupIds);
        throw error;
      }
    };
    // One interface that cannot be closed keeps none of the others open.
    const closed = await pMap(open, (each) => settled(close(each)), { concurrency: CONCURRENCY });
    const errors = closed.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (errors.length > 0) throw errors.find(mayPass) ?? errors[0];
    return { outcome: 'done' };
  });

const settled = async (closing: Promise<void>): Promise<PromiseSettledResult<void>> => {
  const [result] = await Promise.allSettled([closing]);
  return result;
};

/** Whether the next reconcile may do what now failed. */
const mayPass = (error: unknown): boolean => isUnknownYet(error) || refusalOf(error) === undefined;
