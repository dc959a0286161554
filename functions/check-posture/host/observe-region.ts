import {
  type EC2Client,
  GetEbsEncryptionByDefaultCommand,
  paginateDescribeInstanceConnectEndpoints,
} from '@aws-sdk/client-ec2';
import { GetDocumentCommand, InvalidDocument, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { readVpcBlocks } from '../../shared/fleet/networks.ts';
import { read } from '../../shared/fleet/reading.ts';
import type { RegionFacts, SessionPreferences } from './instance-facts.ts';

/** Where Session Manager keeps the preferences of a region (Systems Manager user guide, "Update Session Manager preferences"). */
const PREFERENCES = 'SSM-SessionManagerRunShell';

/** What holds for all workers of the region. What AWS does not tell is left open: it keeps nobody from being checked. */
export async function readRegionFacts({ ec2, ssm }: { ec2: EC2Client; ssm: SSMClient }): Promise<RegionFacts> {
  const encryption = await read(() => ec2.send(new GetEbsEncryptionByDefaultCommand()), 'tell');
  const sessions = await read(() => readPreferences(ssm), 'tell');
  const networks = await read(() => readVpcBlocks(ec2), 'tell');
  const endpoints = await read(() => readConnectEndpoints(ec2), 'tell');
  const { EbsEncryptionByDefault } = encryption.kind === 'found' ? encryption.found : {};
  return {
    ...(EbsEncryptionByDefault !== undefined && { encryptsByDefault: EbsEncryptionByDefault }),
    ...(sessions.kind === 'found' && { sessions: sessions.found }),
    ...(networks.kind === 'found' && { networks: networks.found }),
    ...(endpoints.kind === 'found' && { connectEndpoints: endpoints.found }),
  };
}

/** By VPC. One that failed, or is gone, lets nobody in (EC2 API reference, Ec2InstanceConnectEndpoint). */
async function readConnectEndpoints(ec2: EC2Client): Promise<Map<string, string[]>> {
  const endpoints = new Map<string, string[]>();
  const pages = paginateDescribeInstanceConnectEndpoints({ client: ec2, pageSize: 50 }, {});
  for await (const { InstanceConnectEndpoints = [] } of pages)
    for (const { VpcId = '', InstanceConnectEndpointId: id = '', State = '' } of InstanceConnectEndpoints)
      if (!/^(create-failed|delete-)/.test(State)) endpoints.set(VpcId, [...(endpoints.get(VpcId) ?? []), id]);
  return endpoints;
}

const preferences = z.object({
  inputs: z
    .object({
      s3BucketName: z.string(),
      s3EncryptionEnabled: z.boolean(),
      cloudWatchLogGroupName: z.string(),
      cloudWatchEncryptionEnabled: z.boolean(),
      kmsKeyId: z.string(),
      runAsEnabled: z.boolean(),
      runAsDefaultUser: z.string(),
      idleSessionTimeout: z.string(),
    })
    .partial(),
});

/** Undefined where the document cannot be understood. Where there is none, nothing is set. */
async function readPreferences(ssm: SSMClient): Promise<SessionPreferences | undefined> {
  try {
    const { Content = '' } = await ssm.send(new GetDocumentCommand({ Name: PREFERENCES }));
    return preferences.parse(JSON.parse(Content)).inputs;
  } catch (error) {
    if (error instanceof InvalidDocument) return {};
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
