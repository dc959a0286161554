import type { InterfaceView } from '../exposure/interface-view.ts';
import type { WorkerView } from './observation.ts';
import type { Quarantine } from './quarantine-ledger.ts';

/**
 * What keeps a worker from being isolated, in words; a pure function. Empty when there is no exposure. EC2 refuses to
 * remove a primary IPv6 address. Behind a closed security group such an address is no exposure, unless somebody has
 * opened the group. Where only addresses are removed, it stays an exposure as long as the Internet reaches it.
 */
export function isolationFaults(
  { kind, groups }: Pick<Quarantine, 'kind' | 'groups'>,
  { interfaces, exposures, leaks }: Pick<WorkerView, 'interfaces' | 'exposures' | 'leaks'>,
): string[] {
  const opened = new Set(
    exposures.flatMap(({ address, openPorts }) => (kind === 'strip' || openPorts.length > 0 ? address : [])),
  );
  // Rules make a security group closed, not its name. A new group may allow all egress, and anybody may add a rule.
  const closedGroups = groups === undefined ? [] : [groups, ...Object.values(groups.ofOtherVpcs ?? {})];
  const ofGroup = closedGroups.flatMap(({ closed }) => {
    const leak = kind === 'isolate' ? leaks?.get(closed) : undefined;
    return leak === undefined ? [] : [`${closed} lets through ${leak}`];
  });
  const ofInterfaces = interfaces.flatMap((each) => [
    ...(kind === 'isolate' && !isClosed(each, groups) ? [`${each.id} has ${each.groupIds.join(', ')}`] : []),
    ...each.addresses.map(({ publicIp }) => `${each.id} has ${publicIp}`),
    ...each.ipv6
      .filter(
        ({ address, primary }) => !primary || (kind === 'isolate' && !isClosed(each, groups)) || opened.has(address),
      )
      .map(({ address }) => `${each.id} has ${address}`),
    ...each.ipv6Prefixes.map((prefix) => `${each.id} has ${prefix}`),
  ]);
  return [...ofGroup, ...ofInterfaces];
}

/** The quarantine's security groups for an interface, which are those of its VPC; undefined where it has none yet. */
export const groupsFor = (
  { otherVpcId }: Pick<InterfaceView, 'otherVpcId'>,
  groups: Quarantine['groups'],
): { readonly untracking: string; readonly closed: string } | undefined =>
  otherVpcId === undefined ? groups : groups?.ofOtherVpcs?.[otherVpcId];

export const isClosed = (each: InterfaceView, groups: Quarantine['groups']): boolean => {
  const own = groupsFor(each, groups);
  return own !== undefined && each.groupIds.length === 1 && each.groupIds[0] === own.closed;
};

/** What a released worker still lacks, in words; empty when everything that can be restored is restored. */
export function releaseFaults({ saved, kind, notes }: Quarantine, { interfaces }: WorkerView): string[] {
  const present = new Map(interfaces.map((each) => [each.id, each]));
  return saved.interfaces.flatMap(({ id, groups, addresses, ipv6, ipv6Prefixes = [] }) => {
    const now = present.get(id);
    // An interface that is gone, and anything noted as lost, is reported without waiting.
    if (now === undefined) return [];
    const faults: Array<readonly [key: string, fault: string]> = [
      ...(kind === 'isolate' && !isSame(now.groupIds, groups)
        ? [[`groups ${id}`, `${id} lacks its groups`] as const]
        : []),
      ...addresses
        .filter(({ allocationId }) => allocationId !== undefined)
        .filter(({ publicIp }) => !now.addresses.some((each) => each.publicIp === publicIp && !each.unconfirmed))
        .map(({ publicIp }) => [`address ${publicIp}`, `${id} lacks ${publicIp}`] as const),
      ...ipv6Prefixes
        .filter((prefix) => !now.ipv6Prefixes.includes(prefix))
        .map((prefix) => [`address ${prefix}`, `${id} lacks ${prefix}`] as const),
      ...ipv6
        .filter((address) => !now.ipv6.some((each) => each.address === address))
        .map((address) => [`address ${address}`, `${id} lacks ${address}`] as const),
    ];
    return faults.flatMap(([key, fault]) => (key in notes ? [] : [fault]));
  });
}

/** Whether these are the same security groups, in the same order. */
export const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);
