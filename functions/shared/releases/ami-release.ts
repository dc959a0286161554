import { DescribeImagesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { VALUES_PER_FILTER } from '../fleet/instances.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';
import { type Pair, pairKey, releaseParameters } from './ami-type.ts';

/** GetParameters takes at most ten names. */
const NAMES_PER_CALL = 10;

/** `unknown-type`: the AMI type is not in our table; `missing`: Amazon publishes no release for the pair. */
export type RecommendedRelease =
  | { readonly kind: 'release'; readonly releaseVersion: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown-type' };

/**
 * What Amazon recommends right now for each pair, by {@link pairKey}, from its public SSM parameters. A Windows release
 * without a release parameter is read from the name of the recommended AMI.
 */
export async function readRecommended(
  ssm: SSMClient,
  ec2: EC2Client,
  pairs: readonly Pair[],
): Promise<Map<string, RecommendedRelease>> {
  const wanted = pairs.map((pair) => ({ key: pairKey(pair), parameters: releaseParameters(pair) }));
  const names = wanted.flatMap(({ parameters }) => [parameters?.release ?? [], parameters?.imageId ?? []].flat());
  const values = await readParameters(ssm, names);
  const imageOf = ({ parameters }: (typeof wanted)[number]) =>
    parameters?.imageId === undefined || values.has(parameters.release) ? undefined : values.get(parameters.imageId);
  const imageNames = await readImageNames(
    ec2,
    wanted.map(imageOf).filter((id) => id !== undefined),
  );

  return new Map(
    wanted.map((entry): [string, RecommendedRelease] => {
      if (entry.parameters === undefined) return [entry.key, { kind: 'unknown-type' }];
      const releaseVersion =
        values.get(entry.parameters.release) ?? releaseOfImage(imageNames.get(imageOf(entry) ?? ''));
      return [entry.key, releaseVersion === undefined ? { kind: 'missing' } : { kind: 'release', releaseVersion }];
    }),
  );
}

async function readParameters(ssm: SSMClient, names: readonly string[]): Promise<Map<string, string>> {
  const calls = chunks([...new Set(names)], NAMES_PER_CALL);
  const answers = await pMap(calls, (Names) => ssm.send(new GetParametersCommand({ Names })), {
    concurrency: READ_CONCURRENCY,
  });
  const values = new Map<string, string>();
  for (const { Name, Value } of answers.flatMap(({ Parameters }) => Parameters ?? [])) {
    if (Name !== undefined && Value !== undefined) values.set(Name, Value);
  }
  return values;
}

/** The names of AMIs, by id; one that is gone is missing. */
export async function readImageNames(ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, string>> {
  if (imageIds.length === 0) return new Map();
  // A filter, not ImageIds: an AMI that has just been deregistered is then missing instead of failing all the others.
  const answers = await pMap(
    chunks([...new Set(imageIds)], VALUES_PER_FILTER),
    (Values) => ec2.send(new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values }] })),
    { concurrency: READ_CONCURRENCY },
  );
  const images = answers.flatMap(({ Images }) => Images ?? []);
  return new Map(images.map(({ ImageId, Name }) => [ImageId ?? '', Name ?? '']));
}

/** `Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14` is release `1.33-2026.07.14`. */
const releaseOfImage = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : /EKS_Optimized-(\d+\.\d+-\d{4}\.\d{2}\.\d{2})$/.exec(name)?.[1];
