import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { refusalOf } from '../shared/runtime/aws-refusal.ts';
import type { LaunchTemplate } from './observation.ts';

/** What a launch template says about public addresses, whatever the subnet hands out. */
export interface TemplateAddresses {
  /** Launches have addresses that the Internet reaches, where their subnet leads there. */
  readonly isPublic: boolean;
  /** Launches have no public IPv4 address, also where their subnet hands them out. */
  readonly isPrivateIpv4: boolean;
}

/**
 * What a launch template says about public addresses. Karpenter deletes its own after a while: undefined for one that is
 * gone, or that may not be read.
 */
export async function readTemplateAddresses(
  ec2: EC2Client,
  { id, version }: LaunchTemplate,
): Promise<TemplateAddresses | undefined> {
  try {
    const asked = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: [version] });
    const [found] = (await ec2.send(asked)).LaunchTemplateVersions ?? [];
    return found?.LaunchTemplateData && addressesOf(found.LaunchTemplateData);
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return undefined;
  }
}

export const keyOfTemplate = ({ id, version }: LaunchTemplate): string => `${id} ${version}`;

/**
 * IPv6 addresses count where the subnet leads to the Internet, which whoever asks knows: a worker of it is exposed.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html a launch overrides the subnet's setting
 */
function addressesOf({ NetworkInterfaces = [] }: ResponseLaunchTemplateData): TemplateAddresses {
  const isPublic = NetworkInterfaces.some(
    ({ AssociatePublicIpAddress, AssociateCarrierIpAddress, Ipv6AddressCount = 0, Ipv6Addresses = [], PrimaryIpv6 }) =>
      AssociatePublicIpAddress === true ||
      AssociateCarrierIpAddress === true ||
      Ipv6AddressCount > 0 ||
      Ipv6Addresses.length > 0 ||
      PrimaryIpv6 === true,
  );
  const first = NetworkInterfaces.find(({ DeviceIndex = 0 }) => DeviceIndex === 0);
  return { isPublic, isPrivateIpv4: first?.AssociatePublicIpAddress === false };
}
