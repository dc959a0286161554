import type { Instance } from '../ec2/instances.ts';
import type { AmiReleases, PublishedRelease } from './ami-releases.ts';
import { amiFamily, amiTypes } from './ami-types.ts';
import { type Drift, NodeClaims, type NodeClaimsOptions, type NodePool } from './node-claims.ts';

/** An EC2NodeClass, as somebody wrote it. */
export interface NodeClass {
  readonly name: string;
  terms: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly amiFamily: string | undefined;
  userData: string | undefined;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Who wrote its AMI terms last, and how. */
  manager: { readonly name: string; readonly operation: 'Apply' | 'Update' };
  /** Grows with each write. */
  version: number;
  generation: number;
  /** The AMIs that the terms resolved to last. */
  amis: ReadonlyArray<{ readonly id: string; readonly name: string }>;
}

export interface KarpenterOptions extends Omit<NodeClaimsOptions, 'isOfOtherAmi' | 'replacementOf' | 'lookSoon'> {
  readonly releases: AmiReleases;
  /** The version of its custom resources. */
  readonly apiVersion: 'v1' | 'v1beta1';
  /** The Kubernetes version of the control plane. */
  version(): string;
  readonly classes: ReadonlyArray<
    Pick<NodeClass, 'name' | 'terms' | 'amiFamily' | 'userData' | 'labels' | 'annotations' | 'manager'>
  >;
}

/**
 * Between a change and the look of the controllers that sees it, ms. Source: pkg/controllers/nodeclaim/disruption, 5
 * minutes.
 */
const LOOKS_AFTER = 5 * 60_000;

/** AMI types by the family that an alias names. */
const TYPES_BY_FAMILY = Map.groupBy(amiTypes, (amiType) => amiFamily(amiType).platform.toLowerCase());

/**
 * Karpenter in one cluster: it resolves the AMI terms of node classes, and replaces nodes that have drifted from them,
 * each by a new one first, as many at a time as the disruption budgets of their pool allow.
 *
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export class Karpenter {
  readonly classes: NodeClass[];
  readonly pools: readonly NodePool[];
  readonly apiVersion: KarpenterOptions['apiVersion'];
  readonly #options: KarpenterOptions;
  readonly #claims: NodeClaims;
  #looks = false;

  constructor(options: KarpenterOptions) {
    this.#options = options;
    this.apiVersion = options.apiVersion;
    this.pools = options.pools;
    this.classes = options.classes.map((each) => ({ ...each, version: 1, generation: 1, amis: [] }));
    this.#resolve();
    this.#claims = new NodeClaims({
      ...options,
      isOfOtherAmi: (pool, instance) => this.#isOfOtherAmi(pool, instance),
      replacementOf: (pool, instance) => this.#replacementOf(pool, instance),
      lookSoon: () => this.#lookSoon(),
    });
    this.#awaitReleases();
    this.#watch();
  }

  /** Takes the AMIs for the version that the control plane runs by now: aliases resolve to them. */
  followControlPlane(): void {
    this.#awaitReleases();
    this.#lookSoon();
  }

  /** Looks whenever there is another release for the version of the control plane. */
  #awaitReleases(): void {
    const { releases, world, version } = this.#options;
    const arrivals = new Set(amiTypes.flatMap((amiType) => releases.history(version(), amiType).map(({ at }) => at)));
    for (const at of arrivals) if (at > world.time.now) world.time.at(at + 60_000, () => this.#lookSoon());
  }

  /** The instances of a pool that have not ended. */
  claimsOf(pool: string): Instance[] {
    return this.#claims.of(pool);
  }

  /** Why a node has drifted, as its NodeClaim says; undefined: it has not. */
  driftOf(pool: NodePool, instance: Instance): Drift | undefined {
    return this.#claims.driftOf(pool, instance);
  }

  /** The nodes that were replaced because they had drifted, in order. */
  get replaced(): NodeClaims['replaced'] {
    return this.#claims.replaced;
  }

  /** When the NodeClaim of an instance was deleted, epoch ms; undefined: it was not. */
  deletedAt(instance: Instance): number | undefined {
    return this.#claims.deletedAt(instance);
  }

  /** A node was changed in the cluster, as by kubectl. */
  nodeChanged(): void {
    this.#claims.nodeChanged();
  }

  #isOfOtherAmi(pool: NodePool, { imageId }: Instance): boolean {
    const amis = this.classes.find(({ name }) => name === pool.nodeClass)?.amis ?? [];
    return amis.length > 0 && !amis.some(({ id }) => id === imageId);
  }

  /** Adopts new AMI terms and marks of a class. */
  write(nodeClass: NodeClass, changed: Partial<Pick<NodeClass, 'terms' | 'labels' | 'annotations' | 'manager'>>): void {
    Object.assign(nodeClass, changed);
    nodeClass.version += 1;
    if (changed.terms !== undefined) nodeClass.generation += 1;
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#looks) return;
    this.#looks = true;
    this.#options.world.time.after(LOOKS_AFTER, () => {
      this.#looks = false;
      this.#resolve();
      const isDrifted = this.pools.map((pool) => this.#claims.disrupt(pool));
      if (isDrifted.includes(true)) this.#lookSoon();
    });
  }

  /** Has each node looked at again every five minutes: nothing tells Karpenter of a change that somebody makes in EC2. */
  #watch(): void {
    this.#options.world.time.after(LOOKS_AFTER, () => {
      this.#claims.look();
      this.#watch();
    });
  }

  /** An alias that resolves to nothing leaves the former AMIs. Source: pkg/controllers/nodeclass/ami.go. */
  #resolve(): void {
    for (const nodeClass of this.classes) {
      const amis = this.#imagesOf(nodeClass);
      if (amis.length > 0) nodeClass.amis = amis;
    }
  }

  #imagesOf({ terms }: NodeClass): NodeClass['amis'] {
    const [{ alias, id } = {}] = terms;
    if (typeof id === 'string') return [{ id, name: this.#options.releases.byImageId(id)?.imageName ?? '' }];
    return typeof alias === 'string'
      ? this.releasesOf(alias).map(({ imageId, imageName }) => ({ id: imageId, name: imageName }))
      : [];
  }

  /** The releases that an alias names now, of every architecture and variant. */
  releasesOf(alias: string): PublishedRelease[] {
    const { releases, world } = this.#options;
    const version = this.#options.version();
    const [family = '', wanted = ''] = alias.split('@');
    return (TYPES_BY_FAMILY.get(family) ?? []).flatMap((amiType) => {
      if (wanted === 'latest') return releases.latest(version, amiType, world.time.now) ?? [];
      return releases
        .offered(version, amiType, world.time.now)
        .filter(({ releaseVersion }) => isOf(releaseVersion, wanted));
    });
  }

  /** Nothing replaces a node of an architecture or variant that the class does not resolve to. */
  #replacementOf({ nodeClass }: NodePool, { architecture }: Instance): PublishedRelease | undefined {
    const amis = this.classes.find(({ name }) => name === nodeClass)?.amis ?? [];
    return amis
      .flatMap(({ id }) => this.#options.releases.byImageId(id) ?? [])
      .find(({ amiType }) => {
        const family = amiFamily(amiType);
        const isPlain = family.variant === 'standard' || family.variant === '';
        return isPlain && (family.architecture === 'arm64') === (architecture === 'arm64');
      });
  }
}

/** Whether a release is the version of an alias: `v20260714`, `v1.42.0`, `1.42.0`. */
const isOf = (releaseVersion: string, wanted: string): boolean =>
  releaseVersion.endsWith(`-${wanted.replace(/^v/, '')}`) || releaseVersion.startsWith(`${wanted.replace(/^v/, '')}-`);
