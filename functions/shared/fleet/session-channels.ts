import { ConnectionStatus, GetConnectionStatusCommand, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import type { DescribedInstance } from './described-instance.ts';
import { isOfAws } from './reading.ts';

/** How many of the instances that are alike are asked about, until one has a connection. */
const ASKED_AT_MOST = 5;

/**
 * Asks whether Session Manager reaches these instances, by instance id; an instance is missing where AWS could not be
 * asked. A call answers for one instance only. What keeps sessions away (an endpoint, its policy, a security group, a
 * role) is the same for instances of one VPC with the same groups and role. So one that has a connection stands for all
 * that were not asked about, and a few that have none stand for them where nobody has one. The oldest come first: one
 * that was just launched may get its connection yet.
 */
export async function readSessions(
  ssm: SSMClient,
  instances: readonly DescribedInstance[],
): Promise<Map<string, boolean>> {
  const launchedAt = ({ LaunchTime }: DescribedInstance) => LaunchTime?.getTime() ?? 0;
  const alike = Map.groupBy(
    instances.toSorted((a, b) => launchedAt(a) - launchedAt(b)),
    ({ VpcId, IamInstanceProfile, SecurityGroups = [] }) =>
      [VpcId, IamInstanceProfile?.Arn, ...SecurityGroups.map(({ GroupId }) => GroupId).sort()].join(' '),
  );
  const ask = async (group: readonly DescribedInstance[]): Promise<Array<[string, boolean]>> => {
    const ids = group.flatMap(({ InstanceId }) => InstanceId ?? []);
    const unconnected = new Set<string>();
    for (const id of ids.slice(0, ASKED_AT_MOST)) {
      const isConnected = await readConnection(ssm, id);
      if (isConnected === undefined) return [];
      if (isConnected) return ids.map((each) => [each, !unconnected.has(each)]);
      unconnected.add(id);
    }
    return ids.map((each) => [each, false]);
  };
  return new Map((await pMap(alike.values(), ask, { concurrency: READ_CONCURRENCY })).flat());
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
