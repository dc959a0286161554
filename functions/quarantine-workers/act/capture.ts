import type { AutoScalingInstanceDetails } from '@aws-sdk/client-auto-scaling';
import { isWarmed } from '../../shared/fleet/lifecycle.ts';
import { AUTO_SCALING_GROUP_TAG } from '../../shared/fleet/worker.ts';
import { unlessRefused } from '../../shared/runtime/aws-error.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import type { WorkerView } from '../model/observation.ts';
import type { Quarantine, Saved, SavedInterface } from '../model/quarantine-ledger.ts';
import { autoScalingOf, isJustLaunched } from '../steps/standby.ts';
import type { StepSubject } from '../steps/step.ts';

/**
 * The quarantine with what a release must give back of the interfaces, which are closed first. {@link withPlaces} reads
 * the places in the Auto Scaling group and in target groups before those are changed. The Kubernetes node is read
 * before its own change.
 */
export const capture = (view: WorkerView, quarantine: Quarantine): Quarantine => ({
  ...quarantine,
  saved: {
    interfaces: view.interfaces.map(savedInterface),
    targets: [],
    ...(quarantine.kind === 'isolate' && { placesUnread: true }),
  },
});

/** What is saved of a worker, and its place in its Auto Scaling group where that was read just now. */
interface Places {
  readonly saved: Saved;
  readonly member?: AutoScalingInstanceDetails;
  /** Why one of its places stays unread, which AWS lets nobody read. */
  readonly refused?: string;
}

/**
 * What is saved, with the worker's places in its Auto Scaling group and in target groups where they are unread. The
 * Auto Scaling group stays unread where the launch is so recent that neither Auto Scaling nor the tags show it.
 */
export async function withPlaces({ clients, instanceId, view, quarantine, now }: StepSubject): Promise<Places> {
  const { placesUnread, ...saved } = quarantine.saved;
  if (placesUnread !== true) return { saved };
  const [ofGroup, ofTargets] = await Promise.all([
    unlessRefused(autoScalingOf(clients.autoScaling, instanceId)),
    unlessRefused(clients.targetsOf(instanceId, { vpcId: view.vpcId, interfaces: asSaved(view.interfaces, saved) })),
  ]);
  const { found: member } = ofGroup;
  const refused = [ofGroup.refused, ofTargets.refused].filter((each) => each !== undefined).join(' ');
  const unread = refused === '' ? {} : { refused };
  // An earlier reconcile has taken the worker out of the targets that it saved.
  const targets = saved.targets.length > 0 ? saved.targets : (ofTargets.found ?? []);
  // What was read of its group is kept: by now the quarantine itself may have changed its place there.
  if (ofGroup.refused !== undefined || saved.autoScalingGroup !== undefined) {
    const again = refused === '' ? {} : { placesUnread };
    return { saved: { ...saved, targets, ...again }, ...(member !== undefined && { member }), ...unread };
  }
  // Auto Scaling may not show a new instance yet. The tag, which Auto Scaling alone sets, names the group already.
  const { AutoScalingGroupName: group = view.tags[AUTO_SCALING_GROUP_TAG], LifecycleState = '' } = member ?? {};
  const again = refused === '' && !(group === undefined && isJustLaunched(view, now)) ? {} : { placesUnread };
  if (group === undefined) return { saved: { ...saved, targets, ...again }, ...unread };
  return {
    saved: {
      ...saved,
      targets,
      autoScalingGroup: group,
      standby: LifecycleState.endsWith('Standby'),
      ...(isWarmed(LifecycleState) && { warmed: true }),
      ...again,
    },
    ...(member !== undefined && { member }),
    ...unread,
  };
}

/** Interfaces with the IPv6 addresses and prefixes that are taken off by now, by which they may be targets. */
const asSaved = (interfaces: readonly InterfaceView[], { interfaces: before }: Pick<Saved, 'interfaces'>) =>
  interfaces.map((each): InterfaceView => {
    const { ipv6 = [], ipv6Prefixes = [] } = before.find(({ id }) => id === each.id) ?? {};
    return {
      ...each,
      ipv6: [...each.ipv6, ...ipv6.map((address) => ({ address, primary: false }))],
      ipv6Prefixes: [...each.ipv6Prefixes, ...ipv6Prefixes],
    };
  });

/**
 * How long what is saved of interfaces may become before those that came and went are forgotten, in characters of JSON.
 * The node role may attach and detach interfaces with fifty addresses each without end, and the item of a worker has room
 * for 400 KB: without it nothing could be closed any more.
 */
const LONGEST_SAVED = 100_000;

/**
 * Adds interfaces that were attached since the quarantine began, and what EC2 had yet to show of addresses then; returns
 * the same quarantine when there is none. Addresses that an interface has received since then never belonged to the
 * worker's original state: they are removed and not restored.
 */
export function withNewcomers(began: Quarantine, { interfaces, heldIn }: WorkerView): Quarantine {
  const quarantine = withAllocations(began, interfaces);
  const known = new Set(quarantine.saved.interfaces.map(({ id }) => id));
  // An interface that is already in a quarantine group no longer shows its original groups: see `release.ts`.
  const own = new Set(heldIn);
  const newcomers = interfaces
    .filter(({ id, groupIds }) => !known.has(id) && !groupIds.some((group) => own.has(group)))
    .map((each) => ({ ...savedInterface(each), later: true }));
  if (newcomers.length === 0) return quarantine;
  const all = [...quarantine.saved.interfaces, ...newcomers];
  return { ...quarantine, saved: { ...quarantine.saved, interfaces: withoutGone(all, interfaces) } };
}

/** Adds the allocations of saved addresses that were not shown with them (`PublicAddress.unconfirmed`). */
function withAllocations(quarantine: Quarantine, interfaces: readonly InterfaceView[]): Quarantine {
  const allocations = new Map(
    interfaces.flatMap(({ addresses }) => addresses.map(({ publicIp, allocationId }) => [publicIp, allocationId])),
  );
  const allocationOf = ({ publicIp, allocationId }: SavedAddress) => allocationId ?? allocations.get(publicIp);
  const isComplete = (each: SavedAddress) => each.allocationId === allocationOf(each);
  if (quarantine.saved.interfaces.every(({ addresses }) => addresses.every(isComplete))) return quarantine;
  const completed = quarantine.saved.interfaces.map((each) => ({
    ...each,
    addresses: each.addresses.map((address) => {
      const allocationId = allocationOf(address);
      return { ...address, ...(allocationId !== undefined && { allocationId }) };
    }),
  }));
  return { ...quarantine, saved: { ...quarantine.saved, interfaces: completed } };
}

/** Leaves out the oldest of those that came later and are gone. Those of the beginning stay: a read may miss one. */
function withoutGone(saved: readonly SavedInterface[], there: WorkerView['interfaces']): SavedInterface[] {
  const present = new Set(there.map(({ id }) => id));
  let surplus = JSON.stringify(saved).length - LONGEST_SAVED;
  return saved.filter((each) => {
    if (surplus <= 0 || each.later !== true || present.has(each.id)) return true;
    surplus -= JSON.stringify(each).length;
    return false;
  });
}

type SavedAddress = SavedInterface['addresses'][number];

const savedInterface = ({ id, groupIds, addresses, ipv6, ipv6Prefixes, branch }: InterfaceView): SavedInterface => ({
  id,
  groups: [...groupIds],
  addresses: addresses.map(({ publicIp, privateIp, allocationId }) => ({
    publicIp,
    privateIp,
    ...(allocationId !== undefined && { allocationId }),
  })),
  // A primary IPv6 address cannot be removed, so it need not be restored.
  ipv6: ipv6.filter(({ primary }) => !primary).map(({ address }) => address),
  ...(ipv6Prefixes.length > 0 && { ipv6Prefixes: [...ipv6Prefixes] }),
  ...(branch === true && { branch }),
});
