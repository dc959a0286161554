import type { InterfaceView } from './interface-view.ts';
import type { WorkerView } from './observation.ts';
import type { Quarantine, SavedInterface } from './quarantine-ledger.ts';
import { autoScalingOf } from './steps/standby.ts';
import type { StepClients } from './steps/step.ts';
import { targetsOf } from './steps/targets.ts';

/** Reads all that a release must give back, before the first change. The Kubernetes node is read before its own change. */
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
 * The quarantine with the interfaces that were attached since it began; the same when there are none. Addresses that came
 * to an interface meanwhile are nothing that the worker had: they are taken off and not given back.
 */
export function withNewcomers(quarantine: Quarantine, { interfaces, heldIn }: WorkerView): Quarantine {
  const known = new Set(quarantine.saved.interfaces.map(({ id }) => id));
  // What a security group of a quarantine holds already tells nothing of what it had: see `release.ts`.
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
  // A primary one cannot be taken off, so there is nothing to give back.
  ipv6: ipv6.filter(({ primary }) => !primary).map(({ address }) => address),
  ...(ipv6Prefixes.length > 0 && { ipv6Prefixes: [...ipv6Prefixes] }),
  ...(branch === true && { branch }),
});
