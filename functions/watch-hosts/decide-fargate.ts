import { createHash } from 'node:crypto';
import { type Budget, type EvictablePod, selects } from '../shared/kubernetes/disruptions.ts';
import type { Telling } from '../shared/ledger/tell-once.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { OtherNodes } from './observe-other-nodes.ts';
import type { Reason } from './reasons.ts';

type Found = Extract<OtherNodes, { readonly kind: 'found' }>;

/** How many names details hold. */
const MOST_NAMES = 50;

/**
 * Decides what to tell of the pods on Fargate of a cluster; a pure function. A pod starts on the newest patch that EKS
 * has of the Kubernetes version of its cluster, and keeps it. AWS evicts pods when it patches their hosts, as disruption
 * budgets allow, and deletes those that it cannot evict.
 *
 * @param controlPlane the Kubernetes version of the cluster, such as `1.34`
 * @see https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-patching.html
 */
export function decideFargate(controlPlane: string, { nodes, pods: all, budgets }: Found): Telling<Reason> {
  const pods = all.filter(({ phase, terminating }) => !terminating && phase !== 'Succeeded' && phase !== 'Failed');
  const kubelets = new Map(
    nodes.flatMap(({ name, kind, kubeletVersion }) => (kind === 'fargate' ? [[name, kubeletVersion]] : [])),
  );
  const versionOf = ({ nodeName }: EvictablePod): string => kubelets.get(nodeName) ?? '';
  const versions = pods.map(versionOf).filter((version) => minorOf(version) !== '');
  const newest = versions.toSorted(byVersion).at(-1) ?? '';
  const behind = pods.filter((pod) => byVersion(minorOf(versionOf(pod)), minorOf(controlPlane)) < 0);
  const older = pods.filter((pod) => !behind.includes(pod) && byVersion(versionOf(pod), newest) < 0);
  const single = [...Map.groupBy(pods.filter(isReplica), workloadOf)].flatMap(([workload, same]) =>
    same.length === 1 ? [workload] : [],
  );
  const closed = budgets
    .filter((budget) => letsNobodyGo(budget, pods))
    .map(({ namespace, name }) => `${namespace}/${name}`);
  const names = {
    behind: runningOld(behind, versionOf),
    older: runningOld(older, versionOf),
    singleReplicas: single.toSorted(),
    budgets: closed.toSorted(),
  };
  const messages = [
    ...(behind.length === 0
      ? []
      : [
          `${counted(behind.length, 'pod')} on Fargate ${behind.length === 1 ? 'runs' : 'run'} an older Kubernetes version than ${controlPlane} of the control plane: ${listed(names.behind)}.`,
        ]),
    ...(older.length === 0
      ? []
      : [
          `${counted(older.length, 'pod')} on Fargate ${older.length === 1 ? 'runs' : 'run'} an older platform than ${newest}, which others have, and AWS may replace ${older.length === 1 ? 'it' : 'them'}: ${listed(names.older)}.`,
        ]),
    ...(single.length === 0
      ? []
      : [`Nothing serves while AWS patches the host of a single replica: ${listed(names.singleReplicas)}.`]),
    ...(closed.length === 0
      ? []
      : [`A budget that lets no pod go has AWS delete its pods without an eviction: ${listed(names.budgets)}.`]),
  ];
  if (messages.length === 0) {
    const message = 'All pods on Fargate run the newest platform that is seen, each with more than one replica.';
    return { decision: 'done', reason: 'fargate-well', message, variant: '' };
  }
  return {
    decision: behind.length > 0 ? 'refused' : 'skipped',
    reason: behind.length > 0 ? 'fargate-behind' : 'fargate-at-risk',
    message: messages.join(' '),
    variant: createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32),
    details: Object.fromEntries(Object.entries(names).map(([key, list]) => [key, list.slice(0, MOST_NAMES)])),
  };
}

/** Workloads with the versions that their pods run. Names of pods change with each restart, so none is named. */
const runningOld = (pods: readonly EvictablePod[], versionOf: (pod: EvictablePod) => string): string[] =>
  [...new Set(pods.map((pod) => `${workloadOf(pod)} (${versionOf(pod)})`))].toSorted();

/**
 * The workload that a pod belongs to. A Deployment names its ReplicaSets after itself and the hash of their template,
 * with which their pods are labelled.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
 */
function workloadOf({ namespace, name, owner, labels }: EvictablePod): string {
  const [kind = 'Pod', of = name] = owner?.split(' ') ?? [];
  const hash = labels['pod-template-hash'];
  const isOfDeployment = kind === 'ReplicaSet' && hash !== undefined && of.endsWith(`-${hash}`);
  return isOfDeployment ? `Deployment ${namespace}/${of.slice(0, -hash.length - 1)}` : `${kind} ${namespace}/${of}`;
}

/** Whether a pod is meant to stay. That of a Job ends by itself. */
const isReplica = ({ owner }: EvictablePod): boolean => owner?.startsWith('Job ') !== true;

/**
 * Whether a budget wants every pod to stay, even while all of them are well. It may guard pods on other nodes, too.
 */
function letsNobodyGo(
  { namespace, selector, desiredHealthy, currentHealthy }: Budget,
  pods: readonly EvictablePod[],
): boolean {
  const guarded = pods.filter((pod) => pod.namespace === namespace && selects(selector, pod.labels));
  return guarded.length > 0 && desiredHealthy >= Math.max(guarded.length, currentHealthy);
}

/** Such as `1.34` of `v1.34.2-eks-1a2b3c4`; empty where the text is no version. */
const minorOf = (version: string): string => /^v?(\d+\.\d+)/.exec(version)?.[1] ?? '';

/** Compares versions such as `v1.34.2-eks-1a2b3c4` by their numbers. Of texts that are no versions none is older. */
function byVersion(one: string, other: string): number {
  const [ours, theirs] = [numbersOf(one), numbersOf(other)];
  if (ours.length === 0 || theirs.length === 0) return 0;
  const differing = ours.findIndex((number, index) => number !== theirs[index]);
  return differing < 0 ? 0 : (ours[differing] ?? 0) - (theirs[differing] ?? 0);
}

const numbersOf = (version: string): number[] =>
  (/^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? []).slice(1).map((number) => Number(number ?? 0));
