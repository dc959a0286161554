import type { InterfaceView } from './interface-view.ts';
import type { WorkerView } from './observation.ts';
import type { Quarantine, SavedInterface } from './quarantine-ledger.ts';
import { autoScalingOf } from './steps/standby.ts';
import type { StepClients } from './steps/step.ts';
import { targetsOf } from './steps/targets.ts';

/**
 * Reads everything that a release must restore, before the first change. The Kubernetes node is read later, right
 * before its own change.
 */
export async function capture(
  { autoScaling, loadBalancing }: StepClients,
  instanceId: string,
  view: WorkerView,
  quarantine: Quarantine,
): Promise<Quarantine> {
  const saved = { interfaces: view.interfaces.map(savedInterface), targets: [] };
  if (quarantine.kind === 'strip') return { ...quarantine, saved };
  const [member, targets] = await Promise.all([
    autoScalingOf(autoScaling, instanceId),
    targetsOf(loadBalancing, instanceId, view),
  ]);
  const { AutoScalingGroupName: group, LifecycleState = '' } = member ?? {};
  const place = group === undefined ? {} : { autoScalingGroup: group, standby: LifecycleState.endsWith('Standby') };
  return { ...quarantine, saved: { ...saved, targets, ...place } };
}

/**
 * Adds interfaces that were attached since the quarantine began; returns the same quarantine when there are none.
 * Addresses that an interface has received since then never belonged to the worker's original state: they are removed
 * and not restored.
 */
export function withNewcomers(quarantine: Quarantine, { interfaces, heldIn }: WorkerView): Quarantine {
  const known = new Set(quarantine.saved.interfaces.map(({ id }) => id));
  // An interface that is already in a quarantine group no longer shows its original groups: see `release.ts`.
  const own = new Set(heldIn);
  const newcomers = interfaces
    .filter(({ id, groupIds }) => !known.has(id) && !groupIds.some((group) => own.has(group)))
    .map(savedInterface);
  if (newcomers.length === 0) return quarantine;
  return { ...quarantine, saved: { ...quarantine.saved, interfaces: [...quarantine.saved.interfaces, ...newcomers] } };
}

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
