import { KubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import type { CustomResource } from '../shared/kubernetes/custom-objects.ts';
import { EC2_GROUP, type Misformed, type NodeClassRef, type Sorted } from './karpenter-kinds.ts';
import { claimFrom, classFrom, type KeptClass, poolFrom } from './kept-objects.ts';
import type { PoolView } from './node-class.ts';

export const EC2_NODE_CLASSES = { group: EC2_GROUP, version: 'v1', plural: 'ec2nodeclasses' };
const NODE_POOLS = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
const NODE_CLAIMS = { group: 'karpenter.sh', version: 'v1', plural: 'nodeclaims' };

/** What a look asks of a cluster. */
export const NEEDED: readonly WantedAccess[] = [EC2_NODE_CLASSES, NODE_POOLS, NODE_CLAIMS].map(({ group, plural }) => ({
  verb: 'list',
  group,
  resource: plural,
}));

/** The group of EKS Auto Mode's kinds. Source: EKS user guide, "Create a Node Class for Amazon EKS". */
const AUTO_MODE = 'eks.amazonaws.com';

/**
 * How many node classes of a cluster are told apart, and how many AMIs of the nodes of one. Each class has an item in the
 * ledger, which every look at any cluster reads. Nobody has more than some dozens.
 */
const [MOST_CLASSES, MOST_IMAGES] = [500, 200];

/** An EC2NodeClass with its pools and the AMIs of its nodes. */
export interface FoundClass extends KeptClass {
  readonly pools: readonly PoolView[];
  /** AMIs of its nodes, each once. */
  readonly imageIds: readonly string[];
  /** What Karpenter says is wrong with the class or its pools, each as a clause. */
  readonly troubles: readonly string[];
}

export interface FoundClasses {
  /** Whether the cluster has a kind of Karpenter in the version that is read. */
  readonly hasKinds: boolean;
  readonly classes: readonly FoundClass[];
  /** The classes that cannot be judged, by name, because an object is not as its kind has it, with that object. */
  readonly malformed: ReadonlyMap<string, string>;
  /** NodeClasses of EKS Auto Mode, by the pools that name them. */
  readonly autoMode: ReadonlyArray<{ readonly name: string; readonly pools: readonly PoolView[] }>;
}

/**
 * Reads the node classes of a cluster; none where it does not run Karpenter. An object that is not of its kind counts
 * against the class that it names. Where nobody can tell which one that is, it counts against all.
 *
 * @returns why they cannot be told apart, as a sentence, where there are too many
 * @throws KubernetesAccessError
 */
export async function readNodeClasses(kubernetes: KubernetesClient): Promise<FoundClasses | string> {
  const ofClass = await sortedBy(kubernetes, EC2_NODE_CLASSES, classFrom);
  const ofPools = await sortedBy(kubernetes, NODE_POOLS, poolFrom);
  const ofClaims = await sortedBy(kubernetes, NODE_CLAIMS, claimFrom);
  refusePart(ofClass.isServed, { NodePools: ofPools.isServed, NodeClaims: ofClaims.isServed });
  const claimsByPool = Map.groupBy(ofClaims.kept, ({ pool }) => pool);
  const claimsByClass = Map.groupBy(ofClaims.kept, ({ nodeClassRef }) => keyOf(nodeClassRef));
  const poolsByClass = Map.groupBy(ofPools.kept, ({ nodeClassRef }) => keyOf(nodeClassRef));
  const autoMode = new Set(
    ofPools.kept.flatMap(({ nodeClassRef: { group, name } }) => (group === AUTO_MODE ? [name] : [])),
  );
  const named = new Set([...ofClass.kept.map(({ name }) => name), ...ofClass.misformed.keys()]);
  named.delete(OF_ALL);
  if (named.size + autoMode.size > MOST_CLASSES) return `The cluster has more than ${MOST_CLASSES} node classes.`;
  const imagesOf = new Map(
    ofClass.kept.map(({ name }) => {
      const own = claimsByClass.get(keyOf({ group: EC2_GROUP, name })) ?? [];
      // A claim without an AMI has not been launched yet, and will get one of the class.
      return [name, new Set(own.map(({ imageId }) => imageId).filter((id) => id !== ''))];
    }),
  );
  const whyMalformed = (name: string): string | undefined => {
    const kinds = [ofClass, ofPools, ofClaims].map(({ misformed }) => misformed);
    const why = kinds
      .map((misformed) => misformed.get(name) ?? misformed.get(OF_ALL))
      .find((each) => each !== undefined);
    const images = imagesOf.get(name)?.size ?? 0;
    return why ?? (images > MOST_IMAGES ? `Its NodeClaims name more than ${MOST_IMAGES} AMIs.` : undefined);
  };
  const malformed = new Map(
    [...named].flatMap((name) => {
      const why = whyMalformed(name);
      return why === undefined ? [] : [[name, why] as const];
    }),
  );
  const poolsOf = (group: string, name: string): PoolView[] =>
    (poolsByClass.get(keyOf({ group, name })) ?? []).map(({ nodeClassRef: _, troubles: _troubles, ...pool }) => {
      const own = claimsByPool.get(pool.name) ?? [];
      return { ...pool, nodes: own.length, drifted: own.filter(({ isDrifted }) => isDrifted).length };
    });
  return {
    hasKinds: [ofClass, ofPools, ofClaims].some(({ isServed }) => isServed),
    autoMode: [...autoMode].map((name) => ({ name, pools: poolsOf(AUTO_MODE, name) })),
    malformed,
    classes: ofClass.kept
      .filter(({ name }) => !malformed.has(name))
      .map((kept): FoundClass => {
        const ofPool = poolsByClass.get(keyOf({ group: EC2_GROUP, name: kept.name })) ?? [];
        return {
          ...kept,
          pools: poolsOf(EC2_GROUP, kept.name),
          imageIds: [...(imagesOf.get(kept.name) ?? [])],
          troubles: [...kept.troubles, ...ofPool.flatMap(({ troubles }) => troubles)],
        };
      }),
  };
}

/**
 * Refuses to judge classes where a kind is missing that tells of their nodes, as while the definitions of Karpenter are
 * replaced: without NodeClaims a class would count as one that has no node. The reverse is usual: clusters of EKS Auto Mode
 * have these kinds and no EC2NodeClass.
 *
 * @throws KubernetesAccessError
 */
function refusePart(hasClasses: boolean, others: Readonly<Record<string, boolean>>): void {
  const missing = Object.keys(others).filter((kind) => others[kind] === false);
  if (!hasClasses || missing.length === 0) return;
  const message = `The cluster has EC2NodeClasses of v1, and no ${missing.join(' and ')} of v1: nobody can tell which nodes they have. See which versions the definitions of Karpenter serve (kubectl get crds).`;
  throw new KubernetesAccessError('failed', message);
}

/** Stands for all classes, where nobody can tell which one an object is about. No Kubernetes name is empty. */
const OF_ALL = '';

/** The objects of a kind that are as it has them, and the first of those that are not, by the class that each counts against. */
async function sortedBy<Kept>(
  kubernetes: KubernetesClient,
  resource: CustomResource,
  read: (object: unknown) => Sorted<Kept>,
): Promise<{
  readonly isServed: boolean;
  readonly kept: Kept[];
  readonly misformed: ReadonlyMap<string, string>;
}> {
  const misformed = new Map<string, string>();
  const note = ({ nodeClass = OF_ALL, why }: Misformed): void => {
    if (!misformed.has(nodeClass)) misformed.set(nodeClass, why);
  };
  const all = await kubernetes.listCustomObjects(resource, (object): Kept | undefined => {
    const sorted = read(object);
    if (sorted === undefined) return undefined;
    if ('kept' in sorted) return sorted.kept;
    note(sorted.misformed);
    return undefined;
  });
  return {
    isServed: all !== undefined,
    kept: (all ?? []).filter((each): each is Kept & {} => each !== undefined),
    misformed,
  };
}

const keyOf = ({ group, name }: NodeClassRef): string => `${group}/${name}`;
