import {
  DisassociateAddressCommand,
  ModifyNetworkInterfaceAttributeCommand,
  UnassignIpv6AddressesCommand,
} from '@aws-sdk/client-ec2';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/**
 * Removes the public addresses. Elastic IPs come first, since AWS may assign a new automatic address in their place.
 * The automatic address is next, then IPv6. A fresh read shows whether something is left.
 */
export async function stripAddresses(subject: StepSubject): Promise<StepReport[]> {
  const { interfaces } = subject.view;
  const reports: StepReport[] = [];
  for (const each of interfaces) {
    if (each.addresses.some(({ kind }) => kind !== 'automatic')) reports.push(await disassociate(subject, each));
    if (each.addresses.some(({ kind }) => kind === 'automatic')) reports.push(await takeOffAutomatic(subject, each));
    if (each.ipv6.length + each.ipv6Prefixes.length > 0) reports.push(await unassignIpv6(subject, each));
  }
  return reports;
}

const disassociate = ({ clients, note }: StepSubject, { id, addresses }: InterfaceView): Promise<StepReport> =>
  attempt(`elastic-ip ${id}`, async () => {
    let unconfirmed: string | undefined;
    // What EC2 refuses for one address keeps none of the others.
    const refused: string[] = [];
    for (const { kind, associationId, publicIp, ...address } of addresses) {
      if (kind === 'automatic') continue;
      if (address.unconfirmed === true) {
        unconfirmed = publicIp;
        continue;
      }
      if (associationId === undefined) {
        refused.push(`${publicIp} belongs to another service or account and cannot be taken off.`);
        continue;
      }
      try {
        const change = new DisassociateAddressCommand({ AssociationId: associationId });
        note('ec2', 'DisassociateAddress', await clients.ec2.send(change));
      } catch (error) {
        // The address is removed already, by an earlier try or by somebody else.
        if (error instanceof Error && error.name === 'InvalidAssociationID.NotFound') continue;
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        refused.push(`${publicIp}: ${refusal}`);
      }
    }
    if (refused.length > 0) return { outcome: 'failed', note: refused.join(' ') };
    return unconfirmed === undefined
      ? { outcome: 'done' }
      : { outcome: 'pending', note: `EC2 shows ${unconfirmed} to one of two reads, so that it may be new or gone` };
  });

const takeOffAutomatic = ({ clients, note }: StepSubject, { id, primary }: InterfaceView): Promise<StepReport> =>
  attempt(`automatic-address ${id}`, async () => {
    if (!primary) return { outcome: 'failed', note: 'Only the first interface can lose an automatic address.' };
    const change = { NetworkInterfaceId: id, AssociatePublicIpAddress: false };
    const answer = await clients.ec2.send(new ModifyNetworkInterfaceAttributeCommand(change));
    note('ec2', 'ModifyNetworkInterfaceAttribute', answer);
    return { outcome: 'done' };
  });

const isGoneAlready = (error: unknown): boolean =>
  error instanceof Error && error.name === 'InvalidParameterValue' && / is not assigned to /.test(error.message);

const unassignIpv6 = (
  { clients, quarantine, note }: StepSubject,
  { id, ipv6, ipv6Prefixes }: InterfaceView,
): Promise<StepReport> =>
  attempt(`ipv6 ${id}`, async () => {
    const Ipv6Addresses = ipv6.filter(({ primary }) => !primary).map(({ address }) => address);
    if (Ipv6Addresses.length + ipv6Prefixes.length > 0) {
      const change = new UnassignIpv6AddressesCommand({
        NetworkInterfaceId: id,
        ...(Ipv6Addresses.length > 0 && { Ipv6Addresses }),
        ...(ipv6Prefixes.length > 0 && { Ipv6Prefixes: [...ipv6Prefixes] }),
      });
      try {
        note('ec2', 'UnassignIpv6Addresses', await clients.ec2.send(change));
      } catch (error) {
        // A read may lag behind a removal, and EC2 then refuses the whole call. The next read shows what is left.
        if (!isGoneAlready(error)) throw error;
        return { outcome: 'pending', note: 'EC2 showed an IPv6 address that is gone already' };
      }
    }
    const stays = ipv6.filter(({ primary }) => primary).map(({ address }) => address);
    if (stays.length === 0) return { outcome: 'done' };
    return {
      outcome: quarantine.kind === 'strip' ? 'failed' : 'skipped',
      note: `${stays.join(', ')} stays: a primary IPv6 address cannot be taken off a running instance.`,
    };
  });
