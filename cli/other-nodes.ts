import { type OtherNodesSeen, readOtherNodesSeen } from '../functions/shared/ledger/other-nodes-ledger.ts';
import { spanOf } from './age.ts';
import type { Surroundings } from './command.ts';
import { readingLedger } from './reading-ledger.ts';
import { type Scope, withinScope } from './scope.ts';

/** A node of Fargate, or a hybrid node, with the cluster that it belongs to. */
export type OtherNode = OtherNodesSeen['nodes'][number] & { readonly cluster: string; readonly seenAt: number };

/**
 * The nodes that are no EC2 instances, as `watch-hosts` has seen them last, and what cannot be seen, as sentences. No
 * group has them, so a list of one group is without them.
 */
export async function readOtherNodes(
  surroundings: Surroundings,
  scope: Scope,
): Promise<{ readonly nodes: readonly OtherNode[]; readonly unseen: readonly string[] }> {
  const { clock } = surroundings;
  const seen = await readOtherNodesSeen(readingLedger(surroundings));
  const meant = [...seen].filter(([cluster]) => withinScope({ cluster, nodegroup: '' }, scope));
  return {
    nodes: meant.flatMap(([cluster, { nodes, seenAt }]) => nodes.map((node) => ({ ...node, cluster, seenAt }))),
    unseen: meant.flatMap(([cluster, { unseen, more, seenAt }]) => [
      ...(unseen === undefined ? [] : [`${cluster}: nodes of Fargate and hybrid nodes are not seen. ${unseen}`]),
      ...(more === 0 ? [] : [`${cluster}: ${more} more nodes were seen ${spanOf(clock.now() - seenAt)} ago.`]),
    ]),
  };
}

/** A node in JSON, with stable names like those of other hosts. */
export const otherNodeJson = ({ cluster, name, kind, createdAt, seenAt, ...node }: OtherNode): object => ({
  node: name,
  cluster,
  nodegroup: '',
  kind,
  ...(createdAt !== undefined && { launchedAt: new Date(createdAt).toISOString() }),
  os: node.osImage,
  kubelet: node.kubeletVersion,
  ready: node.ready,
  seenAt: new Date(seenAt).toISOString(),
});

/** The cells of a group of nodes that are no EC2 instances, in the order of those of other hosts. */
export function otherGroupCells(nodes: readonly OtherNode[], now: number): string[] {
  const [{ kind } = { kind: '' }] = nodes;
  const oldest = Math.min(...nodes.map(({ createdAt = now }) => createdAt));
  return [kind, spanOf(now - oldest), different(nodes, ({ osImage }) => osImage).join(', '), '', ''];
}

/** Such a group in JSON, with stable names like those of other groups. */
export const otherGroupJson = (cluster: string, kind: OtherNode['kind'], nodes: readonly OtherNode[]): object => ({
  cluster,
  nodegroup: '',
  kind,
  nodes: nodes.length,
  os: different(nodes, ({ osImage }) => osImage),
  kubelets: different(nodes, ({ kubeletVersion }) => kubeletVersion),
});

const different = (nodes: readonly OtherNode[], of: (node: OtherNode) => string): string[] =>
  [...new Set(nodes.map(of))].toSorted();
