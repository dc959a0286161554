import { ExitStandbyCommand } from '@aws-sdk/client-auto-scaling';
import { DeleteTagsCommand, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { iso } from '../../shared/runtime/clock.ts';
import { acceptedIn, isAccepted } from '../model/accepted.ts';
import { type Decision, say } from '../model/decision.ts';
import { forgottenInWords } from '../model/found-quarantine.ts';
import { giveBack, type Losses } from '../model/losses.ts';
import type { WorkerView } from '../model/observation.ts';
import { RECONCILE_AGAIN, TRY_AGAIN } from '../model/pause.ts';
import { releaseFaults } from '../model/remaining.ts';
import { viewAgain } from '../observe/view-workers.ts';
import { autoScalingOf, detachedInWords, isFull, isNotInState } from '../steps/standby.ts';
import type { StepSubject } from '../steps/step.ts';
import { QUARANTINE_TAGS } from '../steps/tags.ts';
import { targetOf } from '../steps/targets.ts';
import { giveBackAddresses, giveBackGroups, giveBackUnsaved } from './give-back-network.ts';
import { giveBackNode } from './give-back-node.ts';
import { unmarkedInWords } from './karpenter.ts';

/** How long a worker may take to reach standby, ms. Only from standby can it return to service. */
const PATIENCE = 15 * 60_000;

/**
 * Restores what the quarantine saved, and names what cannot be restored. It can be repeated from any point, because
 * only what a fresh read shows counts as restored.
 */
export async function release(subject: StepSubject): Promise<Decision> {
  const losses: Losses = { lost: new Map(), pending: [], awaited: [], shutOff: [] };
  const { saved, kind } = subject.quarantine;
  const present = new Map(subject.view.interfaces.map((each) => [each.id, each]));
  for (const each of saved.interfaces) {
    const now = present.get(each.id);
    if (now === undefined) {
      // Interfaces of pods come and go with the pods.
      if (each.branch !== true) losses.lost.set(`interface ${each.id}`, `${each.id} is no longer attached`);
      continue;
    }
    if (kind === 'isolate') await giveBackGroups(subject, each, now, losses);
    await giveBackAddresses(subject, each, now, losses);
  }
  if (kind === 'isolate') {
    await giveBackUnsaved(subject, losses);
    if (losses.shutOff.length === 0) await putIntoService(subject, losses);
    else losses.lost.set('service', `its place in service: ${losses.shutOff.join(', ')} would reach nothing`);
    await liftProtection(subject, losses);
  }
  await untag(subject, losses);
  return await conclude(subject, losses);
}

async function putIntoService(subject: StepSubject, losses: Losses): Promise<void> {
  await leaveStandby(subject, losses);
  await rejoinTargetGroups(subject, losses);
  await giveBackNode(subject, losses);
}

async function leaveStandby(subject: StepSubject, losses: Losses): Promise<void> {
  const { clients, instanceId, quarantine, now, note } = subject;
  const { autoScalingGroup: group, standby, detached } = quarantine.saved;
  // A worker that somebody else had put into standby stays there.
  if (group === undefined || standby === true || detached === true) return;
  await giveBack(losses, 'standby', `its place in service in ${group}`, async () => {
    const state = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
    if (state === 'EnteringStandby' && now - quarantine.startedAt < PATIENCE) losses.pending.push('standby');
    if (state === undefined) losses.lost.set('standby', `its place in ${group}, which it has left`);
    if (state !== 'Standby') return;
    const change = new ExitStandbyCommand({ InstanceIds: [instanceId], AutoScalingGroupName: group });
    try {
      note('autoscaling', 'ExitStandby', await clients.autoScaling.send(change));
    } catch (error) {
      // An earlier call whose reply was lost may have restored it; its repetition is then refused.
      const after = (await autoScalingOf(clients.autoScaling, instanceId))?.LifecycleState;
      if (after !== undefined && !after.endsWith('Standby')) return;
      // Auto Scaling acts on a newer state than it shows: the worker has left standby.
      if (after !== undefined && isNotInState(error)) return;
      losses.hasNoRoom = after === 'Standby' && isFull(error);
      throw error;
    }
  });
}

/**
 * Registers the worker as the targets that it was. The address of a pod that has left it since may be another host's by
 * now, whose traffic that target group must not get.
 */
async function rejoinTargetGroups(subject: StepSubject, losses: Losses): Promise<void> {
  const { clients, instanceId, view, quarantine, note } = subject;
  const { targets, interfaces } = quarantine.saved;
  // Addresses of IPv6 have just been given back.
  const givenBack = interfaces.flatMap(({ ipv6, ipv6Prefixes = [] }) => [...ipv6, ...ipv6Prefixes]);
  const own = targets.filter(targetOf(instanceId, view.interfaces, givenBack));
  const byGroup = Map.groupBy(own, ({ targetGroupArn }) => targetGroupArn);
  for (const [TargetGroupArn, targets] of byGroup) {
    const name = TargetGroupArn.split('/')[1] ?? TargetGroupArn;
    await giveBack(losses, `target-group ${name}`, `its place in target group ${name}`, async () => {
      const Targets = targets.map(({ id, port, quicServerId }) => ({
        Id: id,
        ...(port !== undefined && { Port: port }),
        ...(quicServerId !== undefined && { QuicServerId: quicServerId }),
      }));
      // Registering a registered target changes nothing.
      const change = new RegisterTargetsCommand({ TargetGroupArn, Targets });
      note('elasticloadbalancing', 'RegisterTargets', await clients.loadBalancing.send(change));
    });
  }
}

const liftProtection = ({ clients, instanceId, view, quarantine, note }: StepSubject, losses: Losses): Promise<void> =>
  giveBack(losses, 'termination-protection', 'that it can be terminated', async () => {
    if (quarantine.saved.terminationProtected !== false || view.spot === true) return;
    const change = { InstanceId: instanceId, DisableApiTermination: { Value: false } };
    note('ec2', 'ModifyInstanceAttribute', await clients.ec2.send(new ModifyInstanceAttributeCommand(change)));
  });

const untag = ({ clients, instanceId, view, note }: StepSubject, losses: Losses): Promise<void> =>
  giveBack(losses, 'tags', 'that it bears no tags of a quarantine', async () => {
    const Tags = QUARANTINE_TAGS.filter((key) => key in view.tags).map((Key) => ({ Key }));
    if (Tags.length === 0) return;
    note('ec2', 'DeleteTags', await clients.ec2.send(new DeleteTagsCommand({ Resources: [instanceId], Tags })));
  });

async function conclude(
  subject: StepSubject,
  { lost, pending, awaited, nodeAwaited, isTroubled = false, hasNoRoom, markedUntil }: Losses,
): Promise<Decision> {
  const { clients, instanceId, quarantine, now } = subject;
  // Each pass finds all losses anew. What the isolation left out is not a loss.
  const view = await viewAgain(clients.ec2, instanceId, quarantine);
  const notes = Object.fromEntries([...lost].filter(([key]) => !addressKeysOf(view).has(key)));
  // Without a read nobody knows what is restored. The next reconcile shows the worker, or that it is gone.
  const faults = view === undefined ? ['EC2 to show it'] : releaseFaults({ ...quarantine, notes }, view);
  const variant = quarantine.request?.id ?? iso(quarantine.startedAt);
  const unshown = view?.interfaces.filter(({ id, addresses }) => awaited.includes(id) && addresses.length === 0) ?? [];
  const left = [...faults, ...pending, ...unshown.map(({ id }) => `${id} lacks another public address`)];
  const nodeAwaitedSince = nodeAwaited?.since;
  if (left.length > 0) {
    const message = `Its former state is being restored. Waiting for: ${left.join('; ')}.`;
    return {
      ...say('waiting', 'release-in-progress', message, isTroubled ? `${variant} troubled` : variant),
      quarantine: { ...quarantine, notes, nodeAwaitedSince },
      lookAt: now + (isTroubled ? TRY_AGAIN : RECONCILE_AGAIN),
    };
  }
  const given = quarantine.givenBack;
  const accepted = given?.accepted ?? (view === undefined ? [] : acceptedIn(view));
  if (markedUntil !== undefined) {
    const seen = 'Karpenter to see its former security groups';
    const message = `All else of its former state is restored. Waiting for: ${seen}, until ${iso(markedUntil)}. Its node keeps the mark do-not-disrupt so long.`;
    return {
      ...say('waiting', 'release-in-progress', message, `${variant} marked`),
      quarantine: { ...quarantine, notes, givenBack: given ?? { at: now, accepted } },
      lookAt: markedUntil,
    };
  }
  if (nodeAwaited !== undefined) {
    const message = `All else of its former state is restored. Waiting for: ${nodeAwaited.what}.`;
    return {
      ...say('waiting', 'release-in-progress', message, `${variant} awaited`),
      quarantine: { ...quarantine, notes, nodeAwaitedSince, givenBack: given ?? { at: now, accepted } },
      lookAt: now + TRY_AGAIN,
    };
  }
  // What was opened while only the mark or the node was left is judged as on any other worker.
  const anew = given !== undefined && view?.exposures.some((each) => !isAccepted(each, accepted)) === true;
  const judged = { accepted, ...(anew && { judgedAnew: true as const }) };
  if (quarantine.found === 'tagged' && Object.keys(notes).length === 0) {
    const message =
      'The tags of a quarantine were removed. Nothing else showed a quarantine, so nothing else was restored.';
    return { ...say('done', 'released', message, variant), ...judged };
  }
  const losses = Object.values(notes);
  if (quarantine.found === 'held') losses.push(forgottenInWords(quarantine));
  const onItsOwn = `${detachedInWords(quarantine.saved, instanceId)}${unmarkedInWords(subject)}`;
  if (losses.length === 0) {
    const message = `Its former state is restored; a fresh read confirmed it.${onItsOwn}`;
    return { ...say('done', 'released', message, variant), ...judged };
  }
  const automatic = losses.every((text) => text.startsWith('the automatic address'));
  const message = `Its former state is restored, except for: ${losses.join('; ')}.${onItsOwn}`;
  const details = { lost: losses };
  if (automatic) return { ...say('done', 'released', message, variant), details, ...judged };
  const held = hasNoRoom === true ? { quarantine: { ...quarantine, notes, returning: true } } : {};
  return { ...say('failed', 'released-in-part', message, variant), details, ...judged, ...held };
}

/**
 * The addresses that the worker has, named like losses. An address that is present is no loss even if its call was
 * refused.
 */
const addressKeysOf = (view: WorkerView | undefined): ReadonlySet<string> =>
  new Set(
    (view?.interfaces ?? []).flatMap(({ addresses, ipv6, ipv6Prefixes }) => [
      ...addresses.map(({ publicIp }) => `address ${publicIp}`),
      ...ipv6.map(({ address }) => `address ${address}`),
      ...ipv6Prefixes.map((prefix) => `address ${prefix}`),
    ]),
  );
