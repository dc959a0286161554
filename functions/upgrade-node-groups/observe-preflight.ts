import { type EC2Client, paginateDescribeSubnets } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { VALUES_PER_FILTER } from '../shared/fleet/instances.ts';
import { codeOf, isOfAws } from '../shared/fleet/reading.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { NodeGroupView, Observation } from './observation.ts';
import { addressesFor, type Preflight, type Subnet } from './preflight.ts';

export interface PreflightClients {
  readonly ec2: EC2Client;
}

/**
 * Looks at node groups whose upgrade would start now, by subject. Subnets are read for all of them at once, two hundred a
 * call. What cannot be read is a warning: only what surely blocks may block.
 */
export async function observePreflights(
  { ec2 }: PreflightClients,
  observations: readonly Observation[],
): Promise<Map<string, Preflight>> {
  const views = observations.flatMap(({ key, view }) =>
    view.kind === 'node-group' ? [{ subject: subjectOf(key), view }] : [],
  );
  const addresses = await observeAddresses(
    ec2,
    views.map(({ view }) => view),
  );
  return new Map(views.map(({ subject, view }) => [subject, addresses(view)]));
}

async function observeAddresses(
  ec2: EC2Client,
  views: readonly NodeGroupView[],
): Promise<(view: NodeGroupView) => Preflight> {
  try {
    const ids = new Set(views.flatMap(({ subnets = [] }) => subnets));
    const read = (values: string[]) => readSubnets(ec2, values);
    const pages = await pMap(chunks([...ids], VALUES_PER_FILTER), read, { concurrency: READ_CONCURRENCY });
    const known = new Map(pages.flat());
    // A subnet that is gone is a health issue of EKS's own.
    return (view) =>
      addressesFor(
        view,
        (view.subnets ?? []).flatMap((id) => known.get(id) ?? []),
      );
  } catch (error) {
    if (!isOfAws(error)) throw error;
    const unread = {
      blockers: [],
      warnings: [`the free addresses of its subnets could not be read (${codeOf(error)})`],
    };
    return () => unread;
  }
}

/** By a filter: one unknown id among `SubnetIds` fails the whole call (EC2 API reference). */
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
