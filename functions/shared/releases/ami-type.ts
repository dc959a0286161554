/** A managed node group's Kubernetes minor version and AMI type, which decide which AMI releases apply to it. */
export interface Pair {
  /** A value such as `1.33`. */
  readonly kubernetesVersion: string;
  /** EKS's `amiType`, such as `AL2023_x86_64_STANDARD`. */
  readonly amiType: string;
}

/** A pair as one string, for maps and ledger keys. */
export const pairKey = ({ kubernetesVersion, amiType }: Pair): string => `${kubernetesVersion}/${amiType}`;

/** The pair of a `pairKey`. */
export function pairOfKey(key: string): Pair {
  const [kubernetesVersion = '', amiType = ''] = key.split('/');
  return { kubernetesVersion, amiType };
}

/**
 * A release of a pair as one string: the correlation id of its incident, from the first sight of the release to the end
 * of each upgrade to it. It depends only on the release, so that all functions use the same id, whatever triggered
 * them.
 */
export const releaseIncident = (pair: Pair, releaseVersion: string): string => `${pairKey(pair)} ${releaseVersion}`;

/** Amazon's public SSM parameters with the recommended release of a pair. */
export interface ReleaseParameters {
  /** The parameter whose value is the release version. */
  readonly release: string;
  /** The parameter whose value is the AMI id; only for Windows. The AMI's name ends in the release version. */
  readonly imageId?: string;
}

const AMAZON_LINUX_2023: ReadonlyMap<string, string> = new Map(
  Object.entries({
    AL2023_x86_64_STANDARD: 'x86_64/standard',
    AL2023_ARM_64_STANDARD: 'arm64/standard',
    AL2023_x86_64_NVIDIA: 'x86_64/nvidia',
    AL2023_ARM_64_NVIDIA: 'arm64/nvidia',
    AL2023_x86_64_NEURON: 'x86_64/neuron',
  }),
);

const AMAZON_LINUX_2: ReadonlyMap<string, string> = new Map(
  Object.entries({
    AL2_x86_64: 'amazon-linux-2',
    AL2_x86_64_GPU: 'amazon-linux-2-gpu',
    AL2_ARM_64: 'amazon-linux-2-arm64',
  }),
);

const BOTTLEROCKET = /^BOTTLEROCKET_(?<architecture>x86_64|ARM_64)(?<variant>|_NVIDIA|_FIPS|_NVIDIA_FIPS)$/;
const WINDOWS = /^WINDOWS_(?<edition>CORE|FULL)_(?<year>2019|2022|2025)_x86_64$/;

/**
 * The public parameters of a pair, or undefined for an AMI type that has none (`CUSTOM`, or one newer than this table).
 *
 * Sources: "Retrieve recommended Amazon Linux / Bottlerocket / Windows AMI IDs" in the EKS user guide. It does not
 * document a Windows release parameter beside `image_id`, so both are read.
 */
export function releaseParameters({ kubernetesVersion, amiType }: Pair): ReleaseParameters | undefined {
  const eks = `/aws/service/eks/optimized-ami/${kubernetesVersion}`;
  const al2023 = AMAZON_LINUX_2023.get(amiType);
  if (al2023 !== undefined) return { release: `${eks}/amazon-linux-2023/${al2023}/recommended/release_version` };
  const al2 = AMAZON_LINUX_2.get(amiType);
  if (al2 !== undefined) return { release: `${eks}/${al2}/recommended/release_version` };

  const bottlerocket = BOTTLEROCKET.exec(amiType)?.groups;
  if (bottlerocket !== undefined) {
    const architecture = bottlerocket.architecture === 'ARM_64' ? 'arm64' : 'x86_64';
    const variant = (bottlerocket.variant ?? '').toLowerCase().replaceAll('_', '-');
    return {
      release: `/aws/service/bottlerocket/aws-k8s-${kubernetesVersion}${variant}/${architecture}/latest/image_version`,
    };
  }

  const windows = WINDOWS.exec(amiType)?.groups;
  if (windows !== undefined) {
    const edition = windows.edition === 'CORE' ? 'Core' : 'Full';
    const path = `/aws/service/ami-windows-latest/Windows_Server-${windows.year}-English-${edition}-EKS_Optimized-${kubernetesVersion}`;
    return { release: `${path}/release_version`, imageId: `${path}/image_id` };
  }
  return undefined;
}

/**
 * The public parameter with the AMI id of one release of a pair, as Karpenter resolves a pinned alias; undefined for an
 * AMI type that no alias names. Source: aws/karpenter-provider-aws, pkg/providers/amifamily/al2023.go and
 * bottlerocket.go.
 *
 * @param version of the alias: `v20260714` for Amazon Linux 2023, `v1.42.0` for Bottlerocket
 */
export function pinnedParameter({ kubernetesVersion, amiType }: Pair, version: string): string | undefined {
  const al2023 = AMAZON_LINUX_2023.get(amiType);
  if (al2023 !== undefined) {
    const image = `amazon-eks-node-al2023-${al2023.replace('/', '-')}-${kubernetesVersion}-${version}`;
    return `/aws/service/eks/optimized-ami/${kubernetesVersion}/amazon-linux-2023/${al2023}/${image}/image_id`;
  }
  const latest = releaseParameters({ kubernetesVersion, amiType })?.release;
  return BOTTLEROCKET.test(amiType)
    ? latest?.replace(/\/latest\/image_version$/, `/${version.replace(/^v/, '')}/image_id`)
    : undefined;
}
