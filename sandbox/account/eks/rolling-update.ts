import type { Random } from '../../time/random.ts';
import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { Instance } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import { type RollSurroundings, whyNoLaunch, zoneFor } from './launch-room.ts';
import type { EksNodeGroup, UpdateFailure } from './node-group.ts';
import { joinTimes, launchNode, nodesOf } from './nodes.ts';

const MINUTE_MS = 60_000;

/** How a roll ended. */
export type RollEnd =
  | { readonly outcome: 'Successful' }
  | { readonly outcome: 'Failed'; readonly failure: UpdateFailure; readonly resourceIds: string[] };

/** How many nodes of the group an update takes out at once. */
export function maxUnavailable({ updateConfig, scaling }: EksNodeGroup): number {
  const { maxUnavailable, maxUnavailablePercentage } = updateConfig;
  if (maxUnavailablePercentage === undefined) return maxUnavailable ?? 1;
  // EKS's rounding is undocumented. Rounding down, but to at least one, never takes out more than the allowed share.
  return Math.max(1, Math.floor((scaling.desiredSize * maxUnavailablePercentage) / 100));
}

/** How long EKS tries to evict the pods of a node (EKS user guide, "Understand each phase of node updates"). */
const EVICTION_LIMIT_MS = 15 * MINUTE_MS;
/** How often the sandbox tries. */
const EVICTION_RETRY_MS = 20_000;

/** What the nodes of a group become. */
interface RollTarget extends Pick<EksNodeGroup, 'imageId' | 'keyName'> {
  /** Whether pods that cannot be evicted are deleted. */
  readonly isForced: boolean;
  /** Whether nodes that have image and key pair already are replaced as well. */
  readonly replacesAll: boolean;
}

/**
 * One rolling replacement of a node group's nodes by nodes of another image, as in the EKS user guide ("Understand each
 * phase of node updates"). One simplification: the surge is one batch, not up to twice the number of zones.
 *
 * Members in standby are left alone, and so are nodes that enter it, or are lost, before their turn is over. With
 * `updatesTerminateStandby` the update terminates members in standby instead; AWS does not document which is true.
 *
 * DEFAULT launches a batch, waits until it is Ready, then drains and terminates as many old nodes. MINIMAL drains and
 * terminates first. A drain ends when no pod of a workload is left on the node; unless it is forced, the roll fails
 * where pods stay for too long. Nodes that have image and key pair already, for example from an update that failed
 * half-way, stay.
 */
export class RollingUpdate {
  readonly #world: World;
  readonly #groups: AutoScalingGroups;
  readonly #group: EksNodeGroup;
  readonly #imageId: string;
  readonly #keyName: string | undefined;
  readonly #random: Random;
  readonly #failure: UpdateFailure | undefined;
  readonly #former: Pick<EksNodeGroup, 'imageId' | 'keyName'>;
  readonly #around: RollSurroundings;
  readonly #isForced: boolean;
  readonly #replacesAll: boolean;
  readonly #startedAt: number;
  #stopped = false;

  /** @param failure that this roll is set to have */
  constructor(
    world: World,
    groups: AutoScalingGroups,
    group: EksNodeGroup,
    { imageId, keyName, isForced, replacesAll }: RollTarget,
    random: Random,
    failure: UpdateFailure | undefined,
    around: RollSurroundings,
  ) {
    this.#world = world;
    this.#groups = groups;
    this.#group = group;
    this.#imageId = imageId;
    this.#keyName = keyName;
    this.#former = { imageId: group.imageId, keyName: group.keyName };
    this.#random = random;
    this.#failure = failure;
    this.#around = around;
    this.#isForced = isForced;
    this.#replacesAll = replacesAll;
    this.#startedAt = world.time.now;
  }

  /** Runs the roll. Resolves when the last old node is gone, or when the failure occurs. */
  async run(): Promise<RollEnd> {
    const failure = this.#failure;
    if (failure === undefined) return this.#replaceAll();
    const { promise, resolve } = Promise.withResolvers<RollEnd>();
    this.#world.time.after(failure.afterMs, () => resolve(this.#giveUp(failure)));
    return Promise.race([promise, this.#replaceAll()]);
  }

  async #replaceAll(): Promise<RollEnd> {
    await this.#pause(this.#random.integer(60, 120) * 1000);
    this.#group.autoScalingGroup.launchTemplate.version += 1;
    this.#group.imageId = this.#imageId;
    this.#group.keyName = this.#keyName;
    const old = this.#shuffled(nodesOf(this.#group).filter((node) => !this.#isNew(node)));
    const size = maxUnavailable(this.#group);
    for (let start = 0; start < old.length; start += size) {
      const batch = old.slice(start, start + size);
      const why = whyNoLaunch(this.#group, batch, this.#around);
      if (why !== undefined) return this.#cannotLaunch(why);
      const doomed = this.#failure !== undefined && start + size >= old.length;
      const hasLeft = await this.#replace(batch, doomed);
      if (!hasLeft) return this.#giveUp({ errorCode: 'PodEvictionFailure', afterMs: 0, degrades: false, times: 0 });
    }
    if (this.#failure !== undefined) await this.#forever();
    if (this.#group.updatesTerminateStandby) this.#terminateStandby();
    await this.#pause(this.#random.integer(30, 60) * 1000);
    return { outcome: 'Successful' };
  }

  /**
   * @returns whether all pods have left the batch
   * @param doomed whether the batch's pods never leave, because an update that is set to fail must not complete before
   */
  async #replace(planned: readonly Instance[], doomed: boolean): Promise<boolean> {
    const scaling = this.#group.autoScalingGroup;
    const minimal = this.#group.updateConfig.updateStrategy === 'MINIMAL';
    const batch = planned.filter((node) => this.#has(node));
    const plans = batch.map((node) => ({ node, ms: this.#group.msPerNode ?? this.#random.integer(180, 360) * 1000 }));
    const launch = () => Promise.all(plans.map(({ node, ms }) => this.#launchLike(node, ms)));
    if (!minimal) await launch();
    for (const node of batch) if (this.#has(node)) node.node = 'Draining';
    if (doomed) await this.#forever();
    const emptied = await Promise.all(
      plans.map(async ({ node, ms }) => {
        if (!(await this.#drain(node, ms * 0.45))) return false;
        if (this.#has(node)) this.#groups.terminate(scaling, node, ms * 0.2);
        else if (node.node === 'Draining') node.node = 'Ready';
        scaling.surge -= 1;
        await this.#pause(ms * 0.2);
        return true;
      }),
    );
    if (emptied.includes(false)) return false;
    if (minimal) await launch();
    this.#groups.settle(scaling);
    return true;
  }

  /**
   * Evicts the pods of a node until none is left.
   *
   * @param leastMs how long it takes at least
   * @returns false when EKS gives up
   */
  async #drain(node: Instance, leastMs: number): Promise<boolean> {
    const since = this.#world.time.now;
    this.#around.evictPods(node);
    await this.#pause(leastMs);
    while (this.#has(node) && this.#around.evictPods(node) > 0) {
      if (this.#world.time.now - since >= EVICTION_LIMIT_MS) return this.#isForced;
      await this.#pause(EVICTION_RETRY_MS);
    }
    return true;
  }

  /** EKS tries for some time before it gives up (EKS user guide, "Understand each phase of node updates"). */
  async #cannotLaunch(errorCode: UpdateFailure['errorCode']): Promise<RollEnd> {
    await this.#pause(this.#random.integer(15, 25) * MINUTE_MS);
    return this.#giveUp({ errorCode, afterMs: 0, degrades: false, times: 0 });
  }

  #terminateStandby(): void {
    const { autoScalingGroup } = this.#group;
    for (const { instance, lifecycleState } of autoScalingGroup.members.values()) {
      const isOld = lifecycleState === 'Standby' && !this.#isNew(instance);
      if (isOld) this.#groups.terminate(autoScalingGroup, instance, MINUTE_MS);
    }
  }

  #isNew({ imageId, keyName, launchedAt }: Instance): boolean {
    if (this.#replacesAll && launchedAt < this.#startedAt) return false;
    return imageId === this.#imageId && keyName === this.#keyName;
  }

  /** False when the node has gone into standby, or somebody else has terminated it. */
  #has(node: Instance): boolean {
    return node.node !== 'Gone' && nodesOf(this.#group).includes(node);
  }

  /** Launches a node with the new image like `old`, and waits until it is Ready. */
  async #launchLike(old: Instance, ms: number): Promise<void> {
    const zone = zoneFor(this.#group, old, this.#around);
    const times = joinTimes(ms);
    this.#group.autoScalingGroup.surge += 1;
    launchNode(this.#groups, this.#group, this.#imageId, zone, times);
    await this.#pause(times.readyAfter);
  }

  /**
   * Returns to the wanted size: drained nodes are uncordoned, the newest surplus is terminated, missing nodes are
   * launched.
   */
  #giveUp(failure: UpdateFailure): RollEnd {
    this.#stopped = true;
    const { autoScalingGroup, scaling } = this.#group;
    Object.assign(this.#group, this.#former);
    const nodes = nodesOf(this.#group);
    const stuck = nodes.filter(({ node }) => node === 'Draining');
    for (const node of stuck) node.node = 'Ready';
    for (const node of nodes.slice(scaling.desiredSize)) this.#groups.terminate(autoScalingGroup, node, MINUTE_MS);
    for (let zone = nodes.length; zone < scaling.desiredSize; zone += 1) {
      launchNode(this.#groups, this.#group, this.#former.imageId, zone, joinTimes(4 * MINUTE_MS));
    }
    autoScalingGroup.surge = 0;
    return { outcome: 'Failed', failure, resourceIds: stuck.map(({ privateDnsName }) => privateDnsName) };
  }

  #shuffled(nodes: Instance[]): Instance[] {
    return nodes
      .map((node) => ({ node, rank: this.#random.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ node }) => node);
  }

  /** After the roll was given up, no pause ends any more, so code that awaits one does not continue. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.time.after(ms, () => {
        if (!this.#stopped) resolve();
      });
    });
  }

  #forever(): Promise<never> {
    return new Promise(() => {});
  }
}
