import {
  CreateSnapshots$,
  type CreateSnapshotsCommandInput,
  type CreateSnapshotsCommandOutput,
  DescribeSnapshots$,
  type DescribeSnapshotsCommandInput,
  type DescribeSnapshotsCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { existingInstance } from './existing-instance.ts';
import type { FilterFields } from './filters.ts';
import { arnOf, creationPermissions, permissionOn, requestedTags } from './resources.ts';
import { describedTags, namedOnes, search } from './search.ts';
import type { Snapshot } from './snapshots.ts';
import type { Ec2State } from './state.ts';

/** Snapshots of an instance's volumes. There is no idempotency token, so every call creates new snapshots. */
export function snapshotOperations(state: Ec2State): Record<string, Operation> {
  const { world, instances, snapshots } = state;
  const describe = (snapshot: Snapshot) => {
    const progress = snapshots.progressOf(snapshot);
    return {
      SnapshotId: snapshot.id,
      VolumeId: snapshot.volumeId,
      VolumeSize: snapshot.sizeGiB,
      Description: snapshot.description,
      StartTime: new Date(snapshot.startedAt),
      State: progress === 100 ? ('completed' as const) : ('pending' as const),
      Progress: `${progress}%`,
      OwnerId: world.accountId,
      Encrypted: false,
      Tags: describedTags(snapshot.tags),
    };
  };
  const id = (snapshot: Snapshot) => snapshot.id;
  const fields: FilterFields<Snapshot> = {
    'snapshot-id': id,
    'volume-id': ({ volumeId }) => volumeId,
    status: (snapshot) => describe(snapshot).State,
    description: ({ description }) => description,
    'owner-id': () => world.accountId,
  };
  return {
    CreateSnapshots: operation<CreateSnapshotsCommandInput, CreateSnapshotsCommandOutput>(
      CreateSnapshots$,
      ['InstanceSpecification', 'Description', 'TagSpecifications'],
      ({ InstanceSpecification = {}, Description = '', TagSpecifications }) => {
        const { InstanceId = '', ...options } = InstanceSpecification;
        const [unsupported] = Object.keys(options);
        if (unsupported !== undefined) throw new NotImplemented(`CreateSnapshots with ${unsupported}`);
        const { id: instanceId, state: instanceState, volumes } = existingInstance(instances, InstanceId);
        if (instanceState === 'terminated' || instanceState === 'shutting-down') {
          const message = `The instance '${instanceId}' is not in a state from which it can be snapshotted: ${instanceState}.`;
          throw new AwsError('IncorrectState', message);
        }
        if (volumes.some((volume) => snapshots.isTooSoon(volume.id))) {
          const message = 'The maximum per volume CreateSnapshot request rate has been exceeded.';
          throw new AwsError('SnapshotCreationPerVolumeRateExceeded', message);
        }
        const tags = requestedTags(TagSpecifications, 'snapshot');
        const made = volumes.map(({ id: volumeId, sizeGiB }) =>
          snapshots.create({ volumeId, sizeGiB, description: Description, tags: new Map(tags) }),
        );
        return { Snapshots: made.map(describe) };
      },
      ({ InstanceSpecification, TagSpecifications }) => {
        const instanceId = InstanceSpecification?.InstanceId ?? '';
        return [
          permissionOn(state, 'CreateSnapshots', instanceId),
          ...(instances.get(instanceId)?.volumes ?? []).map((volume) => ({
            action: 'ec2:CreateSnapshots',
            resource: arnOf(state, 'volume', volume.id),
          })),
          ...creationPermissions(state, 'CreateSnapshots', 'snapshot', TagSpecifications),
        ];
      },
    ),
    DescribeSnapshots: operation<DescribeSnapshotsCommandInput, DescribeSnapshotsCommandOutput>(
      DescribeSnapshots$,
      ['SnapshotIds', 'OwnerIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ SnapshotIds, OwnerIds, ...request }) => {
        const owners = OwnerIds ?? ['self'];
        const own = owners.some((owner) => owner === 'self' || owner === world.accountId) ? snapshots.list() : [];
        const named = namedOnes(own, id, SnapshotIds, 'InvalidSnapshot', 'snapshot');
        const { items, nextToken } = search(named, id, fields, ({ tags }) => tags, request, 1000);
        return { Snapshots: items.map(describe), NextToken: nextToken };
      },
    ),
  };
}
