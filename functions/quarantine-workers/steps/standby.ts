import {
  type AutoScalingClient,
  type AutoScalingGroup,
  type AutoScalingInstanceDetails,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { inShell } from '../../shared/text/in-shell.ts';
import type { Saved } from '../model/quarantine-ledger.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/** How long a worker may take to be in service, ms. Only then can it be put into standby. */
const PATIENCE = 15 * 60_000;
/** How long Auto Scaling may not show a new instance, ms. Until then a missing instance has not left its group. */
const SHOWN_WITHIN = 60_000;

export async function autoScalingOf(
  autoScaling: AutoScalingClient,
  instanceId: string,
): Promise<AutoScalingInstanceDetails | undefined> {
  const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
  return (await autoScaling.send(asked)).AutoScalingInstances?.[0];
}

/**
 * Takes the worker out of service in its Auto Scaling group, by standby or for good, as the policy says. The group
 * launches another worker.
 *
 * @param member its place in the group as it was read just now; by default it is read
 */
export const takeOutOfService = (subject: StepSubject, member?: AutoScalingInstanceDetails): Promise<StepReport> =>
  subject.policy.outOfService === 'detach' || subject.quarantine.saved.detached === true
    ? detach(subject, member)
    : enterStandby(subject, member);

/**
 * Takes the worker out of its Auto Scaling group for good. The capacity stays, since decrementing it for a worker in
 * standby ends another one. Source: EC2 Auto Scaling user guide, "Detach or attach instances" (from service or
 * standby).
 */
const detach = (subject: StepSubject, member?: AutoScalingInstanceDetails): Promise<StepReport> =>
  attempt('detach', async () => {
    const { clients, instanceId, quarantine, now, note } = subject;
    const { saved } = quarantine;
    const group = saved.autoScalingGroup;
    if (group === undefined) return withoutGroup(subject);
    const state = (member ?? (await autoScalingOf(clients.autoScaling, instanceId)))?.LifecycleState;
    if (state === undefined && isUnknownYet(subject)) return NOT_SHOWN;
    // `Detaching` is on its way. A worker that the group no longer has is detached.
    if (state === undefined || state === 'Detaching' || state === 'Detached') {
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    if (state === 'InService' || state === 'Standby') {
      // Saved before the call, because a release must know that the worker cannot return to its group.
      await subject.save({ saved: { ...saved, detached: true } });
      const change = { InstanceIds: [instanceId], AutoScalingGroupName: group, ShouldDecrementDesiredCapacity: false };
      try {
        note('autoscaling', 'DetachInstances', await clients.autoScaling.send(new DetachInstancesCommand(change)));
      } catch (error) {
        // A lost reply may hide that an earlier call succeeded; its repetition is then refused.
        const after = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
        const isShown = after === 'InService' || after === 'Standby';
        if (isShown && isNotInState(error) && now - quarantine.startedAt < PATIENCE) return SHOWN_LATE;
        if (isShown) throw error;
      }
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    const isOnItsWay = isLaunching(state) || state === 'EnteringStandby';
    if (isOnItsWay && now - quarantine.startedAt < PATIENCE) return { outcome: 'pending', note: state };
    return leaveInGroup(subject, state);
  });

const isLaunching = (state: string): boolean => state.startsWith('Pending');

/**
 * Leaves a worker in its group that cannot be taken out of service. A hook on its launch may hold it for hours: EKS's
 * own for half an hour, if the node does not join. A later reconcile takes it out once its group has put it into service.
 */
async function leaveInGroup({ quarantine, save }: StepSubject, state: string): Promise<Omit<StepReport, 'step'>> {
  const note = `Auto Scaling has it as ${state}`;
  if (!isLaunching(state)) return { outcome: 'skipped', note: `${note}.` };
  await save({ saved: { ...quarantine.saved, launching: true } });
  return {
    outcome: 'skipped',
    note: `${note}: it is taken out of service once its group has put it into service. Auto Scaling terminates it if a hook on its launch is abandoned.`,
  };
}

const NO_GROUP = { outcome: 'skipped', note: 'It belongs to no Auto Scaling group: nothing replaces it.' } as const;

/** Nobody waits for a group that stays unread: see `withPlaces`. */
const UNREAD = { outcome: 'skipped', note: 'Its Auto Scaling group is not known.' } as const;

const withoutGroup = ({ quarantine: { saved }, view, now }: StepSubject) => {
  if (saved.placesUnread !== true) return NO_GROUP;
  return isJustLaunched(view, now) ? NOT_SHOWN : UNREAD;
};

const NOT_SHOWN = { outcome: 'pending', note: 'Auto Scaling does not show it yet' } as const;

const SHOWN_LATE = { outcome: 'pending', note: 'Auto Scaling shows an older state of it than it acts on' } as const;

const isUnknownYet = ({ view, quarantine: { saved }, now }: StepSubject): boolean =>
  saved.detached !== true && isJustLaunched(view, now);

/** Whether the launch is so recent that Auto Scaling and tags may not show it yet. @param now epoch milliseconds */
export const isJustLaunched = ({ launchedAt }: StepSubject['view'], now: number): boolean =>
  now - launchedAt < SHOWN_WITHIN;

const enterStandby = (subject: StepSubject, member?: AutoScalingInstanceDetails): Promise<StepReport> =>
  attempt('standby', async () => {
    const { clients, instanceId, quarantine, now, note } = subject;
    const { autoScalingGroup: group } = quarantine.saved;
    if (group === undefined) return withoutGroup(subject);
    const found = member ?? (await autoScalingOf(clients.autoScaling, instanceId));
    if (found === undefined && isUnknownYet(subject)) return NOT_SHOWN;
    const state = found?.LifecycleState ?? 'gone from the group';
    // `EnteringStandby` is on its way there.
    if (state.endsWith('Standby')) return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    if (state === 'InService') {
      const change = { InstanceIds: [instanceId], AutoScalingGroupName: group, ShouldDecrementDesiredCapacity: false };
      try {
        note('autoscaling', 'EnterStandby', await clients.autoScaling.send(new EnterStandbyCommand(change)));
      } catch (error) {
        // A lost reply may hide that an earlier call succeeded; its repetition is then refused.
        const after = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
        if (after === 'InService' && isNotInState(error) && now - quarantine.startedAt < PATIENCE) return SHOWN_LATE;
        if (after?.endsWith('Standby') !== true) throw error;
      }
      return { outcome: 'done', ...(await replacementNote(clients.autoScaling, group)) };
    }
    // A worker in `Pending`, `Pending:Wait` and so on is not in service yet, so it cannot be put into standby.
    if (isLaunching(state) && now - quarantine.startedAt < PATIENCE) return { outcome: 'pending', note: state };
    return leaveInGroup(subject, state);
  });

/**
 * The note where nothing replaces a worker in standby. A group whose Launch process is suspended adds no instance.
 * Source: EC2 Auto Scaling user guide, "Suspend-resume processes".
 */
async function replacementNote(autoScaling: AutoScalingClient, name: string): Promise<{ note?: string }> {
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name], IncludeInstances: false });
  let group: AutoScalingGroup | undefined;
  try {
    [group] = (await autoScaling.send(asked)).AutoScalingGroups ?? [];
  } catch (error) {
    // It has left the service all the same.
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return { note: `Whether ${name} replaces it is not known: ${refused}` };
  }
  const isSuspended = group?.SuspendedProcesses?.some(({ ProcessName }) => ProcessName === 'Launch') === true;
  return isSuspended ? { note: `Nothing replaces it: the process Launch of ${name} is suspended.` } : {};
}

/**
 * Whether Auto Scaling refused because the worker is not in the state that the change needs. Only the message says so:
 * "The instance … is not in InService", "… is not part of Auto Scaling group …". Reads are eventually consistent, so a
 * read that still shows the needed state is outdated.
 */
export const isNotInState = (error: unknown): boolean =>
  error instanceof Error && error.name.startsWith('ValidationError') && /is not (in|part of) /.test(error.message);

/**
 * Whether Auto Scaling refused because the group would exceed its maximum. Only the message says so. A return from
 * standby increments the desired capacity. Source: EC2 Auto Scaling user guide, "Temporarily remove instances".
 */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && error.name.startsWith('ValidationError') && /max-?size/i.test(error.message);

/** The consequences for a worker that left its group for good, in words; begins with a blank. */
export const detachedInWords = ({ detached, autoScalingGroup }: Saved, instanceId: string): string =>
  detached === true && autoScalingGroup !== undefined
    ? ` It was detached from ${autoScalingGroup} by policy, which has launched another one: it runs on and costs, no group replaces or upgrades it, and nobody terminates it. Terminate it, or take it back: aws autoscaling attach-instances --instance-ids ${instanceId} --auto-scaling-group-name ${inShell(autoScalingGroup)}.`
    : '';
