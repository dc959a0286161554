import pMap from 'p-map';
import {
  isKubernetesAccessError,
  type KubernetesAccessError,
  type KubernetesProblem,
} from '../../shared/kubernetes/access-error.ts';
import type { KubernetesClient, KubernetesNode } from '../../shared/kubernetes/client.ts';
import { canLeave, EVICTION_CONCURRENCY, EXCLUDE_LABEL } from '../../shared/kubernetes/evictable.ts';
import { counted } from '../../shared/text/counted.ts';
import { shortLine } from '../../shared/text/short-line.ts';
import type { Saved } from '../model/quarantine-ledger.ts';
import type { StepReport, StepSubject } from './step.ts';

/** Keeps new pods off a worker in quarantine. Running pods stay unless they are evicted. */
export const QUARANTINE_TAINT = { key: 'eks-host-remediator/quarantine', value: 'true', effect: 'NoSchedule' } as const;
/** Source: Karpenter, "Disruption" (node-level controls). Of a node only the value `true` counts. */
export const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';
/** The taint of a node that Karpenter has begun to replace. Source: kubernetes-sigs/karpenter, pkg/apis/v1/taints.go. */
const DISRUPTED = 'karpenter.sh/disrupted';

/**
 * Keeps Karpenter's consolidation and drift and the Cluster Autoscaler from replacing the drained node, and with it the
 * evidence on it. Sources: Karpenter, "Disruption" (node-level controls); Cluster Autoscaler FAQ, "How can I prevent
 * Cluster Autoscaler from scaling down a particular node?".
 */
export const KEEP_ANNOTATIONS = {
  [DO_NOT_DISRUPT]: 'true',
  'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
} as const;

export const NOT_JOINED = 'It has not joined its cluster.';
const HAS_LEFT = 'Its node was deleted meanwhile.';
export const BEING_REPLACED = 'Karpenter is replacing it.';

/** Problems of an API that answers, which may pass by themselves. A cluster that nothing reaches mostly has a private endpoint. */
const MAY_PASS: ReadonlySet<KubernetesProblem> = new Set(['conflict', 'failed', 'throttled']);
/** How long after the begin of a quarantine these are waited for, ms: less than Karpenter takes to see a changed worker. */
const TRIED_FOR = 3 * 60_000;

/**
 * Cordons, taints and annotates the worker's node, and excludes it from load balancers. The node's previous state is
 * saved first. The step is pending while the cluster cannot do it just now: without its mark Karpenter replaces the node.
 */
export const cordonNode = (subject: StepSubject): Promise<StepReport> =>
  inCluster('node', subject, async (kubernetes) => {
    const { instanceId, view, quarantine, save } = subject;
    const node = await kubernetes.findNode(instanceId, view.privateDnsName);
    if (node === undefined) return { outcome: 'skipped', note: NOT_JOINED };
    if (quarantine.saved.node === undefined) {
      await save({ saved: { ...quarantine.saved, node: stateOf(node) } });
    }
    const change = { taint: QUARANTINE_TAINT, label: EXCLUDE_LABEL, annotations: KEEP_ANNOTATIONS };
    if ((await kubernetes.isolateNode(node.name, change)) === 'gone') return { outcome: 'skipped', note: HAS_LEFT };
    // Karpenter goes on with what it has begun. Source: kubernetes-sigs/karpenter, disruption/queue.
    const isReplaced = node.taints.some(({ key }) => key === DISRUPTED);
    return { outcome: 'done', ...(isReplaced && { note: BEING_REPLACED }) };
  });

/** How long the value of an annotation may be to be saved, characters. Whoever has the host may write 256 KiB into it. */
const LONGEST_ANNOTATION = 1_000;

/**
 * The state to restore on a node after the quarantine. A node that already has the quarantine taint was changed by an
 * earlier quarantine, so its previous state is unknown.
 */
export function stateOf(node: KubernetesNode): NonNullable<Saved['node']> {
  if (node.taints.some(({ key }) => key === QUARANTINE_TAINT.key)) return { name: node.name, unschedulable: false };
  const label = node.labels[EXCLUDE_LABEL.key];
  const annotations = Object.fromEntries(
    Object.entries(node.annotations).filter(
      ([key, value]) => Object.hasOwn(KEEP_ANNOTATIONS, key) && value.length <= LONGEST_ANNOTATION,
    ),
  );
  return {
    name: node.name,
    unschedulable: node.unschedulable,
    ...(label !== undefined && { label }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

/** How long the words may be in which an eviction is refused, characters. */
const LONGEST_REFUSAL = 300;

/**
 * Problems that may be those of one pod, such as a webhook for its namespace that refuses, or fails, or rights in other
 * namespaces only: the others leave all the same. Any other is one of the cluster.
 */
const OF_ONE_POD: ReadonlySet<KubernetesProblem> = new Set([
  'conflict',
  'denied',
  'failed',
  'forbidden',
  'invalid',
  'throttled',
]);

/** Evicts every pod that can run elsewhere. The step is pending while some of them are still there. */
export const evictPods = (subject: StepSubject): Promise<StepReport> =>
  inCluster('evict', subject, async (kubernetes) => {
    const node = await kubernetes.findNode(subject.instanceId, subject.view.privateDnsName);
    if (node === undefined) return { outcome: 'skipped', note: NOT_JOINED };
    const pods = (await kubernetes.listPods(node.name)).filter(canLeave);
    if (pods.length === 0) return { outcome: 'done' };
    const refusals: KubernetesAccessError[] = [];
    const leaving = pods.filter(({ terminating }) => !terminating);
    const answers = await pMap(
      leaving,
      (pod) =>
        kubernetes.evict(pod).catch((error: unknown) => {
          if (!isKubernetesAccessError(error) || !OF_ONE_POD.has(error.problem)) throw error;
          refusals.push(error);
        }),
      { concurrency: EVICTION_CONCURRENCY },
    );
    // Rights that are missing everywhere are not waited for.
    const [first] = refusals;
    const lacksRights = refusals.length === leaving.length && refusals.every(({ problem }) => problem === 'forbidden');
    if (first !== undefined && lacksRights) throw first;
    const blocked = answers.filter((answer) => answer === 'blocked').length;
    const byBudgets = blocked === 0 ? '' : `, ${blocked} held back by disruption budgets`;
    const [refusal] = refusals.map(({ message }) => message).toSorted();
    const held =
      refusal === undefined
        ? byBudgets
        : `${byBudgets}, ${refusals.length} not evicted (${shortLine(refusal, LONGEST_REFUSAL)})`;
    return {
      outcome: 'pending',
      note: `${counted(pods.length, 'pod')} ${pods.length === 1 ? 'is' : 'are'} still there${held}`,
    };
  });

/**
 * Runs a change in the cluster. A cluster that cannot be reached or denies access is reported, and holds up no step.
 */
async function inCluster(
  step: string,
  { clients, view, quarantine, now }: StepSubject,
  run: (kubernetes: KubernetesClient) => Promise<Omit<StepReport, 'step'>>,
): Promise<StepReport> {
  try {
    const opened = await clients.openCluster(view.cluster);
    if ('refused' in opened) return { step, outcome: 'skipped', note: opened.refused };
    return { step, ...(await run(opened)) };
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    // The time for evictions is limited by the policy.
    const isYoung = step === 'evict' || now < quarantine.startedAt + TRIED_FOR;
    const isAwaited = isYoung && MAY_PASS.has(error.problem);
    return { step, outcome: isAwaited ? 'pending' : 'skipped', note: error.message };
  }
}
