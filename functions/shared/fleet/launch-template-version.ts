import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';

/** What to change in a copy of a version. */
export interface TemplateChange {
  /** The other AMI; absent where the version keeps the AMI that the former one names. */
  readonly imageId?: string;
  /** Set where launches by the version must get no key pair. */
  readonly withoutKeyPair?: true;
}

/**
 * Copies a launch template's version with one change.
 *
 * Requests have every member that answers have, except three that only EC2 sets: `MetadataOptions.State`,
 * `NetworkInterfaces[].Ipv6Addresses[].IsPrimaryIpv6`, and the members of an operator besides its principal. The test
 * walks the SDK's models, so that it finds a member that comes with a new SDK.
 *
 * A change of the AMI is sent whole and with `SourceVersion`. That member alone drops the snapshots of block devices
 * (aws/aws-cli#4297, EC2 API reference, "CreateLaunchTemplateVersion"), and the data alone would drop what this SDK
 * does not know yet. A change without the key pair is sent whole and without `SourceVersion`, because EC2 would inherit
 * whatever is left out (the same page).
 */
export function withChange(
  data: ResponseLaunchTemplateData,
  { imageId, withoutKeyPair }: TemplateChange,
): RequestLaunchTemplateData {
  const { KeyName, ...others } = requestOf(data);
  return {
    ...others,
    ...(KeyName !== undefined && withoutKeyPair !== true && { KeyName }),
    ...(imageId !== undefined && { ImageId: imageId }),
  };
}

function requestOf({
  MetadataOptions,
  NetworkInterfaces,
  Operator,
  ...data
}: ResponseLaunchTemplateData): RequestLaunchTemplateData {
  const { State: _, ...metadata } = MetadataOptions ?? {};
  const interfaces = NetworkInterfaces?.map(({ Ipv6Addresses, ...one }) => ({
    ...one,
    ...(Ipv6Addresses !== undefined && {
      Ipv6Addresses: Ipv6Addresses.map(({ IsPrimaryIpv6: _, ...address }) => address),
    }),
  }));
  return {
    // The types differ only in what is required, since an answer may lack any member.
    ...(data as RequestLaunchTemplateData),
    ...(MetadataOptions !== undefined && { MetadataOptions: metadata }),
    ...(interfaces !== undefined && { NetworkInterfaces: interfaces }),
    ...(Operator !== undefined && { Operator: { Principal: Operator.Principal } }),
  };
}

/**
 * The paths where a new version differs from what was wanted, such as `BlockDeviceMappings.1.Ebs.SnapshotId`. An absent
 * member and an empty list count as equal.
 */
export const differencesFrom = (wanted: RequestLaunchTemplateData, made: ResponseLaunchTemplateData): string[] =>
  differences(wanted, requestOf(made));

function differences(a: unknown, b: unknown, path = ''): string[] {
  if (isEmpty(a) && isEmpty(b)) return [];
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime() ? [] : [path];
  if (isMembered(a) && isMembered(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].flatMap((name) =>
      differences(Reflect.get(a, name), Reflect.get(b, name), path === '' ? name : `${path}.${name}`),
    );
  }
  return a === b ? [] : [path];
}

const isMembered = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Date);

const isEmpty = (value: unknown): boolean =>
  value === undefined || (isMembered(value) && Object.values(value).every(isEmpty));
