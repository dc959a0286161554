import { type CoreV1Api, PatchStrategy, setHeaderOptions, type V1Node, type V1Taint } from '@kubernetes/client-node';
import { isKubernetesAccessError, KubernetesAccessError, unlessAbsent } from './access-error.ts';
import { nodeNamed } from './nodes.ts';

/** What isolates a node from the cluster's traffic and pods. */
export interface Isolation {
  readonly taint: { readonly key: string; readonly value: string; readonly effect: string };
  readonly label: { readonly key: string; readonly value: string };
  /** Annotations to set, by key. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The state of a node before it was isolated. */
export interface Restoration {
  /** Whether the node was cordoned then, and so stays cordoned. */
  readonly unschedulable: boolean;
  /** Key of the taints to remove. */
  readonly taintKey: string;
  /** Value of the label then; undefined when the node had none. */
  readonly label: { readonly key: string; readonly value: string | undefined };
  /** Values of annotations then, by key; undefined for those that the node did not have. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
}

export type Change = 'changed' | 'unchanged' | 'gone';

/** A JSON merge patch (RFC 7386) of a node: null removes. */
export interface NodePatch {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string | null>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly spec?: { readonly unschedulable?: boolean | null; readonly taints?: readonly V1Taint[] };
}

const MOST_ATTEMPTS = 5;

/**
 * Changes a node based on its current state. The patch names the resource version that was read, so a write by others
 * in between (kubelets write often) is a conflict. The node is then read and decided upon anew.
 *
 * @param patchOf returns what to change, or undefined when nothing is to change
 * @throws KubernetesAccessError `conflict` when others wrote in between every time
 */
export async function changeNode(
  core: CoreV1Api,
  name: string,
  patchOf: (node: V1Node) => NodePatch | undefined,
): Promise<Change> {
  for (let attempt = 1; ; attempt += 1) {
    const node = await nodeNamed(core, name);
    if (node === undefined) return 'gone';
    const patch = patchOf(node);
    if (patch === undefined) return 'unchanged';
    const resourceVersion = node.metadata?.resourceVersion;
    if (resourceVersion === undefined) throw new KubernetesAccessError('failed', `The node ${name} has no version.`);
    const body = { ...patch, metadata: { ...patch.metadata, resourceVersion } };
    try {
      const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
      const changed = await unlessAbsent(core.patchNode({ name, body }, options));
      return changed === undefined ? 'gone' : 'changed';
    } catch (error) {
      if (!isKubernetesAccessError(error) || error.problem !== 'conflict' || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** The patch that isolates the node; undefined when it is isolated already. */
export function isolated(
  { metadata, spec }: V1Node,
  { taint, label, annotations = {} }: Isolation,
): NodePatch | undefined {
  const taints = spec?.taints ?? [];
  const isOurs = ({ key, value = '', effect }: V1Taint) =>
    key === taint.key && value === taint.value && effect === taint.effect;
  // A node has at most one taint of a key and effect.
  const others = taints.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect);
  return nodePatch(
    spec?.unschedulable === true ? {} : { unschedulable: true },
    taints.some(isOurs) ? {} : { taints: [...others, taint] },
    metadata?.labels?.[label.key] === label.value ? {} : { [label.key]: label.value },
    changed(annotations, metadata?.annotations),
  );
}

/** The patch that restores the node's earlier state; undefined when it is restored already. */
export function restored(
  { metadata, spec }: V1Node,
  { unschedulable, taintKey, label, annotations = {} }: Restoration,
): NodePatch | undefined {
  const taints = spec?.taints ?? [];
  const others = taints.filter(({ key }) => key !== taintKey);
  return nodePatch(
    spec?.unschedulable === true && !unschedulable ? { unschedulable: null } : {},
    others.length === taints.length ? {} : { taints: others },
    metadata?.labels?.[label.key] === label.value ? {} : { [label.key]: label.value ?? null },
    changed(annotations, metadata?.annotations),
  );
}

/** The wanted values that differ from the present ones; null removes. */
const changed = (
  wanted: Readonly<Record<string, string | undefined>>,
  present: Readonly<Record<string, string>> = {},
): Record<string, string | null> =>
  Object.fromEntries(
    Object.entries(wanted)
      .filter(([key, value]) => present[key] !== value)
      .map(([key, value]) => [key, value ?? null]),
  );

function nodePatch(
  cordon: Pick<NonNullable<NodePatch['spec']>, 'unschedulable'>,
  taints: Pick<NonNullable<NodePatch['spec']>, 'taints'>,
  labels: Readonly<Record<string, string | null>>,
  annotations: Readonly<Record<string, string | null>>,
): NodePatch | undefined {
  const spec = { ...cordon, ...taints };
  const metadata = {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const patch = {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(spec).length > 0 && { spec }),
  };
  return Object.keys(patch).length > 0 ? patch : undefined;
}
