import {
  DescribeVolumes$,
  type DescribeVolumesCommandInput,
  type DescribeVolumesCommandOutput,
  GetEbsEncryptionByDefault$,
  type GetEbsEncryptionByDefaultCommandInput,
  type GetEbsEncryptionByDefaultCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import type { Instance } from './instances.ts';
import { namedOnes, search } from './search.ts';
import type { Ec2State } from './state.ts';
import type { Volume } from './volumes.ts';

interface Attached {
  readonly volume: Volume;
  readonly instance: Instance;
}

/**
 * Volumes of instances; a worker's volumes are deleted with it. As in a new account, no volume is encrypted, nor are
 * new ones by default (EC2 API reference, GetEbsEncryptionByDefault).
 */
export function volumeOperations({ instances }: Ec2State): Record<string, Operation> {
  const attached = (): Attached[] =>
    instances
      .list()
      .filter(({ state }) => state !== 'terminated')
      .flatMap((instance) => instance.volumes.map((volume) => ({ volume, instance })));
  const id = ({ volume }: Attached) => volume.id;
  const fields: FilterFields<Attached> = {
    'volume-id': id,
    'attachment.instance-id': ({ instance }) => instance.id,
    'attachment.device': ({ volume }) => volume.deviceName,
    encrypted: () => 'false',
    status: () => 'in-use',
  };
  return {
    DescribeVolumes: operation<DescribeVolumesCommandInput, DescribeVolumesCommandOutput>(
      DescribeVolumes$,
      ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ VolumeIds, ...request }) => {
        const named = namedOnes(attached(), id, VolumeIds, 'InvalidVolume', 'volume');
        const { items, nextToken } = search(named, id, fields, () => new Map(), request, 1000);
        return { Volumes: items.map(describeVolume), NextToken: nextToken };
      },
    ),
    GetEbsEncryptionByDefault: operation<GetEbsEncryptionByDefaultCommandInput, GetEbsEncryptionByDefaultCommandOutput>(
      GetEbsEncryptionByDefault$,
      [],
      () => ({ EbsEncryptionByDefault: false, SseType: 'none' as const }),
    ),
  };
}

const describeVolume = ({ volume, instance }: Attached) => ({
  VolumeId: volume.id,
  Size: volume.sizeGiB,
  State: 'in-use' as const,
  VolumeType: 'gp3' as const,
  Encrypted: false,
  AvailabilityZone: instance.availabilityZone,
  CreateTime: new Date(instance.launchedAt),
  Attachments: [
    {
      VolumeId: volume.id,
      InstanceId: instance.id,
      Device: volume.deviceName,
      State: 'attached' as const,
      AttachTime: new Date(instance.launchedAt),
      DeleteOnTermination: true,
    },
  ],
});
