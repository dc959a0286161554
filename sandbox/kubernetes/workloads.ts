import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { PODS } from './api-request.ts';
import { bindPods } from './bind-pods.ts';
import { desiredHealthy, servedBudget } from './disruption-budget.ts';
import type { AskedEviction } from './evictions.ts';
import type { Served } from './lists.ts';
import type { SchedulingNode } from './scheduling.ts';
import {
  budgetInProcess,
  budgetViolated,
  deniedByWebhook,
  namespaceTerminating,
  notFound,
  preconditionFailed,
  StatusError,
  severalBudgets,
  webhookFailed,
} from './status-error.ts';
import {
  budgetsOf,
  hasStarted,
  isReady,
  replicaSetName,
  servedWorkloadPod,
  TOLERATED_FOR_A_TIME,
  TOLERATION_SECONDS,
  type Workload,
  type WorkloadPod,
} from './workload-pods.ts';

export interface WorkloadsOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly workloads: readonly Workload[];
  nodes(): readonly SchedulingNode[];
}

const DAY_MS = 86_400_000;
/** How long a pod stays on a node that is not Ready, ms. */
const TOLERATED_MS = TOLERATION_SECONDS * 1000;

/**
 * The pods of a cluster's Deployments. Nothing is scheduled for them: each read brings them up to date, so a cluster
 * that nobody reads costs nothing. What happened to a node between two reads counts as having happened right after the
 * first.
 */
export class Workloads {
  readonly #options: WorkloadsOptions;
  #pods: WorkloadPod[] = [];
  /** Epoch ms. All pods have been running for a day at the first read. */
  #lookedAt: number;

  constructor(options: WorkloadsOptions) {
    this.#options = options;
    this.#lookedAt = options.time.now - DAY_MS;
  }

  /** Applies everything that has become due. To be called before anything is read, and before a node is changed. */
  catchUp(): void {
    const { time, workloads, nodes } = this.#options;
    const since = this.#lookedAt;
    this.#lookedAt = time.now;
    if (workloads.length === 0) return;
    const byName = new Map(nodes().map((node) => [node.name, node]));
    /** When the replacements of evicted pods are created. */
    const replacedAt = new Map<Workload, number>();
    for (const pod of this.#pods) {
      const node = pod.bound && byName.get(pod.bound.nodeName);
      pod.unheard = node?.unheardSince !== undefined;
      const from = node === undefined ? undefined : takenOffFrom(node, since);
      // Taint-based evictions ignore disruption budgets.
      if (from === undefined || from > time.now) continue;
      leave(pod, from);
      replacedAt.set(pod.workload, Math.max(from, replacedAt.get(pod.workload) ?? since));
    }
    this.#pods = this.#pods.filter(({ bound, leaving, unheard }) => {
      if (bound !== undefined && !byName.has(bound.nodeName)) return false;
      // A pod that cannot be stopped stays until its node reports again, or is gone.
      return leaving === undefined || leaving.goneAt > time.now || unheard;
    });
    for (const workload of workloads) this.#fill(workload, replacedAt.get(workload) ?? since);
    this.#schedule([...byName.values()], since);
  }

  served(namespace: string | undefined): Served[] {
    return this.#pods
      .filter(({ workload }) => namespace === undefined || workload.namespace === namespace)
      .map((pod) => servedWorkloadPod(pod, this.#options.time.now));
  }

  /** The disruption budgets, with the status that the disruption controller gives them. */
  budgets(namespace: string | undefined): Served[] {
    const { now } = this.#options.time;
    return this.#options.workloads.flatMap((workload) => {
      if (namespace !== undefined && namespace !== workload.namespace) return [];
      const currentHealthy = this.#living(workload).filter((one) => isReady(one, now)).length;
      return budgetsOf(workload).map((budget, index) =>
        servedBudget({ ...workload, index }, budget, {
          currentHealthy,
          desiredHealthy: desiredHealthy(budget, workload.replicas),
          expectedPods: workload.replicas,
        }),
      );
    });
  }

  has(namespace: string, name: string): boolean {
    return this.#find(namespace, name) !== undefined;
  }

  /**
   * Evicts a pod. Its replacement is created at once, and scheduled where there is room. A dry run ends after the
   * checks, and does not count for later ones.
   * @throws StatusError 404, 409, 429 for a disruption budget, 500 for several of them
   */
  evict(namespace: string, name: string, { uid, isDryRun }: AskedEviction): void {
    const { time, nodes } = this.#options;
    const pod = this.#find(namespace, name);
    if (pod === undefined) throw notFound(PODS, name);
    const { refusesEvictions } = pod.workload;
    if (refusesEvictions === 'webhook')
      throw deniedByWebhook('drain-cleaner.example.com', 'the operator moves the pod');
    if (refusesEvictions === 'broken-webhook') throw webhookFailed('policy.example.com');
    if (refusesEvictions === 'namespace-ends') throw namespaceTerminating(PODS, name, namespace);
    // In the order of the real API: the budget is checked before the pod's uid.
    this.#askBudgets(pod);
    if (uid !== undefined && uid !== pod.uid) throw preconditionFailed(PODS, name, uid, pod.uid);
    if (isDryRun) return;
    leave(pod, time.now);
    this.#fill(pod.workload, time.now);
    // An owner that sets nodeName passes by the scheduler, and so by taints.
    const back = pod.workload.returnsToNode && this.#living(pod.workload).find(({ bound }) => bound === undefined);
    if (back && pod.bound !== undefined) back.bound = { ...pod.bound, readyAt: time.now + 15_000 };
    this.#schedule(nodes(), time.now);
  }

  /** Evicts each pod of a node that its disruption budgets let go. */
  evictFrom(nodeName: string): void {
    for (const pod of this.#on(nodeName)) if (pod.leaving === undefined) this.#evictIfAllowed(pod);
  }

  #evictIfAllowed({ workload, name }: WorkloadPod): void {
    try {
      this.evict(workload.namespace, name, { uid: undefined, isDryRun: false });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }

  /**
   * Drains a node as Karpenter does: pods with `do-not-disrupt` stay, and nothing stays by force. Source:
   * kubernetes-sigs/karpenter, pkg/utils/pod/scheduling.go, IsEvictable; node/termination/terminator, DeleteExpiringPods.
   */
  drainFrom(nodeName: string, byForce: boolean): void {
    const { time, nodes } = this.#options;
    if (!byForce) {
      for (const pod of this.#on(nodeName)) if (pod.leaving === undefined && !isKept(pod)) this.#evictIfAllowed(pod);
      return;
    }
    for (const pod of this.#on(nodeName)) {
      if (pod.leaving !== undefined) continue;
      leave(pod, time.now);
      this.#fill(pod.workload, time.now);
    }
    this.#schedule(nodes(), time.now);
  }

  /** Whether a pod of a node keeps Karpenter from disrupting it: by its annotation, or as its budgets let none go now. */
  isHeldOn(nodeName: string): boolean {
    return this.#on(nodeName).some((pod) => {
      if (isKept(pod)) return true;
      try {
        this.#askBudgets(pod);
        return false;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        return true;
      }
    });
  }

  /** How many pods are on a node, those that are ending among them. */
  countOn(nodeName: string): number {
    return this.#on(nodeName).length;
  }

  #on(nodeName: string): WorkloadPod[] {
    return this.#pods.filter(({ bound }) => bound?.nodeName === nodeName);
  }

  /**
   * Checks the disruption budgets, in the order of the real API. Pods that have not started or are leaving are not
   * subject to budgets, nor is a pod that is not ready while enough others are. Source: Kubernetes,
   * pkg/registry/core/pod/storage/eviction.go.
   */
  #askBudgets(pod: WorkloadPod): void {
    const { workload, leaving } = pod;
    const { now } = this.#options.time;
    const [budget, ...others] = budgetsOf(workload);
    if (budget === undefined || leaving !== undefined || !hasStarted(pod, now)) return;
    if (others.length > 0) throw severalBudgets();
    const healthy = this.#living(workload).filter((one) => isReady(one, now)).length;
    const needed = desiredHealthy(budget, workload.replicas);
    if (!isReady(pod, now) && healthy >= needed && needed > 0) return;
    if (budget.isStale === true) throw budgetInProcess(workload.name);
    if (healthy <= needed) throw budgetViolated(workload.name, needed, healthy);
  }

  #find(namespace: string, name: string): WorkloadPod | undefined {
    return this.#pods.find((pod) => pod.workload.namespace === namespace && pod.name === name);
  }

  #living(workload: Workload): WorkloadPod[] {
    return this.#pods.filter((pod) => pod.workload === workload && pod.leaving === undefined);
  }

  /** Creates missing pods, like a ReplicaSet. */
  #fill(workload: Workload, createdAt: number): void {
    const { random } = this.#options;
    for (let count = this.#living(workload).length; count < workload.replicas; count += 1) {
      const name = `${replicaSetName(workload)}-${random.hex(5)}`;
      this.#pods.push({
        workload,
        name,
        uid: random.uuid(),
        createdAt,
        bound: undefined,
        leaving: undefined,
        unheard: false,
      });
    }
  }

  #schedule(nodes: readonly SchedulingNode[], since: number): void {
    bindPods(this.#pods, nodes, since, this.#options.random);
  }
}

const isKept = ({ workload }: WorkloadPod): boolean => workload.doNotDisrupt === true;

/** A pod without a node has no process that needs time to end. */
function leave(pod: WorkloadPod, since: number): void {
  const goneAt = pod.bound === undefined ? since : since + pod.workload.terminationSeconds * 1000;
  pod.leaving ??= { since, goneAt };
}

/** From when on a node's taints evict pods, epoch ms; undefined: they evict none. */
function takenOffFrom({ taints, unheardSince, createdAt }: SchedulingNode, since: number): number | undefined {
  const keys = taints.filter(({ effect }) => effect === 'NoExecute').map(({ key }) => key);
  if (keys.length === 0) return undefined;
  return keys.every((key) => TOLERATED_FOR_A_TIME.includes(key)) ? (unheardSince ?? createdAt) + TOLERATED_MS : since;
}
