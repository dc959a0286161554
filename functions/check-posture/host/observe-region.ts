import {
  type EC2Client,
  GetEbsEncryptionByDefaultCommand,
  paginateDescribeInstanceConnectEndpoints,
} from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { readVpcBlocks } from '../../shared/fleet/networks.ts';
import { read } from '../../shared/fleet/reading.ts';
import { readPreferences } from '../../shared/posture/session-preferences.ts';
import type { RegionFacts } from './instance-facts.ts';

/** Reads the facts of the region. What AWS does not return is left out, and the check goes on. */
export async function readRegionFacts({ ec2, ssm }: { ec2: EC2Client; ssm: SSMClient }): Promise<RegionFacts> {
  const encryption = await read(() => ec2.send(new GetEbsEncryptionByDefaultCommand()), 'tell');
  const sessions = await read(() => readPreferences(ssm), 'tell');
  const networks = await read(() => readVpcBlocks(ec2), 'tell');
  const endpoints = await read(() => readConnectEndpoints(ec2), 'tell');
  const { EbsEncryptionByDefault } = encryption.kind === 'found' ? encryption.found : {};
  return {
    ...(EbsEncryptionByDefault !== undefined && { encryptsByDefault: EbsEncryptionByDefault }),
    ...(sessions.kind === 'found' && sessions.found !== undefined && { sessions: sessions.found.content.inputs }),
    ...(networks.kind === 'found' && { networks: networks.found }),
    ...(endpoints.kind === 'found' && { connectEndpoints: endpoints.found }),
  };
}

/** Endpoints by VPC. A failed or deleted one lets nobody in (EC2 API reference, Ec2InstanceConnectEndpoint). */
async function readConnectEndpoints(ec2: EC2Client): Promise<Map<string, string[]>> {
  const endpoints = new Map<string, string[]>();
  const pages = paginateDescribeInstanceConnectEndpoints({ client: ec2, pageSize: 50 }, {});
  for await (const { InstanceConnectEndpoints = [] } of pages)
    for (const { VpcId = '', InstanceConnectEndpointId: id = '', State = '' } of InstanceConnectEndpoints)
      if (!/^(create-failed|delete-)/.test(State)) endpoints.set(VpcId, [...(endpoints.get(VpcId) ?? []), id]);
  return endpoints;
}
