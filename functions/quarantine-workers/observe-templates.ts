import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { refusalOf } from './aws-refusal.ts';
import type { LaunchTemplate } from './observation.ts';

/**
 * Those of the launch templates that give whatever is launched from them public addresses, as `id version`. Karpenter
 * deletes its own after a while: one that is gone, or that may not be read, proves no design.
 */
export async function readPublicTemplates(ec2: EC2Client, templates: readonly LaunchTemplate[]): Promise<Set<string>> {
  const distinct = new Map(templates.map((template) => [keyOfTemplate(template), template]));
  const read = async ([key, { id, version }]: [string, LaunchTemplate]): Promise<string[]> => {
    try {
      const asked = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: [version] });
      const { LaunchTemplateVersions = [] } = await ec2.send(asked);
      return LaunchTemplateVersions.some(({ LaunchTemplateData = {} }) => isPublic(LaunchTemplateData)) ? [key] : [];
    } catch (error) {
      if (refusalOf(error) === undefined) throw error;
      return [];
    }
  };
  return new Set((await pMap(distinct, read, { concurrency: READ_CONCURRENCY })).flat());
}

export const keyOfTemplate = ({ id, version }: LaunchTemplate): string => `${id} ${version}`;

/** IPv6 addresses count where the subnet leads to the Internet, which whoever asks knows: a worker of it is exposed. */
const isPublic = ({ NetworkInterfaces = [] }: ResponseLaunchTemplateData): boolean =>
  NetworkInterfaces.some(
    ({ AssociatePublicIpAddress, AssociateCarrierIpAddress, Ipv6AddressCount = 0, Ipv6Addresses = [], PrimaryIpv6 }) =>
      AssociatePublicIpAddress === true ||
      AssociateCarrierIpAddress === true ||
      Ipv6AddressCount > 0 ||
      Ipv6Addresses.length > 0 ||
      PrimaryIpv6 === true,
  );
