/**
 * The families of AMIs whose alias can be pinned here. Windows takes only `@latest`, and AL2 ends with Kubernetes 1.32.
 */
export type Family = 'al2023' | 'bottlerocket';

/** What the AMI selector terms of an EC2NodeClass say. */
export type Selection =
  /** The alias follows each new release at once. */
  | { readonly kind: 'floats'; readonly family: Family }
  /** `version`: `v20260714` for Amazon Linux 2023, `v1.42.0` for Bottlerocket. */
  | { readonly kind: 'pins'; readonly family: Family; readonly version: string }
  /** An alias of another family. */
  | { readonly kind: 'other-alias'; readonly alias: string }
  /** Terms by id, name, tags or parameter. */
  | { readonly kind: 'custom' };

/**
 * Source: aws/karpenter-provider-aws, pkg/apis/v1/ec2nodeclass.go: an alias is the only term, and the only member of
 * it.
 */
export function selectionOf(terms: readonly unknown[]): Selection {
  const [term, ...others] = terms;
  const alias = typeof term === 'object' && term !== null && 'alias' in term ? term.alias : undefined;
  if (typeof alias !== 'string' || others.length > 0) return { kind: 'custom' };
  const { family, version = '' } = /^(?<family>al2023|bottlerocket)@(?<version>.+)$/.exec(alias)?.groups ?? {};
  if (family !== 'al2023' && family !== 'bottlerocket') return { kind: 'other-alias', alias };
  if (version === 'latest') return { kind: 'floats', family };
  const { plain } = VERSIONS[family].exec(version)?.groups ?? {};
  return plain === undefined ? { kind: 'other-alias', alias } : { kind: 'pins', family, version: `v${plain}` };
}

/** Bottlerocket's version may lack the `v`. Source: the same, pkg/providers/amifamily/bottlerocket.go. */
const VERSIONS: Readonly<Record<Family, RegExp>> = {
  al2023: /^v(?<plain>\d{8})$/,
  bottlerocket: /^v?(?<plain>\d+\.\d+\.\d+)$/,
};

export const aliasOf = (family: Family, version: string): string => `${family}@${version}`;

/** The AMI of a node, by Amazon's name for it. */
export interface NamedImage {
  readonly family: Family;
  /** As an alias has it. */
  readonly version: string;
  /** EKS's AMI type. */
  readonly amiType: string;
  readonly kubernetesVersion: string;
}

const AL2023 =
  /^amazon-eks-node-al2023-(?<arch>x86_64|arm64)-(?<variant>standard|nvidia|neuron)-(?<kubernetes>[\d.]+)-(?<version>v\d{8})$/;
const BOTTLEROCKET =
  /^bottlerocket-aws-k8s-(?<kubernetes>[\d.]+)(?<variant>-nvidia)?-(?<arch>x86_64|aarch64|arm64)-(?<version>v\d+\.\d+\.\d+)-[0-9a-f]+$/;

/** What an AMI's name says; undefined for a name that is not of a release which an alias names. */
export function imageNamed(name: string): NamedImage | undefined {
  const al2023 = AL2023.exec(name)?.groups;
  if (al2023 !== undefined) {
    const { arch = '', variant = '', kubernetes: kubernetesVersion = '', version = '' } = al2023;
    const amiType = `AL2023_${architectureIn(arch)}_${variant.toUpperCase()}`;
    return { family: 'al2023', version, amiType, kubernetesVersion };
  }
  const bottlerocket = BOTTLEROCKET.exec(name)?.groups;
  if (bottlerocket === undefined) return undefined;
  const { arch = '', variant, kubernetes: kubernetesVersion = '', version = '' } = bottlerocket;
  const amiType = `BOTTLEROCKET_${architectureIn(arch)}${variant === undefined ? '' : '_NVIDIA'}`;
  return { family: 'bottlerocket', version, amiType, kubernetesVersion };
}

const architectureIn = (arch: string): string => (arch === 'x86_64' ? 'x86_64' : 'ARM_64');

/** The version of an alias that names a release of EKS's; undefined for a release of another form. */
export const versionOfRelease = (family: Family, releaseVersion: string): string | undefined => {
  const found = family === 'al2023' ? /-(\d{8})$/.exec(releaseVersion) : /^(\d+\.\d+\.\d+)-/.exec(releaseVersion);
  return found?.[1] === undefined ? undefined : `v${found[1]}`;
};

/** Compares versions of one family: negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, '').split('.').map(Number));
  for (const [index, number] of (left ?? []).entries()) {
    const difference = number - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest of some versions of one family; undefined for none. */
export const newestOf = (versions: readonly string[]): string | undefined => versions.toSorted(compareVersions).at(-1);
