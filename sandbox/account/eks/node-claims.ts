import type { Random } from '../../time/random.ts';
import type { Instance, Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import type { PublishedRelease } from './ami-releases.ts';
import { allowedBy, type Budget } from './disruption-budgets.ts';
import { durationOf } from './go-duration.ts';
import type { KarpenterNodes } from './karpenter-nodes.ts';

/** Source: aws/karpenter-provider-aws, pkg/cloudprovider/drift.go. */
export type Drift = 'AMIDrift' | 'SecurityGroupDrift';

export interface NodePool {
  readonly name: string;
  readonly nodeClass: string;
  /** How long a node lives at most, such as `720h`; `Never`: without a limit. */
  readonly expireAfter: string;
  /** How long pods may hold up the end of a node; absent: for ever. */
  readonly terminationGracePeriod?: string | undefined;
  readonly budgets: readonly Budget[];
}

export interface NodeClaimsOptions {
  readonly clusterName: string;
  readonly world: Pick<World, 'time'>;
  readonly random: Random;
  readonly instances: Instances;
  readonly pools: readonly NodePool[];
  readonly nodes: KarpenterNodes;
  /** Whether the control plane hears nothing of the kubelet of a node. */
  isUnheard(instance: Instance): boolean;
  /** Whether the AMI of a node is none of those of its class. */
  isOfOtherAmi(pool: NodePool, instance: Instance): boolean;
  /** What a node of a pool would be launched from in place of one; undefined: nothing that fits. */
  replacementOf(pool: NodePool, instance: Instance): PublishedRelease | undefined;
  /** Launches a node of a pool. @returns undefined where EC2 has no capacity */
  launch(pool: string, release: PublishedRelease, readyAfter: number): Instance | undefined;
  /** Has the controllers look again after their usual time. */
  lookSoon(): void;
}

/** Between two looks at a node that is being drained, or whose replacement is awaited, ms. */
const AGAIN = 30_000;
/** Between two attempts at terminating an instance that is protected, ms. */
const REFUSED_AGAIN = 5 * 60_000;
/** How soon the disruption controller sees a change of a node, ms. Source: pkg/controllers/disruption, pollingPeriod. */
const SEES_NODES_AFTER = 10_000;
/** Within what time a launched node joins. Source: pkg/controllers/nodeclaim/lifecycle, registrationTimeout. */
const JOINS_WITHIN = 15 * 60_000;
const NODE_POOL = 'karpenter.sh/nodepool';

/** What Karpenter keeps of a node besides what EC2 shows of its instance. */
interface Claim {
  /** The security groups of its class, which it was launched with. */
  readonly groups: string;
  /** Whether the last look found others. */
  hasOtherGroups: boolean;
  isReplaced: boolean;
  /** When its NodeClaim was deleted, epoch ms. */
  deletedAt?: number;
}

/**
 * Karpenter's nodes in one cluster. Drifted ones are replaced, each by a new one first, as budgets, pods and
 * `do-not-disrupt` allow. Expired and stopped ones end at once, and so do instances whose nodes do not join: what keeps
 * a node from disruption does not count there.
 *
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export class NodeClaims {
  readonly #options: NodeClaimsOptions;
  readonly #claims = new Map<string, Claim>();
  /** The nodes that were replaced because they had drifted, in order: instance, why, and when that began (epoch ms). */
  readonly replaced: Array<{ readonly id: string; readonly why: Drift; readonly at: number }> = [];

  constructor(options: NodeClaimsOptions) {
    const { instances, world } = options;
    this.#options = options;
    for (const { name } of options.pools) for (const each of this.of(name)) this.#claim(each);
    instances.onLaunched((instance) => {
      const pool = this.#poolOf(instance);
      if (pool === undefined) return;
      this.#claim(instance);
      world.time.after(JOINS_WITHIN, () => {
        if (instance.node !== 'Joining') return;
        Object.assign(this.#claim(instance), { isReplaced: true, deletedAt: world.time.now });
        this.#terminate(instance);
      });
    });
    // The interruption controller hears of instances that stop. Source: aws/karpenter-provider-aws, interruption.
    instances.onStopping((instance) => {
      const pool = this.#poolOf(instance);
      if (pool !== undefined && instance.state === 'stopping') this.#endNow(pool, instance);
    });
    instances.onTerminated(({ id }) => this.#claims.delete(id));
  }

  /** The instances of a pool that have not ended. */
  of(pool: string): Instance[] {
    return this.#options.instances
      .list()
      .filter(
        (each) =>
          this.#poolOf(each)?.name === pool &&
          each.node !== 'Gone' &&
          (each.state === 'pending' || each.state === 'running'),
      );
  }

  /** Why a node has drifted, as its NodeClaim says. A change in EC2 counts from the next look on, and so does its end. */
  driftOf(pool: NodePool, instance: Instance): Drift | undefined {
    if (this.#options.isOfOtherAmi(pool, instance)) return 'AMIDrift';
    return this.#claims.get(instance.id)?.hasOtherGroups === true ? 'SecurityGroupDrift' : undefined;
  }

  /** When the NodeClaim of an instance was deleted, epoch ms; undefined: it was not. */
  deletedAt({ id }: Instance): number | undefined {
    return this.#claims.get(id)?.deletedAt;
  }

  /** Looks at the security groups and ages of all nodes, which EC2 tells of in no event. */
  look(): void {
    const { pools, world } = this.#options;
    for (const pool of pools) {
      const lifetime = durationOf(pool.expireAfter);
      let hasOther = false;
      for (const instance of this.of(pool.name)) {
        const claim = this.#claim(instance);
        claim.hasOtherGroups = claim.groups !== groupsOf(instance);
        hasOther ||= claim.hasOtherGroups;
        if (lifetime !== undefined && instance.launchedAt + lifetime <= world.time.now) this.#endNow(pool, instance);
      }
      if (hasOther) this.disrupt(pool);
    }
  }

  /** A node was changed in the cluster. */
  nodeChanged(): void {
    this.#options.world.time.after(SEES_NODES_AFTER, () => {
      for (const pool of this.#options.pools) this.disrupt(pool);
    });
  }

  /**
   * Begins to replace as many drifted nodes as may be now. Nodes that are not ready count against the budgets, too.
   * Source: kubernetes-sigs/karpenter, disruption/helpers.go, BuildDisruptionBudgetMapping.
   *
   * @returns whether there are any that nobody replaces yet
   */
  disrupt(pool: NodePool): boolean {
    const { nodes, world, isUnheard } = this.#options;
    const claims = this.of(pool.name);
    const isBusy = ({ id }: Instance) => this.#claims.get(id)?.isReplaced === true;
    const drifted = claims.filter((each) => this.driftOf(pool, each) !== undefined && !isBusy(each));
    const busy = claims.filter((each) => isBusy(each) || each.node !== 'Ready' || isUnheard(each)).length;
    const room = Math.max(0, allowedBy(pool, claims.length, world.time.now) - busy);
    const candidates = drifted.filter(
      ({ node, privateDnsName }) =>
        node === 'Ready' &&
        !nodes.isKept(privateDnsName) &&
        // A grace period bounds what pods can hold up. Source: disruption/types.go, EventualDisruptionClass.
        (pool.terminationGracePeriod !== undefined || !nodes.hasKeptPods(privateDnsName)),
    );
    for (const instance of candidates.slice(0, room)) this.#replace(pool, instance);
    return drifted.length > 0;
  }

  #poolOf({ kubernetes, tags }: Instance): NodePool | undefined {
    if (kubernetes?.clusterName !== this.#options.clusterName) return undefined;
    const name = tags.get(NODE_POOL);
    return this.#options.pools.find((pool) => pool.name === name);
  }

  #claim(instance: Instance): Claim {
    const known = this.#claims.get(instance.id);
    if (known !== undefined) return known;
    const claim = { groups: groupsOf(instance), hasOtherGroups: false, isReplaced: false };
    this.#claims.set(instance.id, claim);
    return claim;
  }

  #replace(pool: NodePool, instance: Instance): void {
    const { nodes, world, lookSoon, launch, replacementOf, random } = this.#options;
    const release = replacementOf(pool, instance);
    if (release === undefined) return;
    const claim = this.#claim(instance);
    this.replaced.push({ id: instance.id, why: this.driftOf(pool, instance) ?? 'AMIDrift', at: world.time.now });
    claim.isReplaced = true;
    nodes.markDisrupted(instance.privateDnsName, true);
    const readyAfter = random.integer(60, 120) * 1000;
    const replacement = launch(pool.name, release, readyAfter);
    const giveUp = (): void => {
      claim.isReplaced = false;
      nodes.markDisrupted(instance.privateDnsName, false);
      lookSoon();
    };
    const goOn = (): void => {
      if (replacement?.node === 'Joining') world.time.after(AGAIN, goOn);
      else if (replacement?.node === 'Ready') this.#delete(pool, instance);
      else giveUp();
    };
    // The new node comes first, and the old one is drained then.
    if (replacement === undefined) giveUp();
    else world.time.after(readyAfter + 10_000, goOn);
  }

  /** Ends a node without waiting for another one, whatever keeps it from disruption. Its pods have a new one launched. */
  #endNow(pool: NodePool, instance: Instance): void {
    const { launch, replacementOf, random } = this.#options;
    const claim = this.#claim(instance);
    if (claim.isReplaced) return;
    claim.isReplaced = true;
    const release = replacementOf(pool, instance);
    if (release !== undefined) launch(pool.name, release, random.integer(60, 120) * 1000);
    this.#delete(pool, instance);
  }

  #delete(pool: NodePool, instance: Instance): void {
    if (instance.node === 'Gone') return;
    const { nodes, world } = this.#options;
    const claim = this.#claim(instance);
    claim.deletedAt ??= world.time.now;
    const grace = durationOf(pool.terminationGracePeriod ?? 'Never');
    nodes.markDisrupted(instance.privateDnsName, true);
    const isOver = grace !== undefined && claim.deletedAt + grace <= world.time.now;
    if (nodes.drain(instance.privateDnsName, isOver) === 0) this.#terminate(instance);
    else world.time.after(AGAIN, () => this.#delete(pool, instance));
  }

  /** EC2 refuses to terminate an instance that is protected, and Karpenter asks again and again. */
  #terminate(instance: Instance): void {
    const { instances, world, lookSoon } = this.#options;
    if (instance.disableApiTermination && instance.node !== 'Gone') {
      world.time.after(REFUSED_AGAIN, () => this.#terminate(instance));
    } else {
      instances.terminate(instance, 60_000, lookSoon);
    }
  }
}

/** The security groups of an instance, as EC2 shows them: those of its primary interface. */
const groupsOf = ({ interfaces: [primary] }: Instance): string => [...(primary?.securityGroupIds ?? [])].sort().join();
