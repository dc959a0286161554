import {
  type AutoScalingClient,
  type AutoScalingInstanceDetails,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  EnterStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/** How long a worker may take until it is in service and can be put into standby, ms. */
const PATIENCE = 15 * 60_000;

export async function autoScalingOf(
  autoScaling: AutoScalingClient,
  instanceId: string,
): Promise<AutoScalingInstanceDetails | undefined> {
  const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
  return (await autoScaling.send(asked)).AutoScalingInstances?.[0];
}

/** Takes the worker out of service in its Auto Scaling group, which launches another one for it and keeps this one. */
export const enterStandby = (subject: StepSubject): Promise<StepReport> =>
  attempt('standby', async () => {
    const { clients, instanceId, quarantine, now, note } = subject;
    const group = quarantine.saved.autoScalingGroup;
    if (group === undefined) {
      return { outcome: 'skipped', note: 'It belongs to no Auto Scaling group: nothing replaces it.' };
    }
    const found = await autoScalingOf(clients.autoScaling, instanceId);
    const state = found?.LifecycleState ?? 'gone from the group';
    // `EnteringStandby` is on its way there.
    if (state.endsWith('Standby')) return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    if (state === 'InService') {
      const change = { InstanceIds: [instanceId], AutoScalingGroupName: group, ShouldDecrementDesiredCapacity: false };
      try {
        note('autoscaling', 'EnterStandby', await clients.autoScaling.send(new EnterStandbyCommand(change)));
      } catch (error) {
        // A call whose reply was lost may have taken it out: its repetition is refused then.
        const after = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
        if (after?.endsWith('Standby') !== true) throw error;
      }
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    // `Pending`, `Pending:Wait` …: only what is in service can be put into standby.
    if (state.startsWith('Pending') && now - quarantine.startedAt < PATIENCE)
      return { outcome: 'pending', note: state };
    return { outcome: 'skipped', note: `Auto Scaling has it as ${state}.` };
  });

/**
 * What is told where nobody replaces a worker in standby. Source: EC2 Auto Scaling user guide, "Suspend-resume processes":
 * without Launch a group adds no instance.
 */
async function replacementNote(autoScaling: AutoScalingClient, name: string): Promise<{ note?: string }> {
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  const [group] = (await autoScaling.send(asked)).AutoScalingGroups ?? [];
  const isSuspended = group?.SuspendedProcesses?.some(({ ProcessName }) => ProcessName === 'Launch') === true;
  return isSuspended ? { note: `Nothing replaces it: the process Launch of ${name} is suspended.` } : {};
}
