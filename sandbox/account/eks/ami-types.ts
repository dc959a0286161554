import type { AMITypes } from '@aws-sdk/client-eks';

/** An AMI type whose releases AWS publishes: all but CUSTOM. */
export type AmiType = Exclude<AMITypes, 'CUSTOM'>;

type Platform = 'AL2023' | 'AL2' | 'BOTTLEROCKET' | 'WINDOWS';

/** The parts of AWS's names for one AMI type. */
export interface AmiFamily {
  readonly platform: Platform;
  readonly architecture: 'x86_64' | 'arm64';
  /**
   * The part of the names that tells this type from others of its platform, such as `nvidia` or `2022-English-Core`.
   */
  readonly variant: string;
}

const families: Readonly<Record<AmiType, AmiFamily>> = {
  AL2023_x86_64_STANDARD: { platform: 'AL2023', architecture: 'x86_64', variant: 'standard' },
  AL2023_ARM_64_STANDARD: { platform: 'AL2023', architecture: 'arm64', variant: 'standard' },
  AL2023_x86_64_NVIDIA: { platform: 'AL2023', architecture: 'x86_64', variant: 'nvidia' },
  AL2023_ARM_64_NVIDIA: { platform: 'AL2023', architecture: 'arm64', variant: 'nvidia' },
  AL2023_x86_64_NEURON: { platform: 'AL2023', architecture: 'x86_64', variant: 'neuron' },
  AL2_x86_64: { platform: 'AL2', architecture: 'x86_64', variant: '' },
  AL2_x86_64_GPU: { platform: 'AL2', architecture: 'x86_64', variant: '-gpu' },
  AL2_ARM_64: { platform: 'AL2', architecture: 'arm64', variant: '-arm64' },
  BOTTLEROCKET_x86_64: { platform: 'BOTTLEROCKET', architecture: 'x86_64', variant: '' },
  BOTTLEROCKET_ARM_64: { platform: 'BOTTLEROCKET', architecture: 'arm64', variant: '' },
  BOTTLEROCKET_x86_64_NVIDIA: { platform: 'BOTTLEROCKET', architecture: 'x86_64', variant: '-nvidia' },
  BOTTLEROCKET_ARM_64_NVIDIA: { platform: 'BOTTLEROCKET', architecture: 'arm64', variant: '-nvidia' },
  BOTTLEROCKET_x86_64_FIPS: { platform: 'BOTTLEROCKET', architecture: 'x86_64', variant: '-fips' },
  BOTTLEROCKET_ARM_64_FIPS: { platform: 'BOTTLEROCKET', architecture: 'arm64', variant: '-fips' },
  BOTTLEROCKET_x86_64_NVIDIA_FIPS: { platform: 'BOTTLEROCKET', architecture: 'x86_64', variant: '-nvidia-fips' },
  BOTTLEROCKET_ARM_64_NVIDIA_FIPS: { platform: 'BOTTLEROCKET', architecture: 'arm64', variant: '-nvidia-fips' },
  WINDOWS_CORE_2019_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2019-English-Core' },
  WINDOWS_FULL_2019_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2019-English-Full' },
  WINDOWS_CORE_2022_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2022-English-Core' },
  WINDOWS_FULL_2022_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2022-English-Full' },
  WINDOWS_CORE_2025_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2025-English-Core' },
  WINDOWS_FULL_2025_x86_64: { platform: 'WINDOWS', architecture: 'x86_64', variant: '2025-English-Full' },
};

export const amiFamily = (amiType: AmiType): AmiFamily => families[amiType];

/** Every published AMI type. */
export const amiTypes: readonly AmiType[] = Object.keys(families).filter((name): name is AmiType => name in families);

/** The minor version: 33 for `1.33`. On EKS, Kubernetes has only ever had the major version 1. */
export const kubernetesMinor = (version: string): number => Number(version.split('.')[1]);

/** Amazon Linux 2 images end with Kubernetes 1.32. */
export const existsFor = (amiType: AmiType, kubernetesVersion: string): boolean =>
  families[amiType].platform !== 'AL2' || kubernetesMinor(kubernetesVersion) < 33;

const releaseForms: Readonly<
  Record<Platform, { readonly form: RegExp; readonly example: (version: string) => string }>
> = {
  AL2023: { form: /^(1\.\d+)\.\d+-\d{8}$/, example: (version) => `${version}.4-20250116` },
  AL2: { form: /^(1\.\d+)\.\d+-\d{8}$/, example: (version) => `${version}.4-20250116` },
  BOTTLEROCKET: { form: /^\d+\.\d+\.\d+-[0-9a-f]{8}$/, example: () => '1.30.0-ca9b9399' },
  WINDOWS: { form: /^(1\.\d+)-\d{4}\.\d\d\.\d\d$/, example: (version) => `${version}-2025.01.15` },
};

/** A valid example when `releaseVersion` cannot be a release of this type and version; otherwise undefined. */
export function wrongReleaseForm(
  amiType: AmiType,
  kubernetesVersion: string,
  releaseVersion: string,
): string | undefined {
  const { form, example } = releaseForms[families[amiType].platform];
  const match = form.exec(releaseVersion);
  if (match !== null && (match[1] === undefined || match[1] === kubernetesVersion)) return undefined;
  return example(kubernetesVersion);
}

/** The date in a release version (epoch ms, UTC midnight); undefined for Bottlerocket, whose versions have none. */
export function releaseDate(releaseVersion: string): number | undefined {
  const match = /-(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(releaseVersion);
  if (match === null || !/-(\d{8}|\d{4}\.\d\d\.\d\d)$/.test(releaseVersion)) return undefined;
  const date = Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`);
  return Number.isNaN(date) ? undefined : date;
}

/** The AMI's name, as DescribeImages returns it. */
export function imageName(amiType: AmiType, kubernetesVersion: string, releaseVersion: string): string {
  const { platform, architecture, variant } = families[amiType];
  const date = releaseVersion.slice(releaseVersion.lastIndexOf('-') + 1);
  switch (platform) {
    case 'AL2023':
      return `amazon-eks-node-al2023-${architecture}-${variant}-${kubernetesVersion}-v${date}`;
    case 'AL2':
      return `amazon-eks${variant}-node-${kubernetesVersion}-v${date}`;
    case 'BOTTLEROCKET':
      return `bottlerocket-aws-k8s-${kubernetesVersion}${variant}-${architecture}-v${releaseVersion}`;
    case 'WINDOWS':
      return `Windows_Server-${variant}-EKS_Optimized-${kubernetesVersion}-${date}`;
  }
}
