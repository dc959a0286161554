import type { V1ObjectMeta } from '@kubernetes/client-node';
import { shortLine } from '../text/short-line.ts';

/** The longest name of an object, and of a kind, characters (Kubernetes, "Object Names and IDs"). */
const [LONGEST_NAME, LONGEST_KIND] = [253, 63];

/** The object that starts a pod again. */
export interface Controller {
  readonly kind: string;
  readonly name: string;
}

/**
 * The controller of an object; undefined where it has none. Whoever creates a pod writes its owner references, and the
 * API server takes names of any length there (apimachinery, `ValidateOwnerReferences`).
 */
export function controllerOf(metadata: V1ObjectMeta | undefined): Controller | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  return owner && { kind: shortLine(owner.kind, LONGEST_KIND), name: shortLine(owner.name, LONGEST_NAME) };
}

/** How long all labels of a pod may be together, in characters. The API server sets no limit but that of the object. */
const LONGEST_LABELS = 8_192;

/**
 * The labels of a pod. A pod with megabytes of them has none here: memory has room for those of all pods, as people write
 * them. Which budgets hold such a pod is then not told. The API server, which decides that, goes by its labels.
 */
export function labelsOf(metadata: V1ObjectMeta | undefined): Readonly<Record<string, string>> {
  const labels = metadata?.labels ?? {};
  return JSON.stringify(labels).length <= LONGEST_LABELS ? labels : {};
}
