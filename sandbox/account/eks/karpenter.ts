import { Cron } from 'croner';
import type { Random } from '../../time/random.ts';
import type { Instance, Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import type { AmiReleases, PublishedRelease } from './ami-releases.ts';
import { amiFamily, amiTypes } from './ami-types.ts';

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

/** A disruption budget. */
export interface Budget {
  readonly nodes: string;
  readonly reasons?: readonly string[] | undefined;
  /** When it becomes active, as cron in UTC, and for how long, such as `8h`; absent: it always is. */
  readonly schedule?: string | undefined;
  readonly duration?: string | undefined;
}

export interface NodePool {
  readonly name: string;
  readonly nodeClass: string;
  readonly expireAfter: string;
  readonly budgets: readonly Budget[];
}

export interface KarpenterOptions {
  readonly clusterName: string;
  readonly world: Pick<World, 'time'>;
  readonly random: Random;
  readonly instances: Instances;
  readonly releases: AmiReleases;
  /** The Kubernetes version of the control plane. */
  version(): string;
  readonly classes: ReadonlyArray<
    Pick<NodeClass, 'name' | 'terms' | 'amiFamily' | 'userData' | 'labels' | 'annotations' | 'manager'>
  >;
  readonly pools: readonly NodePool[];
  /** Launches a node of a pool with an AMI. */
  launch(pool: string, release: PublishedRelease, readyAfter: number): void;
  /** Evicts the pods of a node. @returns how many are left on it */
  evictPods(nodeName: string): number;
}

/**
 * Between a change and the look of the controllers that sees it, ms. Source: pkg/controllers/nodeclaim/disruption, 5
 * minutes.
 */
const LOOKS_AFTER = 5 * 60_000;
/** Between two looks at a node that is being drained, ms. */
const DRAIN_AGAIN = 30_000;
const NODE_POOL = 'karpenter.sh/nodepool';

/**
 * Karpenter in one cluster: it resolves the AMI terms of node classes, and replaces nodes that have drifted from them,
 * each by a new one first, as many at a time as the disruption budgets of their pool allow.
 *
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export class Karpenter {
  readonly classes: NodeClass[];
  readonly pools: readonly NodePool[];
  readonly #options: KarpenterOptions;
  readonly #disrupting = new Set<string>();
  #looks = false;

  constructor(options: KarpenterOptions) {
    this.#options = options;
    this.pools = options.pools;
    this.classes = options.classes.map((each) => ({ ...each, version: 1, generation: 1, amis: [] }));
    this.#resolve();
    this.#awaitReleases();
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
    return this.#options.instances
      .list()
      .filter(
        ({ kubernetes, tags, node, state }) =>
          kubernetes?.clusterName === this.#options.clusterName &&
          tags.get(NODE_POOL) === pool &&
          node !== 'Gone' &&
          (state === 'pending' || state === 'running'),
      );
  }

  /** Whether the AMI of a node is not among those of its class. */
  isDrifted(pool: NodePool, { imageId }: Instance): boolean {
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
      for (const pool of this.pools) this.#disrupt(pool);
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
    return amiTypes
      .filter((amiType) => amiFamily(amiType).platform.toLowerCase() === family)
      .flatMap((amiType) => {
        if (wanted === 'latest') return releases.latest(version, amiType, world.time.now) ?? [];
        return releases
          .offered(version, amiType, world.time.now)
          .filter(({ releaseVersion }) => isOf(releaseVersion, wanted));
      });
  }

  #disrupt(pool: NodePool): void {
    const { random } = this.#options;
    const claims = this.claimsOf(pool.name);
    const drifted = claims.filter((each) => this.isDrifted(pool, each) && !this.#disrupting.has(each.id));
    const busy = claims.filter(({ id, node }) => this.#disrupting.has(id) || node !== 'Ready').length;
    const room = Math.max(0, allowedBy(pool, claims.length, this.#options.world.time.now) - busy);
    for (const instance of drifted.filter(({ node }) => node === 'Ready').slice(0, room)) {
      const release = this.#replacementOf(pool, instance);
      if (release === undefined) continue;
      this.#disrupting.add(instance.id);
      const readyAfter = random.integer(60, 120) * 1000;
      this.#options.launch(pool.name, release, readyAfter);
      // The new node comes first, and the old one is drained then.
      this.#options.world.time.after(readyAfter + 10_000, () => this.#drain(pool, instance));
    }
    if (drifted.length > 0) this.#lookSoon();
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

  #drain(pool: NodePool, instance: Instance): void {
    if (instance.node !== 'Gone') instance.node = 'Draining';
    if (this.#options.evictPods(instance.privateDnsName) > 0) {
      this.#options.world.time.after(DRAIN_AGAIN, () => this.#drain(pool, instance));
      return;
    }
    this.#options.instances.terminate(instance, 60_000, () => {
      this.#disrupting.delete(instance.id);
      this.#lookSoon();
    });
  }
}

/** Whether a release is the version of an alias: `v20260714`, `v1.42.0`, `1.42.0`. */
const isOf = (releaseVersion: string, wanted: string): boolean =>
  releaseVersion.endsWith(`-${wanted.replace(/^v/, '')}`) || releaseVersion.startsWith(`${wanted.replace(/^v/, '')}-`);

/**
 * The least of the budgets that count for drift now, rounded up. One that is not active restricts nothing. Source:
 * pkg/apis/v1/nodepool.go, GetAllowedDisruptions.
 *
 * @param now epoch milliseconds
 */
function allowedBy({ budgets }: NodePool, nodes: number, now: number): number {
  const counting = budgets.filter(
    (budget) => (budget.reasons === undefined || budget.reasons.includes('Drifted')) && isActive(budget, now),
  );
  return Math.min(
    nodes,
    ...counting.map(({ nodes: text }) =>
      text.endsWith('%') ? Math.ceil((nodes * Number(text.slice(0, -1))) / 100) : Number(text),
    ),
  );
}

/**
 * Whether a budget is active: its schedule has come within its duration. Source: pkg/apis/v1/nodepool.go, IsActive,
 * which takes the schedule as UTC.
 */
export function isActive({ schedule, duration = '' }: Budget, now: number): boolean {
  if (schedule === undefined) return true;
  const { hours = 0, minutes = 0 } = /^(?:(?<hours>\d+)h)?(?:(?<minutes>\d+)m)?/.exec(duration)?.groups ?? {};
  const length = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const next = new Cron(schedule, { timezone: 'UTC', paused: true }).nextRun(new Date(now - length));
  return next !== null && next.getTime() <= now;
}
