import { paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { chunks } from '../runtime/chunks.ts';

/** DescribeInstanceInformation returns at most 50 per page, and a filter takes as many ids. */
const AGENTS_PER_PAGE = 50;

/** The instances whose SSM agent answers, each with the platform that the agent reports, such as `Linux`. */
export async function readAnsweringAgents(ssm: SSMClient, ids: readonly string[]): Promise<Map<string, string>> {
  const answering = new Map<string, string>();
  for (const Values of chunks([...new Set(ids)], AGENTS_PER_PAGE)) {
    const input = { Filters: [{ Key: 'InstanceIds', Values }] };
    for await (const page of paginateDescribeInstanceInformation({ client: ssm, pageSize: AGENTS_PER_PAGE }, input))
      for (const { InstanceId = '', PingStatus, PlatformType = '' } of page.InstanceInformationList ?? [])
        if (PingStatus === 'Online') answering.set(InstanceId, PlatformType);
  }
  return answering;
}
