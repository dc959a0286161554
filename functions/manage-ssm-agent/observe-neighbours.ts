import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { type DescribedInstance, primaryGroupIds } from '../shared/fleet/described-instance.ts';
import { filtersOf, instancePages, RUNNING } from '../shared/fleet/instances.ts';
import type { AgentView } from './observation.ts';
import { readAgents } from './observe-agents.ts';

/**
 * An agent pings every five minutes ("PingStatus", Systems Manager API). One that pinged this recently has a working
 * path, ms.
 */
const JUST_NOW = 6 * 60_000;

/** How many neighbours of each kind are considered: the latest launched, which resemble a new worker most. */
const NEIGHBOURS = 50;

/** An instance that was launched this long ago has an agent that answers, if it ever has one, ms. */
const STARTED = 3_600_000;

/** Instances that have been read already, with the agents of those that have ever registered, by instance id. */
export interface Known {
  readonly instances: readonly DescribedInstance[];
  readonly agents: ReadonlyMap<string, AgentView>;
}

/**
 * Finds for each instance another one in the same subnet, with the same security groups, whose agent answers at
 * present. Whatever the network looks like, such a neighbour proves that it lets agents through. Where no known instance
 * is one, all instances of the subnet are read, unless many known ones are silent there: a sweep of a large cluster would
 * read it once more.
 *
 * @param now epoch milliseconds
 * @returns ids of such neighbours, by instance id
 */
export async function findNeighbours(
  clients: { readonly ec2: EC2Client; readonly ssm: SSMClient },
  instances: readonly DescribedInstance[],
  known: Known,
  now: number,
): Promise<Map<string, string>> {
  if (instances.length === 0) return new Map();
  const answering = new Map<string, string>();
  const note = (neighbours: readonly Neighbour[], agents: Known['agents']) => {
    for (const { instanceId, place } of neighbours) {
      if (answersNow(agents.get(instanceId), now)) answering.set(place, instanceId);
    }
  };
  const beside = known.instances.map(neighbourOf);
  note(beside, known.agents);
  const settled = Map.groupBy(
    beside.filter(({ launchedAt }) => launchedAt > 0 && now - launchedAt > STARTED),
    ({ place }) => place,
  );
  const alone = instances.filter((instance) => {
    const place = placeOf(instance);
    return !answering.has(place) && (settled.get(place)?.length ?? 0) < NEIGHBOURS;
  });
  if (alone.length > 0) {
    const seen = new Set([...instances, ...known.instances].map(({ InstanceId = '' }) => InstanceId));
    const asked = await findOthers(clients.ec2, alone, seen);
    const ids = asked.map(({ instanceId }) => instanceId);
    note(asked, await readAgents(clients.ssm, ids));
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

interface Neighbour {
  readonly instanceId: string;
  readonly place: string;
  /** Epoch milliseconds; 0 where EC2 does not say. */
  readonly launchedAt: number;
}

/**
 * The latest launched instances in the places of the given ones, without those seen before. A subnet may have thousands
 * of instances, so only the latest of each place are kept from page to page.
 */
async function findOthers(
  ec2: EC2Client,
  instances: readonly DescribedInstance[],
  seen: ReadonlySet<string>,
): Promise<Neighbour[]> {
  const subnets = [...new Set(instances.flatMap(({ SubnetId }) => SubnetId ?? []))];
  const latest = new Map<string, readonly Neighbour[]>(instances.map((instance) => [placeOf(instance), []]));
  for (const filter of filtersOf('subnet-id', subnets)) {
    for await (const page of instancePages(ec2, [RUNNING, filter])) {
      for (const [place, found] of Map.groupBy(page.map(neighbourOf), (one) => one.place)) {
        const [known, others] = [latest.get(place), found.filter(({ instanceId }) => !seen.has(instanceId))];
        if (known !== undefined) latest.set(place, [...known, ...others].toSorted(byLaunch).slice(0, NEIGHBOURS));
      }
    }
  }
  return [...latest.values()].flat();
}

const byLaunch = (a: Neighbour, b: Neighbour): number => b.launchedAt - a.launchedAt;

const neighbourOf = (instance: DescribedInstance): Neighbour => ({
  instanceId: instance.InstanceId ?? '',
  place: placeOf(instance),
  launchedAt: instance.LaunchTime?.getTime() ?? 0,
});

/** What determines the network path: subnet, security groups, and whether there is a public address. */
const placeOf = (instance: DescribedInstance): string =>
  JSON.stringify([instance.SubnetId, primaryGroupIds(instance).sort(), instance.PublicIpAddress !== undefined]);
