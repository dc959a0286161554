import type { Instance, Instances } from '../ec2/instances.ts';
import type { Networks } from '../ec2/network.ts';
import type { World } from '../world.ts';

/**
 * How long the control plane waits for a silent kubelet, ms. Source: Kubernetes, kube-controller-manager,
 * `--node-monitor-grace-period`: 50 s (40 s before 1.32), which EKS leaves unchanged.
 */
export const GRACE_MS = 50_000;

/**
 * Which kubelets still report to their cluster. A node whose security groups allow no traffic to the API server ceases
 * to be Ready after the grace period. A kubelet for which the fleet file gives no path to its cluster counts as
 * connected, because it has joined. An open connection ends with the rule that allowed it, which is the earliest
 * possible moment.
 */
export class Kubelets {
  readonly #world: World;
  readonly #networks: Networks;
  /** Since when each kubelet is cut off, epoch ms, by instance id. */
  readonly #cutOff = new Map<string, number>();
  /** Kubelets that do not run, by instance id. */
  readonly #stopped = new Set<string>();
  /** Kubelets whose security groups allowed traffic to their cluster when they joined. */
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
    instances.onStopping((instance) => {
      if (instance.node !== 'Joining') this.stop(instance);
    });
    instances.onRestarted((instance) => this.start(instance));
    instances.onTerminating(({ id }) => {
      this.#cutOff.delete(id);
      this.#joinedByRule.delete(id);
      this.#stopped.delete(id);
    });
    networks.interfaces.onChange(({ attachment }) => reconsider(attachment.instanceId));
    networks.securityGroups.onChange(({ id }) => {
      for (const { attachment, securityGroupIds } of networks.interfaces.list()) {
        if (securityGroupIds.includes(id)) reconsider(attachment.instanceId);
      }
    });
  }

  /** Stops a kubelet, as when its host hangs. */
  stop(instance: Instance): void {
    this.#stopped.add(instance.id);
    if (!this.#cutOff.has(instance.id)) this.#cutOffNow(instance);
  }

  /** Starts a stopped kubelet again. */
  start(instance: Instance): void {
    this.#stopped.delete(instance.id);
    this.#cutOff.delete(instance.id);
    this.#reconsider(instance);
  }

  /** Since when the node is not Ready because its kubelet is silent, epoch ms; undefined: the kubelet reports. */
  unheardSince({ id }: Pick<Instance, 'id'>): number | undefined {
    const since = this.#cutOff.get(id);
    return since === undefined || this.#world.time.now < since + GRACE_MS ? undefined : since + GRACE_MS;
  }

  /** Calls the listener for each node that ceases to be Ready. `stillSo` tells later whether it has stayed so. */
  onUnheard(listener: (instance: Instance, stillSo: () => boolean) => void): void {
    this.#listeners.push(listener);
  }

  #reconsider(instance: Instance): void {
    const { id } = instance;
    if (this.#stopped.has(id)) return;
    const reaches = this.#networks.reachesCluster(instance);
    if (reaches) {
      this.#joinedByRule.add(id);
      this.#cutOff.delete(id);
      return;
    }
    if (this.#joinedByRule.has(id) && !this.#cutOff.has(id)) this.#cutOffNow(instance);
  }

  #cutOffNow(instance: Instance): void {
    const { id } = instance;
    const since = this.#world.time.now;
    this.#cutOff.set(id, since);
    const stillSo = () => this.#cutOff.get(id) === since;
    this.#world.time.after(GRACE_MS, () => {
      if (stillSo()) for (const listener of this.#listeners) listener(instance, stillSo);
    });
  }
}
