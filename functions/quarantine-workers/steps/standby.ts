import {
  type AutoScalingClient,
  type AutoScalingInstanceDetails,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Saved } from '../quarantine-ledger.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/** How long a worker may take until it is in service and can be put into standby, ms. */
const PATIENCE = 15 * 60_000;
/** Auto Scaling may not show what was launched so short a while ago, ms: then it is unknown yet, and has not left its group. */
const SHOWN_WITHIN = 60_000;

export async function autoScalingOf(
  autoScaling: AutoScalingClient,
  instanceId: string,
): Promise<AutoScalingInstanceDetails | undefined> {
  const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
  return (await autoScaling.send(asked)).AutoScalingInstances?.[0];
}

/**
 * Takes the worker out of service in its Auto Scaling group, which launches another one for it and keeps this one, or lets go
 * of it for good, as the policy says.
 */
export const takeOutOfService = (subject: StepSubject): Promise<StepReport> =>
  subject.policy.outOfService === 'detach' || subject.quarantine.saved.detached === true
    ? detach(subject)
    : enterStandby(subject);

/**
 * Takes the worker out of its Auto Scaling group. Sources: EC2 Auto Scaling user guide, "Detach or attach instances": from
 * service or from standby; the capacity stays, since decrementing it for one in standby ends another one.
 */
const detach = (subject: StepSubject): Promise<StepReport> =>
  attempt('detach', async () => {
    const { clients, instanceId, quarantine, now, note } = subject;
    const { saved } = quarantine;
    const group = saved.autoScalingGroup;
    if (group === undefined) return saved.placesUnread === true ? NOT_SHOWN : NO_GROUP;
    const state = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
    if (state === undefined && isUnknownYet(subject)) return NOT_SHOWN;
    // `Detaching` is on its way, and one that is gone from the group has arrived.
    if (state === undefined || state === 'Detaching' || state === 'Detached') {
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    if (state === 'InService' || state === 'Standby') {
      // Before the call: a release must know that nothing brings it back.
      await subject.save({ saved: { ...saved, detached: true } });
      const change = { InstanceIds: [instanceId], AutoScalingGroupName: group, ShouldDecrementDesiredCapacity: false };
      try {
        note('autoscaling', 'DetachInstances', await clients.autoScaling.send(new DetachInstancesCommand(change)));
      } catch (error) {
        // A call whose reply was lost may have taken it out: its repetition is refused then.
        const after = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
        const isShown = after === 'InService' || after === 'Standby';
        if (isShown && isNotInState(error) && now - quarantine.startedAt < PATIENCE) return SHOWN_LATE;
        if (isShown) throw error;
      }
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    const isOnItsWay = state.startsWith('Pending') || state === 'EnteringStandby';
    if (isOnItsWay && now - quarantine.startedAt < PATIENCE) return { outcome: 'pending', note: state };
    return { outcome: 'skipped', note: `Auto Scaling has it as ${state}.` };
  });

const NO_GROUP = { outcome: 'skipped', note: 'It belongs to no Auto Scaling group: nothing replaces it.' } as const;

const NOT_SHOWN = { outcome: 'pending', note: 'Auto Scaling does not show it yet' } as const;

const SHOWN_LATE = { outcome: 'pending', note: 'Auto Scaling shows an older state of it than it acts on' } as const;

const isUnknownYet = ({ view, quarantine: { saved }, now }: StepSubject): boolean =>
  saved.detached !== true && isJustLaunched(view, now);

/** Whether it was launched so short a while ago that Auto Scaling and tags may not show it yet. @param now epoch ms */
export const isJustLaunched = ({ launchedAt }: StepSubject['view'], now: number): boolean =>
  now - launchedAt < SHOWN_WITHIN;

const enterStandby = (subject: StepSubject): Promise<StepReport> =>
  attempt('standby', async () => {
    const { clients, instanceId, quarantine, now, note } = subject;
    const { autoScalingGroup: group, placesUnread } = quarantine.saved;
    if (group === undefined) return placesUnread === true ? NOT_SHOWN : NO_GROUP;
    const found = await autoScalingOf(clients.autoScaling, instanceId);
    if (found === undefined && isUnknownYet(subject)) return NOT_SHOWN;
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
        if (after === 'InService' && isNotInState(error) && now - quarantine.startedAt < PATIENCE) return SHOWN_LATE;
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
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name], IncludeInstances: false });
  const [group] = (await autoScaling.send(asked)).AutoScalingGroups ?? [];
  const isSuspended = group?.SuspendedProcesses?.some(({ ProcessName }) => ProcessName === 'Launch') === true;
  return isSuspended ? { note: `Nothing replaces it: the process Launch of ${name} is suspended.` } : {};
}

/**
 * Whether Auto Scaling refused because the worker is not in the state that the change begins with. It says so in words alone:
 * "The instance … is not in InService", "… is not part of Auto Scaling group …". Where a read shows that state all the same,
 * the read is the older one: its reads are eventually consistent.
 */
export const isNotInState = (error: unknown): boolean =>
  error instanceof Error && error.name.startsWith('ValidationError') && /is not (in|part of) /.test(error.message);

/**
 * Whether Auto Scaling refused because the group would be larger than its maximum. It says so in words alone. Source: Auto
 * Scaling user guide, "Temporarily remove instances": a return from standby increments the desired capacity.
 */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && error.name.startsWith('ValidationError') && /max-?size/i.test(error.message);

/** What it means that it was taken out of its group for good; begins with a blank. */
export const detachedInWords = ({ detached, autoScalingGroup }: Saved, instanceId: string): string =>
  detached === true && autoScalingGroup !== undefined
    ? ` It was detached from ${autoScalingGroup} by policy, which has launched another one: it runs on and costs, no group replaces or upgrades it, and nobody terminates it. Terminate it, or take it back: aws autoscaling attach-instances --instance-ids ${instanceId} --auto-scaling-group-name ${autoScalingGroup}.`
    : '';
