/** The operating system of a host. */
export interface HostSystem {
  /**
   * Such as `Amazon Linux 2023`; of an AMI that is not Amazon's only `Linux` or `Windows`; empty where nobody tells.
   */
  readonly os: string;
  /** Whether the system is made for containers alone (Bottlerocket); absent for AMIs that are not Amazon's. */
  readonly containerOptimized?: boolean;
  /** The release that the AMI is the image of, as the AMI's name ends: `v20260714` or `v1.42.0-ca9b9399`. */
  readonly release?: string;
}

/**
 * Beginnings of the names that Amazon gives its AMIs for EKS. Sources: the release notes of awslabs/amazon-eks-ami; AMI
 * filters with owner `amazon`, such as those of maddevsio/aws-eks-base (`bottlerocket-aws-k8s-VERSION-x86_64-*`).
 */
const AMAZONS: ReadonlyArray<readonly [RegExp, string, boolean]> = [
  [/^amazon-eks-node-al2023-/, 'Amazon Linux 2023', false],
  [/^amazon-eks-(node|gpu-node|arm64-node)-1\.\d+-v/, 'Amazon Linux 2', false],
  [/^bottlerocket-aws-k8s-/, 'Bottlerocket', true],
  [/^Windows_Server-2019-/, 'Windows Server 2019', false],
  [/^Windows_Server-2022-/, 'Windows Server 2022', false],
  [/^Windows_Server-2025-/, 'Windows Server 2025', false],
];

const RELEASE = /-(v\d{8}|v\d+\.\d+\.\d+-[0-9a-f]{8}|\d+\.\d+-\d{4}\.\d{2}\.\d{2})$/;

/**
 * The system of a host, by the name of its AMI. Anybody may name an AMI like Amazon's, so only the names of Amazon's
 * own AMIs count; of others only the platform is known.
 *
 * @param platform EC2's platform details, such as `Linux/UNIX` or `Windows`
 */
export function hostSystemOf({
  name,
  isAmazons,
  platform = '',
}: {
  readonly name: string;
  readonly isAmazons: boolean;
  readonly platform?: string | undefined;
}): HostSystem {
  const known = isAmazons ? AMAZONS.find(([beginning]) => beginning.test(name)) : undefined;
  if (known === undefined) return { os: platform === '' ? '' : platform.startsWith('Windows') ? 'Windows' : 'Linux' };
  const [, os, containerOptimized] = known;
  const release = RELEASE.exec(name)?.[1];
  return { os, containerOptimized, ...(release !== undefined && { release }) };
}
