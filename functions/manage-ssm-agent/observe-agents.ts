import { type InstanceInformation, paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { AgentView } from './observation.ts';

/** DescribeInstanceInformation returns at most 50 per page. */
const AGENTS_PER_PAGE = 50;

/** Reads the agents of these instances from Systems Manager. Agents that have never registered are missing. */
export async function readAgents(ssm: SSMClient, instanceIds: readonly string[]): Promise<Map<string, AgentView>> {
  const found = await readInformation(ssm, 'InstanceIds', chunks(instanceIds, AGENTS_PER_PAGE));
  return new Map(found.map((one) => [one.InstanceId ?? '', viewOf(one)]));
}

const viewOf = ({
  PingStatus,
  AgentVersion = '',
  IsLatestVersion,
  PlatformName = '',
  PlatformType,
  LastPingDateTime,
  IamRole,
}: InstanceInformation): AgentView => ({
  online: PingStatus === 'Online',
  version: AgentVersion,
  // Of Windows a "no" says nothing (SSM API reference, InstanceInformation, `IsLatestVersion`).
  ...((IsLatestVersion === true || (IsLatestVersion === false && PlatformType !== 'Windows')) && {
    latest: IsLatestVersion,
  }),
  platform: PlatformName,
  ...(IamRole !== undefined && { role: IamRole.split('/').at(-1) ?? IamRole }),
  ...(LastPingDateTime !== undefined && { lastPingAt: LastPingDateTime.getTime() }),
});

/** An agent that is registered by a hybrid activation, with the details it reports about its host. */
export interface HybridAgent {
  readonly id: string;
  readonly address: string;
  readonly computerName: string;
  /** Time of the last ping, epoch milliseconds; 0 where Systems Manager does not say. */
  readonly lastPingAt: number;
}

/** Reads all agents of the account and region that are registered by hybrid activations. */
export async function readHybridAgents(ssm: SSMClient): Promise<HybridAgent[]> {
  const found = await readInformation(ssm, 'ResourceType', [['ManagedInstance']]);
  return found.map(({ InstanceId = '', IPAddress = '', ComputerName = '', LastPingDateTime }) => ({
    id: InstanceId,
    address: IPAddress,
    computerName: ComputerName,
    lastPingAt: LastPingDateTime?.getTime() ?? 0,
  }));
}

async function readInformation(ssm: SSMClient, Key: string, values: string[][]): Promise<InstanceInformation[]> {
  const read = async (Values: string[]) => {
    const found: InstanceInformation[] = [];
    const input = { Filters: [{ Key, Values }] };
    for await (const page of paginateDescribeInstanceInformation({ client: ssm, pageSize: AGENTS_PER_PAGE }, input)) {
      found.push(...(page.InstanceInformationList ?? []));
    }
    return found;
  };
  return (await pMap(values, read, { concurrency: READ_CONCURRENCY })).flat();
}
