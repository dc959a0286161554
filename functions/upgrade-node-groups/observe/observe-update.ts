import { DescribeUpdateCommand, type EKSClient, paginateListUpdates, type Update } from '@aws-sdk/client-eks';
import { read } from '../../shared/fleet/reading.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { NodeGroupState, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import type { ForeignUpdate, UnreadableView, UpdateView } from '../model/observation.ts';

/** EKS's clock and ours may differ by this much, ms. */
const CLOCK_SKEW = 60_000;

/**
 * Reads the status of an upgrade that we requested. A crash before the response was saved leaves no update id: then the
 * upgrade is searched for among the node group's updates.
 */
export async function observeUpdate(
  eks: EKSClient,
  key: NodeGroupKey,
  upgrade: Upgrade,
): Promise<UpdateView | UnreadableView> {
  const reading = await read(
    () =>
      upgrade.updateId === undefined
        ? findUpdate(eks, key, isAskedFor(upgrade))
        : describeUpdate(eks, key, upgrade.updateId),
    'tell',
  );
  if (reading.kind === 'unreadable') return reading;
  if (reading.kind === 'gone' || reading.found.id === undefined) return { kind: 'absent' };
  const { id: updateId, status, errors = [] } = reading.found;
  switch (status) {
    case 'Successful':
      return { kind: 'successful', updateId };
    case 'Failed':
    case 'Cancelled': {
      const named = errors.map(({ errorCode, errorMessage, resourceIds = [] }) => ({
        code: errorCode ?? 'Unknown',
        message: [errorMessage ?? '', resourceIds.length > 0 ? `(${resourceIds.join(', ')})` : ''].join(' ').trim(),
        ...(resourceIds.length > 0 && { resources: resourceIds }),
      }));
      const silent = { code: status, message: `EKS names no error; the update is ${status}` };
      return { kind: 'failed', updateId, errors: named.length > 0 ? named : [silent] };
    }
    default:
      // The update is in progress, or has a status newer than this code: it has not ended.
      return { kind: 'in-progress', updateId };
  }
}

/** Finds the update by somebody else that runs on a node group: the known one, as long as it runs. */
export async function observeForeign(
  eks: EKSClient,
  key: NodeGroupKey,
  known: NodeGroupState['foreign'],
  now: number,
): Promise<ForeignUpdate | UnreadableView> {
  const reading = await read(async () => {
    const same = known?.updateId === undefined ? undefined : await describeUpdate(eks, key, known.updateId);
    return same?.status === 'InProgress' ? same : findUpdate(eks, key, ({ status }) => status === 'InProgress');
  }, 'tell');
  if (reading.kind === 'unreadable') return reading;
  if (reading.kind === 'gone') return { since: known?.updateId === undefined ? (known?.since ?? now) : now };
  const { id, createdAt } = reading.found;
  return { since: createdAt?.getTime() ?? known?.since ?? now, ...(id !== undefined && { updateId: id }) };
}

async function describeUpdate(eks: EKSClient, key: NodeGroupKey, updateId: string): Promise<Update | undefined> {
  const input = { name: key.cluster, nodegroupName: key.nodegroup, updateId };
  return (await eks.send(new DescribeUpdateCommand(input))).update;
}

/**
 * Whether an update is the one that an upgrade asked for. An update that names a version of a launch template is known
 * by that version, which was made for the upgrade alone. An update to a custom AMI names no release.
 */
const isAskedFor =
  ({ releaseVersion, templateVersion, requestedAt }: Upgrade) =>
  ({ params = [], createdAt }: Update): boolean => {
    const [wanted, value] =
      templateVersion === undefined
        ? ['ReleaseVersion', releaseVersion]
        : ['LaunchTemplateVersion', String(templateVersion)];
    return (
      params.find(({ type }) => type === wanted)?.value === value &&
      (createdAt?.getTime() ?? 0) >= requestedAt - CLOCK_SKEW
    );
  };

async function findUpdate(
  eks: EKSClient,
  key: NodeGroupKey,
  isWanted: (update: Update) => boolean,
): Promise<Update | undefined> {
  const pages = paginateListUpdates({ client: eks }, { name: key.cluster, nodegroupName: key.nodegroup });
  for await (const page of pages) {
    for (const updateId of page.updateIds ?? []) {
      const reading = await read(() => describeUpdate(eks, key, updateId), 'throw');
      if (reading.kind === 'found' && isWanted(reading.found)) return reading.found;
    }
  }
  return undefined;
}
