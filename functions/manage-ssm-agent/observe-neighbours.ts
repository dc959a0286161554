import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeInstances, filtersOf } from '../shared/fleet/instances.ts';
import { primaryGroupIds } from './network/networks.ts';
import type { AgentView } from './observation.ts';
import { readAgents } from './observe-agents.ts';

/**
 * An agent pings every five minutes ("PingStatus", Systems Manager API). One that pinged this recently has a working
 * path, ms.
 */
const JUST_NOW = 6 * 60_000;

/** How many neighbours of each kind are considered: the latest launched, which resemble a new worker most. */
const NEIGHBOURS = 50;

const RUNNING = { Name: 'instance-state-name', Values: ['running'] };

/**
 * Finds for each instance another one in the same subnet, with the same security groups, whose agent answers at
 * present. Whatever the network looks like, such a neighbour proves that it lets agents through.
 *
 * @param now epoch milliseconds
 * @returns ids of such neighbours, by instance id
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

/** What determines the network path: subnet, security groups, and whether there is a public address. */
const placeOf = (instance: Instance): string =>
  JSON.stringify([instance.SubnetId, primaryGroupIds(instance).sort(), instance.PublicIpAddress !== undefined]);
