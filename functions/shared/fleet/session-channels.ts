import { ConnectionStatus, GetConnectionStatusCommand, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { isOfAws } from '../runtime/aws-error.ts';
import { primaryGroupIds } from './described-instance.ts';
import type { FoundWorker } from './find-workers.ts';

/** An instance that may have a connection for sessions. */
export interface Host {
  readonly id: string;
  /** The same for instances that the same routes, endpoints, security groups and role keep from sessions, or let have them. */
  readonly alike: string;
  /** Epoch milliseconds; absent where not known. */
  readonly launchedAt?: number;
}

/**
 * A worker as a host. Endpoints serve a VPC, so workers of one VPC with the same role and security groups are alike.
 * Other subnets of it may have another route or network ACL: where only `ssm` and `ec2messages` have endpoints, the
 * agents of all subnets answer, and sessions reach those with a NAT gateway. Whoever closes SSH therefore takes only
 * workers of one subnet for alike. Whoever only tells of sessions asks less.
 */
export const hostOf =
  (within: 'VpcId' | 'SubnetId') =>
  ({ instanceId, instance }: Pick<FoundWorker, 'instanceId' | 'instance'>): Host => ({
    id: instanceId,
    alike: [instance[within], instance.IamInstanceProfile?.Arn, ...primaryGroupIds(instance).sort()].join(' '),
    launchedAt: instance.LaunchTime?.getTime() ?? 0,
  });

/** How many of the instances that are alike are asked about, until one has a connection. */
const ASKED_AT_MOST = 5;

/**
 * Asks whether Session Manager reaches these instances, by instance id; an instance is missing where AWS could not be
 * asked. A call answers for one instance only. So one that has a connection stands for all that are like it and were not
 * asked about, and a few that have none stand for them where nobody has one. The oldest come first: one that was just
 * launched may get its connection yet.
 */
export async function readSessions(ssm: SSMClient, hosts: readonly Host[]): Promise<Map<string, boolean>> {
  const oldestFirst = hosts.toSorted((a, b) => (a.launchedAt ?? 0) - (b.launchedAt ?? 0));
  const groups = Map.groupBy(oldestFirst, ({ alike }) => alike);
  const ask = async (group: readonly Host[]): Promise<Array<[string, boolean]>> => {
    const ids = group.map(({ id }) => id);
    const unconnected = new Set<string>();
    for (const id of ids.slice(0, ASKED_AT_MOST)) {
      const isConnected = await readConnection(ssm, id);
      if (isConnected === undefined) return [];
      if (isConnected) return ids.map((each) => [each, !unconnected.has(each)]);
      unconnected.add(id);
    }
    return ids.map((each) => [each, false]);
  };
  return new Map((await pMap(groups.values(), ask, { concurrency: READ_CONCURRENCY })).flat());
}

async function readConnection(ssm: SSMClient, Target: string): Promise<boolean | undefined> {
  try {
    const { Status } = await ssm.send(new GetConnectionStatusCommand({ Target }));
    return Status === undefined ? undefined : Status === ConnectionStatus.CONNECTED;
  } catch (error) {
    // The agent answers all the same. The next sweep asks again.
    if (isOfAws(error)) return undefined;
    throw error;
  }
}
