import type * as z from 'zod';
import { embeddedIn, type UserData } from '../shared/fleet/embedded-authority.ts';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { codeOwnerOf } from './code-owner.ts';
import {
  type conditions,
  EC2_GROUP,
  ec2NodeClass,
  type metadata,
  nodeClaim,
  type nodeClassRef,
  nodePool,
  sortedByForm,
} from './karpenter-kinds.ts';
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

const OWN_MANAGER = 'eks-host-remediator';

type Budget = z.infer<typeof nodePool>['spec']['disruption']['budgets'][number];

/** An EC2NodeClass with its pools and the AMIs of its nodes. */
export interface FoundClass {
  readonly name: string;
  readonly resourceVersion: string;
  readonly terms: readonly unknown[];
  readonly marks: Readonly<Record<string, string>>;
  /** What its user data embeds. The user data itself, which may hold secrets, is not kept. */
  readonly userData: UserData;
  readonly codeOwner?: string;
  readonly pools: readonly PoolView[];
  /** AMIs of its nodes, each once. */
  readonly imageIds: readonly string[];
  /** The AMIs that the class resolves to, by id, with their names. */
  readonly resolved: ReadonlyMap<string, string>;
  /** What Karpenter says is wrong with the class or its pools, each as a clause. */
  readonly troubles: readonly string[];
}

export interface FoundClasses {
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
 * @throws KubernetesAccessError
 */
export async function readNodeClasses(kubernetes: KubernetesClient): Promise<FoundClasses> {
  const read = async (resource: Parameters<KubernetesClient['listCustomObjects']>[0]) =>
    (await kubernetes.listCustomObjects(resource)) ?? [];
  const ofClass = sortedByForm('EC2NodeClass', ec2NodeClass, await read(EC2_NODE_CLASSES));
  const ofPools = sortedByForm('NodePool', nodePool, await read(NODE_POOLS));
  const ofClaims = sortedByForm('NodeClaim', nodeClaim, await read(NODE_CLAIMS));
  const [classes, pools, claims] = [ofClass.wellFormed, ofPools.wellFormed, ofClaims.wellFormed];
  const misformed = [ofClass, ofPools, ofClaims].flatMap((each) => each.misformed);
  const named = new Set([
    ...classes.map(({ metadata: { name } }) => name),
    ...ofClass.misformed.flatMap(({ nodeClass = [] }) => nodeClass),
  ]);
  const malformed = new Map(
    [...named].flatMap((name) => {
      const found = misformed.find(({ nodeClass = name }) => nodeClass === name);
      return found === undefined ? [] : [[name, found.why] as const];
    }),
  );
  const poolsOf = (group: string, name: string): PoolView[] =>
    pools
      .filter(({ spec }) => isOf(spec.template.spec.nodeClassRef, group, name))
      .map(({ metadata: { name: pool }, spec: { template, disruption } }) => {
        const own = claims.filter(({ metadata: { labels } }) => labels['karpenter.sh/nodepool'] === pool);
        const bar = disruption.budgets.find(barsDrift);
        return {
          name: pool,
          nodes: own.length,
          drifted: own.filter(({ status }) => status.conditions.some(isDrifted)).length,
          expireAfter: template.spec.expireAfter,
          budgets: disruption.budgets.map(budgetText),
          ...(bar !== undefined && { driftBarredBy: budgetText(bar) }),
        };
      });
  const autoMode = new Set(
    pools.flatMap(({ spec }) => {
      const { group, name } = spec.template.spec.nodeClassRef;
      return group === AUTO_MODE ? [name] : [];
    }),
  );
  return {
    autoMode: [...autoMode].map((name) => ({ name, pools: poolsOf(AUTO_MODE, name) })),
    malformed,
    classes: classes
      .filter(({ metadata: { name } }) => !malformed.has(name))
      .map(({ metadata: meta, spec, status }): FoundClass => {
        const { name, resourceVersion, labels, annotations } = meta;
        const codeOwner = codeOwnerOf({ labels, annotations, managers: managersIn(meta) });
        const own = claims.filter((claim) => isOf(claim.spec.nodeClassRef, EC2_NODE_CLASSES.group, name));
        return {
          name,
          resourceVersion,
          terms: spec.amiSelectorTerms,
          marks: { ...labels, ...annotations },
          userData: embeddedIn(Buffer.from(spec.userData).toString('base64')),
          ...(codeOwner !== undefined && { codeOwner }),
          pools: poolsOf(EC2_NODE_CLASSES.group, name),
          // A claim without an AMI has not been launched yet, and will get one of the class.
          imageIds: [...new Set(own.map(({ status: { imageID } }) => imageID).filter((id) => id !== ''))],
          resolved: new Map(status.amis.map((ami) => [ami.id, ami.name])),
          troubles: [
            ...falseIn(status, 'Ready').map((why) => `the class is not ready${why}`),
            ...pools
              .filter((pool) => isOf(pool.spec.template.spec.nodeClassRef, EC2_NODE_CLASSES.group, name))
              .flatMap((pool) =>
                falseIn(pool.status, 'NodeRegistrationHealthy').map(
                  (why) => `nodes of pool ${pool.metadata.name} do not join${why}`,
                ),
              ),
          ],
        };
      }),
  };
}

const isOf = (ref: z.infer<typeof nodeClassRef>, group: string, name: string): boolean =>
  ref.group === group && ref.name === name;

/** The reasons for which a condition is false, each as the end of a clause; none where it is true or unknown. */
const falseIn = (status: { readonly conditions: z.infer<typeof conditions> }, wanted: string): string[] =>
  status.conditions.flatMap(({ type, status: is, reason }) =>
    type === wanted && is === 'False' ? [reason === undefined ? '' : ` (${reason})`] : [],
  );

const isDrifted = ({ type, status }: { readonly type: string; readonly status: string }): boolean =>
  type === 'Drifted' && status === 'True';

/**
 * Whether a budget never lets a drifted node go. The most restrictive budget holds, one with a schedule only while that
 * is active, one without reasons for all of them. Shares are rounded up, so that only 0 % bars. Source: karpenter.sh,
 * Disruption, "NodePool Disruption Budgets".
 */
const barsDrift = ({ nodes, reasons, schedule }: Budget): boolean =>
  /^0+%?$/.test(nodes) && schedule === undefined && (reasons === undefined || reasons.includes('Drifted'));

const budgetText = ({ nodes, reasons, schedule, duration }: Budget): string =>
  [nodes, ...(reasons ?? []), ...(schedule === undefined ? [] : [`${schedule} for ${duration ?? ''}`])].join(' ');

/** Who wrote which fields, without what was written from here. */
const managersIn = ({ managedFields }: z.infer<typeof metadata>) =>
  managedFields
    .filter(({ manager }) => manager !== OWN_MANAGER)
    .map(({ manager, operation, fieldsV1 }) => {
      const spec = fieldsV1['f:spec'];
      const ownsTerms = typeof spec === 'object' && spec !== null && 'f:amiSelectorTerms' in spec;
      return { manager, applies: operation === 'Apply', ownsTerms };
    });
