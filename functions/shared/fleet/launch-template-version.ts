import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';

/** What a version differs in from the one that it is made of. */
export interface TemplateChange {
  /** Another AMI; absent: that of the former version, where it names one. */
  readonly imageId?: string;
  /** No key pair is written to what is launched by it. */
  readonly withoutKeyPair?: true;
}

/**
 * A launch template's version with one change and nothing else changed.
 *
 * Requests have every member that answers have, but for three that only EC2 sets: `MetadataOptions.State`,
 * `NetworkInterfaces[].Ipv6Addresses[].IsPrimaryIpv6`, and what an operator is besides its principal. The test walks
 * the SDK's models, so that a member which comes with a new SDK is seen.
 *
 * With another AMI it is sent whole and with `SourceVersion`: that alone drops the snapshots of block devices
 * (aws/aws-cli#4297, EC2 API reference, "CreateLaunchTemplateVersion"), and the data alone would drop what this SDK does not
 * know yet. Without the key pair it is sent whole and without `SourceVersion`, from which what is left out would be
 * inherited (the same page).
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
    // The types differ in what is required only: an answer may lack anything.
    ...(data as RequestLaunchTemplateData),
    ...(MetadataOptions !== undefined && { MetadataOptions: metadata }),
    ...(interfaces !== undefined && { NetworkInterfaces: interfaces }),
    ...(Operator !== undefined && { Operator: { Principal: Operator.Principal } }),
  };
}

/**
 * Where a version differs from what a change was to make of another, by path, such as
 * `BlockDeviceMappings.1.Ebs.SnapshotId`. Empty where it does nowhere: a member that is absent and an empty list say the same.
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
