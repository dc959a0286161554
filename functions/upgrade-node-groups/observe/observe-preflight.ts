import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  type DescribeInstanceTypeOfferingsCommandInput,
  type EC2Client,
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeSubnets,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { VALUES_PER_FILTER } from '../../shared/fleet/instances.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { codeOf, isOfAws } from '../../shared/runtime/aws-error.ts';
import { chunks } from '../../shared/runtime/chunks.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import {
  addressesFor,
  capacityBlockFor,
  joined,
  type Preflight,
  processesFor,
  type Subnet,
} from '../model/preflight.ts';
import { offeringsFor } from '../moment/offerings.ts';
import { classOf, quotasFor } from '../moment/quotas.ts';
import { readQuotas, readVcpus } from './observe-quotas.ts';

export interface PreflightClients {
  readonly ec2: EC2Client;
  readonly cloudWatch: CloudWatchClient;
}

/**
 * Looks at node groups whose upgrade would start now, by subject. Subnets, offerings and quotas are read for all of
 * them at once, two hundred values a call. Only what surely blocks may block, so a failed read is a warning.
 *
 * @param now epoch ms
 */
export async function observePreflights(
  { ec2, cloudWatch }: PreflightClients,
  observations: readonly Observation[],
  now: number,
): Promise<Map<string, Preflight>> {
  const views = observations.flatMap(({ key, view }) =>
    view.kind === 'node-group' ? [{ subject: subjectOf(key), view }] : [],
  );
  const ids = [...new Set(views.flatMap(({ view: { subnets = [] } }) => subnets))];
  const types = [...new Set(views.flatMap(({ view: { instanceTypes = [] } }) => instanceTypes))];
  const classes = [
    ...new Set(
      views.flatMap(({ view: { instanceTypes = [], capacityType = 'ON_DEMAND' } }) =>
        instanceTypes.flatMap((type) => classOf(type, capacityType) ?? []),
      ),
    ),
  ];
  const [subnets, offerings, quotas] = await Promise.all([
    orWhyNot('the free addresses of its subnets', () => inChunks(ids, (values) => readSubnets(ec2, values))),
    orWhyNot('in which zones EC2 offers its instance types', () =>
      inChunks(types, (values) => readOfferings(ec2, values)),
    ),
    orWhyNot("EC2's quotas", async () => {
      const [vcpusOf, ofClass] = await Promise.all([
        inChunks(types, (values) => readVcpus(ec2, values)),
        inChunks(classes, (names) => readQuotas(cloudWatch, names, now)),
      ]);
      return { vcpusOf, ofClass };
    }),
  ]);
  const look = (view: NodeGroupView): Preflight[] => {
    const room = typeof quotas === 'string' ? warning(quotas) : quotasFor(view, quotas);
    const known = [capacityBlockFor(view), processesFor(view), room];
    if (typeof subnets === 'string') return [...known, warning(subnets)];
    // EKS itself reports a subnet that is gone, as a health issue.
    const own = (view.subnets ?? []).flatMap((id) => subnets.get(id) ?? []);
    const offered = typeof offerings === 'string' ? warning(offerings) : offeringsFor(view, own, offerings);
    return [...known, addressesFor(view, own), offered];
  };
  return joined(views.flatMap(({ subject, view }) => look(view).map((seen) => new Map([[subject, seen]]))));
}

const warning = (text: string): Preflight => ({ blockers: [], warnings: [text] });

/** Returns what was read, or a text that says why it was not. */
async function orWhyNot<Found>(what: string, read: () => Promise<Found>): Promise<Found | string> {
  try {
    return await read();
  } catch (error) {
    if (!isOfAws(error)) throw error;
    return `${what} could not be read (${codeOf(error)})`;
  }
}

async function inChunks<Value>(
  values: readonly string[],
  read: (values: string[]) => Promise<Array<[string, Value]>>,
): Promise<Map<string, Value>> {
  const pages = await pMap(chunks([...values], VALUES_PER_FILTER), read, { concurrency: READ_CONCURRENCY });
  return new Map(pages.flat());
}

/** Reads offerings by type alone, since EC2 takes two hundred values in all the filters of a call. */
async function readOfferings(client: EC2Client, Values: string[]): Promise<Array<[string, ReadonlySet<string>]>> {
  const zonesOf = new Map<string, Set<string>>();
  const request: DescribeInstanceTypeOfferingsCommandInput = {
    LocationType: 'availability-zone',
    Filters: [{ Name: 'instance-type', Values }],
  };
  for await (const page of paginateDescribeInstanceTypeOfferings({ client }, request)) {
    for (const { InstanceType = '', Location = '' } of page.InstanceTypeOfferings ?? []) {
      zonesOf.set(InstanceType, (zonesOf.get(InstanceType) ?? new Set()).add(Location));
    }
  }
  return [...zonesOf];
}

/** Reads subnets by a filter: one unknown id among `SubnetIds` fails the whole call (EC2 API reference). */
async function readSubnets(client: EC2Client, Values: string[]): Promise<Array<[string, Subnet]>> {
  const found: Array<[string, Subnet]> = [];
  for await (const page of paginateDescribeSubnets({ client }, { Filters: [{ Name: 'subnet-id', Values }] })) {
    for (const {
      SubnetId = '',
      AvailabilityZone: zone = '',
      AvailableIpAddressCount: free,
      Ipv6Native,
    } of page.Subnets ?? []) {
      found.push([SubnetId, { zone, ...(Ipv6Native !== true && free !== undefined && { free }) }]);
    }
  }
  return found;
}
