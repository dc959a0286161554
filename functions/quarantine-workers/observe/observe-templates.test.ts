import { EC2Client, EC2ServiceException, type ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { describe, expect, it, vi } from 'vitest';
import { templateReader } from './observe-templates.ts';

type Interface = NonNullable<ResponseLaunchTemplateData['NetworkInterfaces']>[number];

/** A client whose account has one launch template with these interfaces; undefined: it is gone. */
function ec2With(interfaces: readonly Interface[] | undefined): EC2Client {
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async () => {
    if (interfaces === undefined) {
      const name = 'InvalidLaunchTemplateId.NotFound';
      throw new EC2ServiceException({ name, $fault: 'client', $metadata: {} });
    }
    return { LaunchTemplateVersions: [{ LaunchTemplateData: { NetworkInterfaces: interfaces } }] };
  };
  return ec2;
}

describe('templateReader', () => {
  it.each<[string, readonly Interface[] | undefined, object | undefined]>([
    ['says nothing', [], { isPublic: false, isPrivateIpv4: false }],
    ['asks for an address', [{ AssociatePublicIpAddress: true }], { isPublic: true, isPrivateIpv4: false }],
    ['asks for none', [{ AssociatePublicIpAddress: false }], { isPublic: false, isPrivateIpv4: true }],
    [
      'asks for none on a further interface only',
      [{ DeviceIndex: 1, AssociatePublicIpAddress: false }],
      { isPublic: false, isPrivateIpv4: false },
    ],
    [
      'asks for no IPv4 address, and for IPv6',
      [{ DeviceIndex: 0, AssociatePublicIpAddress: false, Ipv6AddressCount: 1 }],
      { isPublic: true, isPrivateIpv4: true },
    ],
    [
      'has interfaces of other network cards first',
      [
        { NetworkCardIndex: 1, DeviceIndex: 0, InterfaceType: 'efa-only' },
        { NetworkCardIndex: 0, DeviceIndex: 0, AssociatePublicIpAddress: false },
      ],
      { isPublic: false, isPrivateIpv4: true },
    ],
    ['is gone', undefined, undefined],
  ])('knows a template that %s', async (_what, interfaces, addresses) => {
    const found = await templateReader(ec2With(interfaces))({ id: 'lt-0a', version: '3' });
    expect(found).toEqual(addresses);
  });

  it.each([
    ['a version that was read, which nobody can change', [{ AssociatePublicIpAddress: true }], '3', 1],
    ['no version of that name, which means another one later', [{ AssociatePublicIpAddress: true }], '$Latest', 2],
    ['nothing of one that could not be read', undefined, '3', 2],
  ])('remembers %s', async (_what, interfaces, version, calls) => {
    const ec2 = ec2With(interfaces);
    const send = vi.spyOn(ec2, 'send');
    const read = templateReader(ec2);
    const first = await read({ id: 'lt-0a', version });
    expect(await read({ id: 'lt-0a', version })).toEqual(first);
    expect(send).toHaveBeenCalledTimes(calls);
    await read({ id: 'lt-0b', version });
    expect(send).toHaveBeenCalledTimes(calls + 1);
  });
});
