import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { DaemonSetSpec } from './daemon-set.ts';
import { isJson, type Json } from './json.ts';
import { isCurrent, obstacle, type Pod, reachesHost } from './pods.ts';
import { fits, type SchedulingNode } from './scheduling.ts';

/** The counts in the `status` of a DaemonSet. */
export interface DaemonSetCounts {
  readonly observedGeneration: number;
  readonly desiredNumberScheduled: number;
  readonly currentNumberScheduled: number;
  readonly updatedNumberScheduled: number;
  readonly numberReady: number;
  readonly numberAvailable: number;
  readonly numberUnavailable: number;
  readonly numberMisscheduled: number;
}

/** A DaemonSet, as its controller sees it. */
export interface ControlledDaemonSet {
  readonly name: string;
  readonly generation: number;
  /** `spec.template` as it was sent. */
  readonly template: Json;
  readonly spec: DaemonSetSpec;
}

export interface DaemonSetControllerOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  nodes(): readonly SchedulingNode[];
  /** Whether the node of an instance can pull an image; by default each can. */
  pulls?(instanceId: string, image: string): boolean;
  /** Called when a pod that may change its host has done its work: it became ready on this instance. */
  onHostReached(instanceId: string): void;
}

/** Delay between a change and the controller's reaction, ms. */
const REACTION_MS = 1_000;
/** How often it looks for added and removed nodes, ms. */
const RECONCILE_AGAIN_MS = 10_000;
const POD_GOES_MS = 5_000;

/**
 * The DaemonSet controller: it runs a pod on each node that fits, replaces pods when the template changes, and removes
 * them with the DaemonSet.
 */
export class DaemonSetController {
  readonly #options: DaemonSetControllerOptions;
  readonly #current: () => ControlledDaemonSet | undefined;
  #pods: Pod[] = [];
  #desired = 0;
  #observedGeneration = 0;
  #planned: (() => void) | undefined;

  /** @param current returns the DaemonSet; undefined once it was deleted */
  constructor(options: DaemonSetControllerOptions, current: () => ControlledDaemonSet | undefined) {
    this.#options = options;
    this.#current = current;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** Reports that the DaemonSet was created, changed or deleted. */
  changed(): void {
    this.#plan(REACTION_MS);
  }

  counts(): DaemonSetCounts {
    const template = this.#current()?.template ?? {};
    const ready = this.#pods.filter((pod) => pod.ready).length;
    return {
      observedGeneration: this.#observedGeneration,
      desiredNumberScheduled: this.#desired,
      currentNumberScheduled: this.#pods.length,
      updatedNumberScheduled: this.#pods.filter((pod) => isCurrent(pod, template)).length,
      numberReady: ready,
      numberAvailable: ready,
      numberUnavailable: Math.max(0, this.#desired - ready),
      numberMisscheduled: 0,
    };
  }

  #plan(delayMs: number): void {
    this.#planned?.();
    this.#planned = this.#options.time.after(delayMs, () => this.#reconcile());
  }

  #reconcile(): void {
    this.#planned = undefined;
    const daemonSet = this.#current();
    if (daemonSet === undefined) {
      this.#options.time.after(POD_GOES_MS, () => {
        this.#pods = [];
      });
      return;
    }
    const nodes = this.#options.nodes().filter((node) => fits(daemonSet.spec.template.spec, node));
    this.#desired = nodes.length;
    this.#observedGeneration = daemonSet.generation;
    const names = new Set(nodes.map(({ name }) => name));
    this.#pods = this.#pods.filter(({ node }) => names.has(node.name));
    this.#replace(daemonSet);
    const taken = new Set(this.#pods.map(({ node }) => node.name));
    for (const node of nodes) if (!taken.has(node.name)) this.#start(daemonSet, node);
    this.#plan(RECONCILE_AGAIN_MS);
  }

  /** Removes outdated pods: those that are not ready at once, the others a few at a time. */
  #replace({ template, spec }: ControlledDaemonSet): void {
    const { type, rollingUpdate } = spec.updateStrategy;
    if (type === 'OnDelete') return;
    let allowed =
      limitOf(rollingUpdate.maxUnavailable, this.#desired) - this.#pods.filter(({ ready }) => !ready).length;
    this.#pods = this.#pods.filter((pod) => {
      if (isCurrent(pod, template)) return true;
      if (!pod.ready) return false;
      allowed -= 1;
      return allowed < 0;
    });
  }

  #start({ name, template, spec }: ControlledDaemonSet, node: SchedulingNode): void {
    const { time, random, pulls, onHostReached } = this.#options;
    const suffix = random.hex(5);
    const podSpec = spec.template.spec;
    const images = [...podSpec.initContainers, ...podSpec.containers].map(({ image }) => image);
    const isPulled = pulls === undefined || images.every((image) => pulls(node.instanceId, image));
    const stuck = obstacle(podSpec, node) ?? (isPulled ? undefined : 'ImagePullBackOff');
    const pod: Pod = { name: `${name}-${suffix}`, node, template, createdAt: time.now, ready: false, stuck };
    this.#pods.push(pod);
    // The time to pull the image, run the init containers and pass the readiness probe.
    const readyAfterMs = random.integer(8_000, 25_000);
    if (stuck !== undefined) return;
    time.after(readyAfterMs, () => {
      if (!this.#pods.includes(pod)) return;
      pod.ready = true;
      if (reachesHost(podSpec)) onHostReached(node.instanceId);
    });
  }
}

/** `maxUnavailable`: a number, or a percentage of the nodes, rounded up. */
const limitOf = (limit: number | string, of: number): number =>
  typeof limit === 'number' ? limit : Math.ceil((Number.parseInt(limit, 10) / 100) * of);

/** `spec.template` of an object, as it was sent. */
export const templateOf = ({ spec }: Json): Json => {
  const template = isJson(spec) ? spec.template : undefined;
  return isJson(template) ? template : {};
};
