import type { EC2Client } from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { describeImages } from '../fleet/images.ts';
import { type Reading, read, type Unreadable } from '../fleet/reading.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';
import { type Pair, pairKey, releaseParameters } from './ami-type.ts';

/** GetParameters takes at most ten names. */
const NAMES_PER_CALL = 10;

/**
 * `unknown-type`: the AMI type is not in our table. `missing`: Amazon publishes no release for the pair. `unreadable`:
 * AWS could not be read.
 */
export type RecommendedRelease =
  | Unreadable
  | { readonly kind: 'release'; readonly releaseVersion: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown-type' };

/**
 * Reads Amazon's current recommendation for each pair, by {@link pairKey}, from public SSM parameters. A Windows
 * release without a release parameter is derived from the name of the recommended AMI. A pair that cannot be read is
 * returned as unreadable, and does not affect the others.
 */
export async function readRecommended(
  ssm: SSMClient,
  ec2: EC2Client,
  pairs: readonly Pair[],
): Promise<Map<string, RecommendedRelease>> {
  const wanted = pairs.map((pair) => ({ key: pairKey(pair), parameters: releaseParameters(pair) }));
  const names = wanted.flatMap(({ parameters }) => [parameters?.release ?? [], parameters?.imageId ?? []].flat());
  const { values, failures } = await readParameters(ssm, names);
  const imageOf = ({ parameters }: (typeof wanted)[number]) =>
    parameters?.imageId === undefined || values.has(parameters.release) ? undefined : values.get(parameters.imageId);
  const imageIds = wanted.map(imageOf).filter((id) => id !== undefined);
  const images = await read(() => readImageNames(ec2, imageIds), 'tell');
  const imageNames = images.kind === 'found' ? images.found : new Map<string, string>();

  return new Map(
    wanted.map((entry): [string, RecommendedRelease] => {
      if (entry.parameters === undefined) return [entry.key, { kind: 'unknown-type' }];
      const { release, imageId = '' } = entry.parameters;
      const failure =
        failures.get(release) ??
        (values.has(release) ? undefined : failures.get(imageId)) ??
        unreadImage(imageOf(entry), images);
      if (failure !== undefined) return [entry.key, failure];
      const releaseVersion = values.get(release) ?? releaseOfImage(imageNames.get(imageOf(entry) ?? ''));
      return [entry.key, releaseVersion === undefined ? { kind: 'missing' } : { kind: 'release', releaseVersion }];
    }),
  );
}

/** Why the name of an AMI is unknown, where there is an AMI to look up. */
const unreadImage = (imageId: string | undefined, images: Reading<unknown>): Unreadable | undefined =>
  imageId !== undefined && images.kind === 'unreadable' ? images : undefined;

interface ParameterValues {
  readonly values: ReadonlyMap<string, string>;
  /** Why parameters could not be read, by name. */
  readonly failures: ReadonlyMap<string, Unreadable>;
}

/** The names among these of which Amazon publishes a parameter. A name that cannot be read counts as none. */
export async function readPublished(ssm: SSMClient, names: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await readParameters(ssm, names)).values.keys());
}

async function readParameters(ssm: SSMClient, names: readonly string[]): Promise<ParameterValues> {
  const values = new Map<string, string>();
  const failures = new Map<string, Unreadable>();
  const readAll = async (Names: string[]): Promise<void> => {
    const reading = await read(() => ssm.send(new GetParametersCommand({ Names })), 'tell');
    if (reading.kind === 'unreadable') {
      // One refused name fails the whole call, so the names are then read one by one; not when AWS throttles.
      if (Names.length > 1 && !reading.isThrottled) for (const name of Names) await readAll([name]);
      else for (const name of Names) failures.set(name, reading);
    }
    const { Parameters = [] } = reading.kind === 'found' ? reading.found : {};
    for (const { Name, Value } of Parameters) if (Name !== undefined && Value !== undefined) values.set(Name, Value);
  };
  await pMap(chunks([...new Set(names)], NAMES_PER_CALL), readAll, { concurrency: READ_CONCURRENCY });
  return { values, failures };
}

/** Reads the names of AMIs, by id. An AMI that does not exist is missing. */
export const readImageNames = async (ec2: EC2Client, imageIds: readonly string[]): Promise<Map<string, string>> =>
  new Map([...(await describeImages(ec2, imageIds))].map(([id, { Name = '' }]) => [id, Name]));

/**
 * The release in an AMI's name: `Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14` is release
 * `1.33-2026.07.14`.
 */
const releaseOfImage = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : /EKS_Optimized-(\d+\.\d+-\d{4}\.\d{2}\.\d{2})$/.exec(name)?.[1];
