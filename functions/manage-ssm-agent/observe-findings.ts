import { type EC2Client, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import { GetServiceSettingCommand, ServiceSettingNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { filtersOf } from '../shared/fleet/instances.ts';
import type { Findings, FoundWorker } from './observation.ts';
import { observeNetworks } from './observe-network.ts';
import { observeProfiles } from './observe-role.ts';

export interface FindingsClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/** The service setting that names the role of Default Host Management. Source: SSM user guide. */
export const HOST_MANAGEMENT_SETTING = '/ssm/managed-instance/default-ec2-instance-management-role';

/**
 * Finds out, for each of these workers, all that an agent needs. Each role, subnet and image is read once.
 *
 * @param versions of the agents that have ever registered, by instance id
 */
export async function observeFindings(
  clients: FindingsClients,
  workers: readonly FoundWorker[],
  versions: ReadonlyMap<string, string>,
): Promise<Map<string, Findings>> {
  if (workers.length === 0) return new Map();
  const instances = workers.map(({ instance }) => instance);
  const [profiles, networks, imageNames, defaultHostManagement] = await Promise.all([
    observeProfiles(
      clients.iam,
      instances.map(({ IamInstanceProfile }) => IamInstanceProfile?.Arn ?? ''),
    ),
    observeNetworks(clients.ec2, instances, versions),
    readImageNames(
      clients.ec2,
      instances.map(({ ImageId }) => ImageId ?? ''),
    ),
    isHostManagementOn(clients.ssm),
  ]);
  return new Map(
    workers.map(({ instanceId, instance }): [string, Findings] => {
      const { IamInstanceProfile, MetadataOptions, ImageId = '' } = instance;
      const profile = profiles.get(IamInstanceProfile?.Arn ?? '');
      return [
        instanceId,
        {
          ...(profile !== undefined && { profile: profile.profile }),
          roleAllowsAgent: profile?.allowsAgent ?? false,
          defaultHostManagement,
          metadata: {
            enabled: MetadataOptions?.HttpEndpoint !== 'disabled',
            // Version 2 works unless the endpoint is off, whether or not it is required.
            version2: MetadataOptions?.HttpEndpoint !== 'disabled',
          },
          network: networks.get(instanceId) ?? {
            kind: 'closed',
            missing: 'The network of the instance cannot be read.',
          },
          imageName: imageNames.get(ImageId) ?? '',
        },
      ];
    }),
  );
}

async function readImageNames(ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, string>> {
  const images: Image[] = [];
  const distinct = [...new Set(imageIds)].filter((id) => id !== '');
  for (const filter of filtersOf('image-id', distinct)) {
    const input = { Filters: [filter] };
    for await (const page of paginateDescribeImages({ client: ec2 }, input)) images.push(...(page.Images ?? []));
  }
  return new Map(images.map(({ ImageId = '', Name = '' }) => [ImageId, Name]));
}

async function isHostManagementOn(ssm: SSMClient): Promise<boolean> {
  try {
    const { ServiceSetting } = await ssm.send(new GetServiceSettingCommand({ SettingId: HOST_MANAGEMENT_SETTING }));
    const role = ServiceSetting?.SettingValue ?? '';
    return role !== '' && role !== '$None';
  } catch (error) {
    if (error instanceof ServiceSettingNotFound) return false;
    throw error;
  }
}
