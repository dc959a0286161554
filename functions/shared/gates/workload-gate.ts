import type { PendingPod, UnreadyNode } from '../kubernetes/unwell.ts';
import { nextLook } from '../runtime/next-look.ts';
import { counted } from '../text/counted.ts';
import { listed } from '../text/listed.ts';
import { type ClosedGate, READ_EVERY } from './gates.ts';

/** What does not go well in a cluster, as far as its Kubernetes API tells; or why it does not tell. */
export type Unwell =
  | { readonly kind: 'found'; readonly nodes: readonly UnreadyNode[]; readonly pods: readonly PendingPod[] }
  | {
      readonly kind: 'unreadable';
      readonly error: string;
      readonly code: string;
      /** Whether the error passes by itself. */
      readonly isThrottled: boolean;
    };

/** How long a node may take to join, ms: each new node is not Ready at first. */
const JOINS_WITHIN = 10 * 60_000;

/** How long a pod may take to start, ms: each new pod is pending at first. */
const STARTS_WITHIN = 5 * 60_000;

/** What began a change, and may have made nodes and pods unwell since. */
export interface Since {
  /** Epoch milliseconds. */
  readonly at: number;
  /** What happened then, in words that follow `Since`. */
  readonly event: string;
}

/** @param at when the release was first seen, or the AMI was made or named, epoch milliseconds */
export const sinceFirstSeen = (at: number): Since => ({ at, event: 'the release was first seen' });

/**
 * Whether nodes and pods let an upgrade, a refresh or a pin start; a pure function. The change did not cause what was
 * not well before it began: that does not count. A node or pod without a date counts. A cluster that cannot be read
 * closes the gate.
 *
 * @param clusters the group's own, and those in which earlier waves have taken the release, by name
 */
export function workloadGate(clusters: ReadonlyMap<string, Unwell>, since: Since, now: number): 'open' | ClosedGate {
  const until = nextLook(now, READ_EVERY);
  const unread = [...clusters].flatMap(([name, seen]) => (seen.kind === 'unreadable' ? [{ name, ...seen }] : []));
  if (unread.length > 0) {
    const what = unread.map(({ name, error }) => `the nodes and pods of ${name} (${error})`);
    return {
      reason: 'gate-unreadable',
      message: `What cannot be read is closed: ${listed(what)}.`,
      which: listed(unread.map(({ name, code }) => `${name} ${code}`)),
      until,
      isThrottled: unread.every(({ isThrottled }) => isThrottled),
      hint: 'The message has the error of each cluster. Let the function read its nodes and pods: docs/kubernetes-access.md. To pass them over, set upgrades.gates.nodesAndPods to false.',
    };
  }
  const isNew = (at: number | undefined) => at === undefined || at >= since.at;
  const shut = [...clusters].flatMap(([name, seen]) => {
    if (seen.kind === 'unreadable') return [];
    const nodes = seen.nodes.filter(
      (node) => isNew(node.since) && (node.createdAt === undefined || node.createdAt + JOINS_WITHIN <= now),
    );
    const pods = seen.pods.filter(
      (pod) => isNew(pod.since) && (pod.since === undefined || pod.since + STARTS_WITHIN <= now),
    );
    return nodes.length + pods.length === 0 ? [] : [{ name, nodes, pods }];
  });
  if (shut.length === 0) return 'open';
  const kinds = shut.flatMap(({ name, nodes, pods }) => [
    ...(nodes.length > 0 ? [`${name} nodes`] : []),
    ...(pods.length > 0 ? [`${name} pods`] : []),
  ]);
  return {
    reason: 'workload-gate-closed',
    message: `Since ${since.event}: ${listed(shut.map(inWords))}.`,
    which: listed(kinds),
    until,
    isThrottled: false,
  };
}

interface Shut {
  readonly name: string;
  readonly nodes: readonly UnreadyNode[];
  readonly pods: readonly PendingPod[];
}

function inWords({ name, nodes, pods }: Shut): string {
  const isOrAre = ({ length }: readonly unknown[]) => (length === 1 ? 'is' : 'are');
  const ofNodes = `${counted(nodes.length, 'node')} ${isOrAre(nodes)} not Ready (${listed(nodes.map((node) => node.name))})`;
  const named = pods.map(
    ({ namespace, name: pod, owner }) => `${namespace}/${pod}${owner === undefined ? '' : ` of ${owner}`}`,
  );
  const ofPods = `${counted(pods.length, 'pod')} ${isOrAre(pods)} pending (${listed(named)})`;
  const parts = [...(nodes.length > 0 ? [ofNodes] : []), ...(pods.length > 0 ? [ofPods] : [])];
  return `in ${name}, ${parts.join(' and ')}`;
}
