import type { Instance, Instances } from '../ec2/instances.ts';
import type { Networks } from '../ec2/network.ts';
import type { World } from '../world.ts';

/**
 * How long the control plane bears that it hears nothing of a kubelet, ms. Source: Kubernetes, kube-controller-manager,
 * `--node-monitor-grace-period`: 50 s (40 s before 1.32), which EKS leaves as it is.
 */
export const GRACE_MS = 50_000;

/**
 * Which kubelets still report to their cluster. A node behind security groups that let nothing out to the API server is no
 * more Ready once the grace is over. A kubelet of which the fleet file never said how it reaches its cluster is taken for
 * one that does: it has joined. An open connection ends with the rule that let it out, which is the earliest that it can.
 */
export class Kubelets {
  readonly #world: World;
  readonly #networks: Networks;
  /** Since when it is cut off, epoch ms, by instance id. */
  readonly #cutOff = new Map<string, number>();
  /** Those that reached their cluster when they joined, by what their security groups say. */
  readonly #joinedByRule = new Set<string>();
  readonly #listeners: Array<(instance: Instance, stillSo: () => boolean) => void> = [];

  constructor(world: World, instances: Instances, networks: Networks) {
    this.#world = world;
    this.#networks = networks;
    const reconsider = (instanceId: string | undefined) => {
      const instance = instances.get(instanceId ?? '');
      if (instance?.kubernetes !== undefined) this.#reconsider(instance);
    };
    instances.onRunning((instance) => reconsider(instance.id));
    instances.onTerminating(({ id }) => {
      this.#cutOff.delete(id);
      this.#joinedByRule.delete(id);
    });
    networks.interfaces.onChange(({ attachment }) => reconsider(attachment.instanceId));
    networks.securityGroups.onChange(({ id }) => {
      for (const { attachment, securityGroupIds } of networks.interfaces.list()) {
        if (securityGroupIds.includes(id)) reconsider(attachment.instanceId);
      }
    });
  }

  /** Since when the node is not Ready because its kubelet is not heard of, epoch ms; undefined: it is heard of. */
  unheardSince({ id }: Pick<Instance, 'id'>): number | undefined {
    const since = this.#cutOff.get(id);
    return since === undefined || this.#world.time.now < since + GRACE_MS ? undefined : since + GRACE_MS;
  }

  /** Hears of each node when it ceases to be Ready; `stillSo` tells later whether it has been so ever since. */
  onUnheard(listener: (instance: Instance, stillSo: () => boolean) => void): void {
    this.#listeners.push(listener);
  }

  #reconsider(instance: Instance): void {
    const { id } = instance;
    const reaches = this.#networks.reachesCluster(instance);
    if (reaches) {
      this.#joinedByRule.add(id);
      this.#cutOff.delete(id);
      return;
    }
    if (!this.#joinedByRule.has(id) || this.#cutOff.has(id)) return;
    const since = this.#world.time.now;
    this.#cutOff.set(id, since);
    const stillSo = () => this.#cutOff.get(id) === since;
    this.#world.time.after(GRACE_MS, () => {
      if (stillSo()) for (const listener of this.#listeners) listener(instance, stillSo);
    });
  }
}
