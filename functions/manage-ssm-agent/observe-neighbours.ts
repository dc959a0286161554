import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeInstances, filtersOf } from '../shared/fleet/instances.ts';
import { primaryGroupIds } from './network/networks.ts';
import type { AgentView } from './observation.ts';
import { readAgents } from './observe-agents.ts';

/** An agent pings every five minutes ("PingStatus", Systems Manager API): one that did just now has a way just now. */
const JUST_NOW = 6 * 60_000;

/** How many neighbours in one place are asked for: the ones launched last, who are most like a new worker. */
const NEIGHBOURS = 50;

const RUNNING = { Name: 'instance-state-name', Values: ['running'] };

/**
 * Finds for each instance another one of the same subnet and security groups whose agent answers just now: whatever the
 * network looks like, it lets agents through there.
 *
 * @param now epoch milliseconds
 * @returns ids of such neighbours by instance id
 */
export async function findNeighbours(
  clients: { readonly ec2: EC2Client; readonly ssm: SSMClient },
  instances: readonly Instance[],
  now: number,
): Promise<Map<string, string>> {
  if (instances.length === 0) return new Map();
  const subnets = [...new Set(instances.flatMap(({ SubnetId }) => SubnetId ?? []))];
  const found = await describeInstances(
    clients.ec2,
    filtersOf('subnet-id', subnets).map((filter) => [RUNNING, filter]),
  );
  const silent = new Set(instances.map(({ InstanceId }) => InstanceId));
  const places = new Set(instances.map(placeOf));
  const others = found.filter((one) => !silent.has(one.InstanceId) && places.has(placeOf(one)));
  const asked = [...Map.groupBy(others, placeOf).values()].flatMap((alike) =>
    alike.toSorted((a, b) => launchOf(b) - launchOf(a)).slice(0, NEIGHBOURS),
  );
  const agents = await readAgents(
    clients.ssm,
    asked.flatMap(({ InstanceId }) => InstanceId ?? []),
  );
  const answering = new Map<string, string>();
  for (const one of asked) {
    const { InstanceId = '' } = one;
    if (answersNow(agents.get(InstanceId), now)) answering.set(placeOf(one), InstanceId);
  }
  return new Map(
    instances.flatMap((instance): Array<[string, string]> => {
      const neighbour = answering.get(placeOf(instance));
      return neighbour === undefined ? [] : [[instance.InstanceId ?? '', neighbour]];
    }),
  );
}

const answersNow = (agent: AgentView | undefined, now: number): boolean =>
  agent?.online === true && agent.lastPingAt !== undefined && now - agent.lastPingAt <= JUST_NOW;

const launchOf = ({ LaunchTime }: Instance): number => LaunchTime?.getTime() ?? 0;

/** What decides about a way: the subnet, the groups, and whether there is a public address. */
const placeOf = (instance: Instance): string =>
  JSON.stringify([instance.SubnetId, primaryGroupIds(instance).sort(), instance.PublicIpAddress !== undefined]);
