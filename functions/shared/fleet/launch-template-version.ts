import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';

/**
 * A launch template's version with another AMI and nothing else changed.
 *
 * Requests have every member that answers have, but for three that only EC2 sets: `MetadataOptions.State`,
 * `NetworkInterfaces[].Ipv6Addresses[].IsPrimaryIpv6`, and what an operator is besides its principal. The test walks
 * the SDK's models, so that a member which comes with a new SDK is seen.
 *
 * It is sent whole and with `SourceVersion`: that alone drops the snapshots of block devices (aws/aws-cli#4297, EC2 API
 * reference, "CreateLaunchTemplateVersion"), and the data alone would drop what this SDK does not know yet.
 */
export const withImage = (data: ResponseLaunchTemplateData, imageId: string): RequestLaunchTemplateData => ({
  ...requestOf(data),
  ImageId: imageId,
});

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
 * Where two versions differ besides their AMI, by path, such as `BlockDeviceMappings.1.Ebs.SnapshotId`. Empty where
 * nothing else does: a member that is absent and an empty list say the same.
 */
export const otherDifferences = (a: ResponseLaunchTemplateData, b: ResponseLaunchTemplateData): string[] =>
  differences(requestOf({ ...a, ImageId: undefined }), requestOf({ ...b, ImageId: undefined }));

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
