import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import type { LaunchTemplate } from '../model/observation.ts';

/** What a launch template says about public addresses. It overrides the subnet. */
export interface TemplateAddresses {
  /** Whether launches have public addresses wherever their subnet leads to the Internet. */
  readonly isPublic: boolean;
  /** Whether launches have no public IPv4 address even in a subnet that hands them out. */
  readonly isPrivateIpv4: boolean;
}

/** Reads what launch templates say about public addresses; undefined where that cannot be told. */
export type TemplateReader = (template: LaunchTemplate) => Promise<TemplateAddresses | undefined>;

/** How many versions are remembered, of some hundred bytes each. */
const REMEMBERED = 500;

/**
 * Makes a reader that remembers the versions that it has read for as long as its process lives, because nobody can change
 * a version. One that is deleted meanwhile still says how its instances were launched. Source: EC2 user guide, "Modify a
 * launch template" ("Launch templates are immutable").
 */
export function templateReader(ec2: EC2Client): TemplateReader {
  const known = new Map<string, TemplateAddresses>();
  return async (template) => {
    const key = keyOfTemplate(template);
    const addresses = known.get(key) ?? (await readTemplateAddresses(ec2, template));
    // `$Default` and `$Latest` mean another version later.
    if (addresses !== undefined && /^\d+$/.test(template.version)) {
      if (known.size >= REMEMBERED) known.clear();
      known.set(key, addresses);
    }
    return addresses;
  };
}

/**
 * Reads what a launch template says about public addresses; undefined where it may not be read or is gone. Karpenter
 * deletes its own templates after a while.
 */
async function readTemplateAddresses(
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
 * IPv6 addresses count where the subnet leads to the Internet, which a caller with an exposed worker knows.
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
  // Other network cards may have a first device, too.
  const first = NetworkInterfaces.find(
    ({ DeviceIndex = 0, NetworkCardIndex = 0 }) => DeviceIndex === 0 && NetworkCardIndex === 0,
  );
  return { isPublic, isPrivateIpv4: first?.AssociatePublicIpAddress === false };
}
