import { ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import { isUnknownYet } from '../model/aws-refusal.ts';
import { groupsFor, isClosed } from '../model/remaining.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';
import { whyUnmade } from './with-groups.ts';

/** How many interfaces are changed concurrently; a worker has a handful. */
const CONCURRENCY = 4;

/**
 * Moves every interface into the closed security group, through the one that admits everything. EC2 lets tracked
 * connections continue after a change of groups, but tracks none under rules that admit everything.
 */
export const closeSecurityGroups = (subject: StepSubject): Promise<StepReport> =>
  attempt('security-groups', async () => {
    const { clients, view, quarantine, note } = subject;
    const { groups: known } = quarantine;
    const unmade: Array<{ id: string; why: string | undefined }> = [];
    const open = view.interfaces.filter((each) => !isClosed(each, known));
    const set = async (NetworkInterfaceId: string, ...Groups: string[]) => {
      const change = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups });
      note('ec2', 'ModifyNetworkInterfaceAttribute', await clients.ec2.send(change));
    };
    const close = async (each: InterfaceView): Promise<void> => {
      const { id, groupIds, otherVpcId } = each;
      const groups = groupsFor(each, known);
      if (groups === undefined) {
        unmade.push({ id, why: whyUnmade(quarantine, otherVpcId) });
        return;
      }
      const isOpened = !groupIds.includes(groups.untracking);
      if (isOpened) await set(id, groups.untracking);
      try {
        await set(id, groups.closed);
      } catch (error) {
        // The closed group may not be visible yet where the open one is, or EC2 may refuse it, or do nothing for now. No
        // interface is left in the open group meanwhile.
        if (isOpened && groupIds.length > 0) await set(id, ...groupIds).catch(() => undefined);
        throw error;
      }
    };
    // One interface that cannot be closed keeps none of the others open.
    const tried = (each: InterfaceView): Promise<unknown[]> =>
      close(each).then(
        () => [],
        (error: unknown) => [error],
      );
    const errors = (await pMap(open, tried, { concurrency: CONCURRENCY })).flat();
    if (errors.length > 0) throw errors.find(mayPass) ?? errors[0];
    return unmade.length === 0 ? { outcome: 'done' } : withoutGroups(unmade);
  });

/** What becomes of interfaces whose VPC has no groups for them: they wait, or EC2 has refused the groups for good. */
function withoutGroups(
  interfaces: ReadonlyArray<{ readonly id: string; readonly why: string | undefined }>,
): Omit<StepReport, 'step'> {
  const refused = interfaces.filter(({ why }) => why !== undefined);
  const [first] = refused;
  const ids = (those: typeof interfaces) => those.map(({ id }) => id).join(', ');
  if (first === undefined) return { outcome: 'pending', note: `the closed group for ${ids(interfaces)} is made first` };
  return { outcome: 'failed', note: `There is no closed group for ${ids(refused)}. ${first.why}` };
}

/** Whether the next reconcile may do what now failed. */
const mayPass = (error: unknown): boolean => isUnknownYet(error) || refusalOf(error) === undefined;
