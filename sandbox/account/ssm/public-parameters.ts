import type { Parameter } from '@aws-sdk/client-ssm';
import type { AmiReleases, PublishedRelease } from '../eks/ami-releases.ts';
import { type AmiType, amiFamily, existsFor } from '../eks/ami-types.ts';
import type { World } from '../world.ts';

type Value = (release: PublishedRelease) => string;

interface Leaf {
  readonly kubernetesVersion: string;
  readonly amiType: AmiType;
  readonly value: Value;
}

/**
 * Amazon's public parameters that name the EKS AMIs. They have no state: each shows the newest release on offer at the
 * time of the read, so that a withdrawn release gives way to the previous one.
 */
export class PublicParameters {
  readonly #world: World;
  readonly #releases: AmiReleases;
  readonly #leaves = new Map<string, Leaf>();

  /**
   * @param releases complete: a pair whose first release is added later gets no parameters
   * @param windowsReleaseVersion whether Windows has a `release_version` beside `image_id`, which is not documented
   */
  constructor(world: World, releases: AmiReleases, windowsReleaseVersion: boolean) {
    this.#world = world;
    this.#releases = releases;
    for (const pair of releases.pairs()) {
      // A node group may run what Amazon no longer recommends: AL2 has no parameters from Kubernetes 1.33 on.
      if (!existsFor(pair.amiType, pair.kubernetesVersion)) continue;
      for (const [name, value] of leavesOf(pair.amiType, pair.kubernetesVersion, windowsReleaseVersion)) {
        this.#leaves.set(name, { ...pair, value });
      }
    }
  }

  get(name: string): Parameter | undefined {
    const leaf = this.#leaves.get(name);
    if (leaf === undefined) return this.#pinned(name);
    const { kubernetesVersion, amiType, value } = leaf;
    const now = this.#world.time.now;
    const offered = this.#releases.offered(kubernetesVersion, amiType, now);
    const release = offered.at(-1);
    if (release === undefined) return undefined;
    return this.#parameter(name, value(release), offered.length, release.at);
  }

  /**
   * The parameter of one release, which stays as long as it is on offer. Source: aws/karpenter-provider-aws,
   * pkg/providers/amifamily/al2023.go and bottlerocket.go, which read it.
   */
  #pinned(name: string): Parameter | undefined {
    if (!name.endsWith('/image_id')) return undefined;
    const now = this.#world.time.now;
    for (const { kubernetesVersion, amiType } of this.#releases.pairs()) {
      if (!existsFor(amiType, kubernetesVersion) || !name.includes(kubernetesVersion)) continue;
      const offered = this.#releases.offered(kubernetesVersion, amiType, now);
      const release = offered.find((each) => pinnedName(each) === name);
      if (release !== undefined) return this.#parameter(name, release.imageId, 1, release.at);
    }
    return undefined;
  }

  #parameter(name: string, value: string, version: number, at: number): Parameter {
    return {
      Name: name,
      Type: 'String',
      Value: value,
      Version: version,
      LastModifiedDate: new Date(at),
      ARN: `arn:${this.#world.partition}:ssm:${this.#world.region}::parameter${name}`,
      DataType: 'text',
    };
  }

  list(): Parameter[] {
    return [...this.#leaves.keys()].flatMap((name) => this.get(name) ?? []);
  }
}

const imageId: Value = (release) => release.imageId;
const releaseVersion: Value = (release) => release.releaseVersion;
const recommended: Value = (release) =>
  JSON.stringify({
    schema_version: '2',
    image_id: release.imageId,
    image_name: release.imageName,
    release_version: release.releaseVersion,
  });

function pinnedName({ amiType, kubernetesVersion, imageName, releaseVersion }: PublishedRelease): string | undefined {
  const { platform, architecture, variant } = amiFamily(amiType);
  if (platform === 'AL2023') {
    return `/aws/service/eks/optimized-ami/${kubernetesVersion}/amazon-linux-2023/${architecture}/${variant}/${imageName}/image_id`;
  }
  if (platform !== 'BOTTLEROCKET') return undefined;
  return `/aws/service/bottlerocket/aws-k8s-${kubernetesVersion}${variant}/${architecture}/${releaseVersion.split('-')[0]}/image_id`;
}

function leavesOf(amiType: AmiType, kubernetesVersion: string, windowsReleaseVersion: boolean): Array<[string, Value]> {
  const { platform, architecture, variant } = amiFamily(amiType);
  switch (platform) {
    case 'AL2023':
    case 'AL2': {
      const os = platform === 'AL2' ? `amazon-linux-2${variant}` : `amazon-linux-2023/${architecture}/${variant}`;
      const base = `/aws/service/eks/optimized-ami/${kubernetesVersion}/${os}/recommended`;
      return [
        [base, recommended],
        [`${base}/image_id`, imageId],
        [`${base}/release_version`, releaseVersion],
      ];
    }
    case 'BOTTLEROCKET': {
      const base = `/aws/service/bottlerocket/aws-k8s-${kubernetesVersion}${variant}/${architecture}/latest`;
      return [
        [`${base}/image_id`, imageId],
        [`${base}/image_version`, releaseVersion],
      ];
    }
    case 'WINDOWS': {
      const base = `/aws/service/ami-windows-latest/Windows_Server-${variant}-EKS_Optimized-${kubernetesVersion}`;
      const leaves: Array<[string, Value]> = [[`${base}/image_id`, imageId]];
      return windowsReleaseVersion ? [...leaves, [`${base}/release_version`, releaseVersion]] : leaves;
    }
  }
}
