/**
 * Compares two release versions of one AMI type: negative when `a` is older than `b`, 0 when equal, positive when
 * newer; undefined when their order is unknown. Doubt means no: a caller must never act on undefined.
 * - Amazon Linux `1.33.4-20260714` and Windows `1.33-2026.07.14`: by build date, then by Kubernetes patch version. A
 * later build is the newer release even if its kubelet's patch version stayed the same.
 * - Bottlerocket `1.42.0-ca9b9399`: by version. Two builds of one version differ only in a commit hash, which has no
 * order, and which may consist of eight digits. The AMI type must therefore tell the two forms apart.
 */
export function compareReleases(amiType: string, a: string, b: string): number | undefined {
  if (a === b) return 0;
  const parse = amiType.startsWith('BOTTLEROCKET_') ? parseVersioned : parseDated;
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return undefined;
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return undefined;
}

/**
 * Whether an AMI is the image of a release, by Amazon's name for it: with Amazon Linux it ends in the build date
 * (`…-1.33-v20260714`), with Bottlerocket and Windows in the release version itself.
 *
 * @param kubernetesVersion absent for any version
 */
export function isImageOf(imageName: string, releaseVersion: string, kubernetesVersion?: string): boolean {
  // Bottlerocket's release version is the same for every Kubernetes version:
  // `bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-ca9b9399`.
  const ofVersion = /^bottlerocket-aws-k8s-(\d+\.\d+)-/.exec(imageName)?.[1];
  if (ofVersion !== undefined && kubernetesVersion !== undefined && ofVersion !== kubernetesVersion) return false;
  const date = /^\d+\.\d+\.\d+-(\d{8})$/.exec(releaseVersion)?.[1];
  return imageName.endsWith(releaseVersion) || (date !== undefined && imageName.endsWith(`-v${date}`));
}

const DATED = /^(?<kubernetes>\d+\.\d+(?:\.\d+)?)-(?<date>\d{8}|\d{4}\.\d{2}\.\d{2})$/;
const VERSIONED = /^v?(?<version>\d+\.\d+\.\d+)-[0-9a-f]{8}$/;

/** The numbers that order a dated release, most significant first. The dots in a Windows date mean nothing. */
function parseDated(release: string): number[] | undefined {
  const { kubernetes, date } = DATED.exec(release)?.groups ?? {};
  return date === undefined ? undefined : [Number(date.replaceAll('.', '')), ...numbers(kubernetes)];
}

function parseVersioned(release: string): number[] | undefined {
  const version = VERSIONED.exec(release)?.groups?.version;
  return version === undefined ? undefined : numbers(version);
}

/** When a dated release was built, epoch milliseconds at midnight UTC; undefined where the version has no date. */
export function builtAt(release: string): number | undefined {
  const digits = DATED.exec(release)?.groups?.date?.replaceAll('.', '') ?? '';
  const time = Date.parse(digits.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3T00:00:00Z'));
  return Number.isNaN(time) ? undefined : time;
}

/** Major, minor and patch; a missing patch counts as 0. */
function numbers(dotted = ''): number[] {
  const [major = 0, minor = 0, patch = 0] = dotted.split('.').map(Number);
  return [major, minor, patch];
}
