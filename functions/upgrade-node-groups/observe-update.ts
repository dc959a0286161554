import { type EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import {
  DescribeUpdateCommand,
  type EKSClient,
  paginateListUpdates,
  ResourceNotFoundException,
  type Update,
} from '@aws-sdk/client-eks';
import type { NodeGroupKey, Upgrade } from '../shared/ledger/node-group-ledger.ts';
import type { UpdateView } from './observation.ts';

interface Clients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
}

/** EKS's clock and ours may differ by this much, ms. */
const CLOCK_SKEW = 60_000;

/**
 * How an upgrade that we asked for stands. Without an update id (a crash came between asking and noting the answer) it
 * is looked for among the node group's updates.
 *
 * @param desired the node group's desired size
 */
export async function observeUpdate(
  { eks, ec2 }: Clients,
  key: NodeGroupKey,
  upgrade: Upgrade,
  desired: number,
): Promise<UpdateView> {
  const update =
    upgrade.updateId === undefined
      ? await findUpdate(eks, key, upgrade)
      : await describeUpdate(eks, key, upgrade.updateId);
  if (update?.id === undefined) return { kind: 'absent' };
  const { id: updateId, status, errors = [], createdAt } = update;
  switch (status) {
    case 'Successful':
      return { kind: 'successful', updateId };
    case 'Failed':
    case 'Cancelled': {
      const named = errors.map(({ errorCode, errorMessage, resourceIds = [] }) => ({
        code: errorCode ?? 'Unknown',
        message: [errorMessage ?? '', resourceIds.length > 0 ? `(${resourceIds.join(', ')})` : ''].join(' ').trim(),
      }));
      const silent = { code: status, message: `EKS names no error; the update is ${status}` };
      return { kind: 'failed', updateId, errors: named.length > 0 ? named : [silent] };
    }
    default:
      // In progress, or a status newer than this code: it has not ended.
      return { kind: 'in-progress', updateId, replaced: await countLaunched(ec2, key, createdAt), desired };
  }
}

async function describeUpdate(eks: EKSClient, key: NodeGroupKey, updateId: string): Promise<Update | undefined> {
  const input = { name: key.cluster, nodegroupName: key.nodegroup, updateId };
  try {
    return (await eks.send(new DescribeUpdateCommand(input))).update;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function findUpdate(eks: EKSClient, key: NodeGroupKey, upgrade: Upgrade): Promise<Update | undefined> {
  const pages = paginateListUpdates({ client: eks }, { name: key.cluster, nodegroupName: key.nodegroup });
  for await (const page of pages) {
    for (const updateId of page.updateIds ?? []) {
      const update = await describeUpdate(eks, key, updateId);
      const asked = update?.params?.find(({ type }) => type === 'ReleaseVersion')?.value;
      const createdAt = update?.createdAt?.getTime() ?? 0;
      if (asked === upgrade.releaseVersion && createdAt >= upgrade.requestedAt - CLOCK_SKEW) return update;
    }
  }
  return undefined;
}

/** How many nodes of the group were launched since `since`: the progress of the roll. */
async function countLaunched(ec2: EC2Client, key: NodeGroupKey, since: Date | undefined): Promise<number> {
  const Filters = [
    { Name: 'tag:eks:cluster-name', Values: [key.cluster] },
    { Name: 'tag:eks:nodegroup-name', Values: [key.nodegroup] },
    { Name: 'instance-state-name', Values: ['pending', 'running'] },
  ];
  let launched = 0;
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    const instances = (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    launched += instances.filter(({ LaunchTime }) => since !== undefined && LaunchTime && LaunchTime >= since).length;
  }
  return launched;
}
