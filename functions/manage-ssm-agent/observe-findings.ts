import { type EC2Client, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import type { FoundWorker } from '../shared/fleet/find-workers.ts';
import { filtersOf } from '../shared/fleet/instances.ts';
import type { Location } from '../shared/iam/location.ts';
import { type ObservedProfile, observeProfiles } from '../shared/iam/read-roles.ts';
import { unlessUnread } from '../shared/runtime/aws-error.ts';
import { readNetworks } from './network/networks.ts';
import { shutInBy, wayOf } from './network/way.ts';
import type { Findings, NetworkFinding } from './observation.ts';
import { type HybridAgent, readHybridAgents } from './observe-agents.ts';
import { hostManagementFor, passingOf, readHostManagement } from './observe-host-management.ts';
import { findNeighbours, type Known } from './observe-neighbours.ts';
import { roleRights } from './rights/role-rights.ts';

export interface FindingsClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}

/** What is found of workers, by instance id. */
export interface Found {
  readonly findings: ReadonlyMap<string, Findings>;
  /** Of which workers something cannot be read for now, and why: `Code: message`. */
  readonly unread: ReadonlyMap<string, string>;
}

/**
 * Reads, for each of these workers, everything that an agent needs. Each role, VPC and image is read once. What cannot be
 * read is a doubt about the workers that it concerns, and holds up no others.
 *
 * @param known all workers of the reconcile, which may be neighbours of these, and their agents
 * @param now epoch milliseconds
 */
export async function observeFindings(
  clients: FindingsClients,
  location: Location,
  workers: readonly FoundWorker[],
  known: Known,
  now: number,
): Promise<Found> {
  if (workers.length === 0) return { findings: new Map(), unread: new Map() };
  const { agents } = known;
  const instances = workers.map(({ instance }) => instance);
  const someNeverRegistered = workers.some(({ instanceId }) => !agents.has(instanceId));
  const [profiles, networks, imageNames, hostManagement, hybrids] = await Promise.all([
    observeProfiles(
      clients.iam,
      instances.map(({ IamInstanceProfile }) => IamInstanceProfile?.Arn ?? ''),
    ),
    unlessUnread(readNetworks(clients.ec2, instances)),
    unlessUnread(
      readImageNames(
        clients.ec2,
        instances.map(({ ImageId }) => ImageId ?? ''),
      ),
    ),
    readHostManagement(clients),
    someNeverRegistered ? readHybridAgents(clients.ssm) : [],
  ]);
  const profileOf = ({ IamInstanceProfile }: DescribedInstance) => profiles.get(IamInstanceProfile?.Arn ?? '');
  const identityOf = (instance: DescribedInstance) => ({
    ...location,
    instanceId: instance.InstanceId ?? '',
    roleArn: profileOf(instance)?.role?.roleArn,
  });
  const ways = new Map(
    workers.map(({ instanceId, instance }): [string, NetworkFinding] => [
      instanceId,
      networks.refused === undefined
        ? wayOf(instance, agents.get(instanceId)?.version, identityOf(instance), networks.found)
        : { kind: 'unsure', doubt: `The network of the instance cannot be read: ${networks.refused}.` },
    ]),
  );
  // A worker whose own agent answers lacks sessions, of which an answering neighbour proves nothing.
  const doubtful = instances.filter(
    ({ InstanceId = '' }) => ways.get(InstanceId)?.kind !== 'open' && agents.get(InstanceId)?.online !== true,
  );
  const neighbours = await findNeighbours(clients, doubtful, known, now);
  const ofAll = [networks, imageNames].find(({ mayPass }) => mayPass)?.refused ?? passingOf(hostManagement);
  const unread = new Map(
    workers.flatMap(({ instanceId, instance }): Array<[string, string]> => {
      const { unread: why, mayBeRead } = profileOf(instance) ?? {};
      const error = mayBeRead ? why : ofAll;
      return error === undefined ? [] : [[instanceId, error]];
    }),
  );
  const findings = new Map(
    workers.map(({ instanceId, instance }): [string, Findings] => {
      const { MetadataOptions, ImageId = '', Platform } = instance;
      const neighbour = neighbours.get(instanceId);
      const profile = profileOf(instance);
      const shutIn = networks.found && shutInBy(instance, networks.found);
      const registeredAs = agents.has(instanceId) ? undefined : hybridOf(instance, hybrids);
      return [
        instanceId,
        {
          ...(profile !== undefined && { profile: profileFor(profile, identityOf(instance)) }),
          ...hostManagementFor(hostManagement, identityOf(instance)),
          metadata: {
            enabled: MetadataOptions?.HttpEndpoint !== 'disabled',
            // IMDSv2 works unless the endpoint is disabled, whether or not it is required.
            version2: MetadataOptions?.HttpEndpoint !== 'disabled',
          },
          network:
            neighbour === undefined
              ? (ways.get(instanceId) ?? { kind: 'unsure', doubt: 'The network of the instance cannot be read.' })
              : { kind: 'open', way: `as ${neighbour} beside it, whose agent answers` },
          ...(shutIn !== undefined && { shutInBy: shutIn }),
          // Without the name, the operating system that the node tells keeps the agent from Bottlerocket.
          imageName: imageNames.found?.get(ImageId) ?? '',
          windows: Platform?.toLowerCase() === 'windows',
          ...(registeredAs !== undefined && { registeredAs }),
        },
      ];
    }),
  );
  return { findings, unread };
}

function profileFor(
  { name, role, gone, unread }: ObservedProfile,
  identity: Parameters<typeof roleRights>[1],
): NonNullable<Findings['profile']> {
  if (unread !== undefined) {
    const unknown = { arn: '', fingerprint: '', allows: 'unsure', registers: 'unsure', forbidden: true } as const;
    return { name, role: { name: `of instance profile ${name}`, ...unknown, why: `it cannot be read: ${unread}` } };
  }
  if (role === undefined) return { name, ...(gone && { gone }) };
  const { roleArn, fingerprint, distrusts } = role;
  const rights = { ...roleRights(role, identity), ...(distrusts && { distrusts, forbidden: true }) };
  return { name, role: { name: role.name, arn: roleArn, fingerprint, ...rights } };
}

/**
 * The hybrid registration of this host. Address and name must both match, since addresses repeat among VPCs. One that has
 * not pinged since the launch is of a host that had the address before: registrations outlive their hosts.
 */
const hybridOf = (
  { PrivateIpAddress, PrivateDnsName = '', LaunchTime }: DescribedInstance,
  hybrids: readonly HybridAgent[],
): string | undefined =>
  hybrids.find(
    ({ address, computerName, lastPingAt }) =>
      address === PrivateIpAddress &&
      hostOf(computerName) !== '' &&
      hostOf(computerName) === hostOf(PrivateDnsName) &&
      lastPingAt >= (LaunchTime?.getTime() ?? 0),
  )?.id;

/** Returns `ip-10-0-1-7` for `ip-10-0-1-7.eu-central-1.compute.internal`. */
const hostOf = (name: string): string => name.split('.')[0]?.toLowerCase() ?? '';

async function readImageNames(ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, string>> {
  const images: Image[] = [];
  const distinct = [...new Set(imageIds)].filter((id) => id !== '');
  for (const filter of filtersOf('image-id', distinct)) {
    const input = { Filters: [filter] };
    for await (const page of paginateDescribeImages({ client: ec2 }, input)) images.push(...(page.Images ?? []));
  }
  return new Map(images.map(({ ImageId = '', Name = '' }) => [ImageId, Name]));
}
