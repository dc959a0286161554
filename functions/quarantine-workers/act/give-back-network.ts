import {
  AssignIpv6AddressesCommand,
  AssociateAddressCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from '@aws-sdk/client-ec2';
import type { InterfaceView } from '../exposure/interface-view.ts';
import { giveBack, type Losses } from '../model/losses.ts';
import type { SavedInterface } from '../model/quarantine-ledger.ts';
import { putBackGroups } from '../steps/put-back-groups.ts';
import type { StepSubject } from '../steps/step.ts';

/** Restores the security groups of an interface. */
export async function giveBackGroups(
  subject: StepSubject,
  saved: SavedInterface,
  now: InterfaceView,
  losses: Losses,
): Promise<void> {
  const { id, groups } = saved;
  let isOpen = false;
  await giveBack(losses, `groups ${id}`, `the security groups ${groups.join(', ')} of ${id}`, async () => {
    const deleted = await putBackGroups(subject, saved, now);
    isOpen = deleted.length < groups.length;
    if (deleted.length === 0) return;
    losses.lost.set(`groups ${id}`, `the security groups ${deleted.join(', ')} of ${id}, which are deleted`);
  });
  if (!isOpen) losses.shutOff.push(id);
}

/**
 * Handles interfaces in a quarantine group whose original groups are unknown. An interface that the VPC CNI has
 * attached since then uses the groups of the first interface, so it gets those that the first interface gets back. A
 * pod's interface has groups of its own, and comes and goes with its pod; so has one in another VPC, which takes no group
 * of this one.
 */
export async function giveBackUnsaved(subject: StepSubject, losses: Losses): Promise<void> {
  const { view, quarantine } = subject;
  const { interfaces } = quarantine.saved;
  const own = new Set(view.heldIn);
  const primary = view.interfaces.find((each) => each.primary);
  const groups = interfaces.find(({ id }) => id === primary?.id)?.groups;
  for (const now of view.interfaces) {
    const isHeld = now.groupIds.some((id) => own.has(id));
    if (!isHeld || interfaces.some(({ id }) => id === now.id)) continue;
    if (groups !== undefined && now.branch !== true && now.otherVpcId === undefined) {
      await giveBackGroups(subject, { id: now.id, groups, addresses: [], ipv6: [] }, now, losses);
      continue;
    }
    losses.lost.set(`groups ${now.id}`, `the security groups of ${now.id}, which nobody remembers`);
    if (now.branch !== true) losses.shutOff.push(now.id);
  }
}

/**
 * Restores the addresses of an interface. Nobody can restore an automatic one: EC2 gives another one instead, which it may
 * show late. It is waited for once, because who releases the worker accepts what is shown then.
 */
export async function giveBackAddresses(
  { clients, note, quarantine }: StepSubject,
  { id, addresses, ipv6, ipv6Prefixes = [] }: SavedInterface,
  now: InterfaceView,
  losses: Losses,
): Promise<void> {
  for (const { publicIp, privateIp, allocationId } of addresses) {
    const has = now.addresses.some((address) => address.publicIp === publicIp);
    if (has) continue;
    const key = `address ${publicIp}`;
    await giveBack(losses, key, `the address ${publicIp} of ${id}`, async () => {
      if (allocationId !== undefined) {
        // EC2 must not take the address away from somebody else who has it by now.
        const change = {
          AllocationId: allocationId,
          NetworkInterfaceId: id,
          PrivateIpAddress: privateIp,
          AllowReassociation: false,
        };
        note('ec2', 'AssociateAddress', await clients.ec2.send(new AssociateAddressCommand(change)));
        return;
      }
      const isAskedFor = key in quarantine.notes;
      const instead =
        now.addresses.length === 0 && isAskedFor ? 'EC2 shows none instead' : 'it has another one instead';
      losses.lost.set(key, `the automatic address ${publicIp} of ${id}; ${instead}`);
      if (now.addresses.length > 0) return;
      const change = { NetworkInterfaceId: id, AssociatePublicIpAddress: true };
      const answer = await clients.ec2.send(new ModifyNetworkInterfaceAttributeCommand(change));
      note('ec2', 'ModifyNetworkInterfaceAttribute', answer);
      if (!isAskedFor) losses.awaited.push(id);
    });
  }
  for (const prefix of ipv6Prefixes.filter((each) => !now.ipv6Prefixes.includes(each))) {
    await giveBack(losses, `address ${prefix}`, `the prefix ${prefix} of ${id}`, async () => {
      const change = new AssignIpv6AddressesCommand({ NetworkInterfaceId: id, Ipv6Prefixes: [prefix] });
      note('ec2', 'AssignIpv6Addresses', await clients.ec2.send(change));
    });
  }
  const missing = ipv6.filter((address) => !now.ipv6.some((each) => each.address === address));
  for (const address of missing) {
    await giveBack(losses, `address ${address}`, `the address ${address} of ${id}`, async () => {
      const change = new AssignIpv6AddressesCommand({ NetworkInterfaceId: id, Ipv6Addresses: [address] });
      note('ec2', 'AssignIpv6Addresses', await clients.ec2.send(change));
    });
  }
}
