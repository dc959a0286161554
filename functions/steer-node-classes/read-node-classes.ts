import * as z from 'zod';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { codeOwnerOf } from './code-owner.ts';
import type { PoolView } from './node-class.ts';

export const EC2_NODE_CLASSES = { group: 'karpenter.k8s.aws', version: 'v1', plural: 'ec2nodeclasses' };
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

const names = z.record(z.string(), z.string()).default({});
const metadata = z.object({
  name: z.string(),
  resourceVersion: z.string().default(''),
  labels: names,
  annotations: names,
  managedFields: z
    .array(
      z.object({
        manager: z.string().default(''),
        operation: z.string().default(''),
        fieldsV1: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
});
const nodeClassRef = z.object({ group: z.string().default(''), name: z.string().default('') });

/** Members that are not read here are ignored. Source: aws/karpenter-provider-aws, pkg/apis/v1. */
const ec2NodeClass = z.object({
  metadata,
  spec: z.object({ amiSelectorTerms: z.array(z.unknown()).default([]) }),
  status: z
    .object({ amis: z.array(z.object({ id: z.string().default(''), name: z.string().default('') })).default([]) })
    .prefault({}),
});
/** Source: kubernetes-sigs/karpenter, pkg/apis/v1/nodepool.go, with its defaults. */
const nodePool = z.object({
  metadata,
  spec: z.object({
    template: z.object({ spec: z.object({ nodeClassRef, expireAfter: z.string().default('720h') }) }),
    disruption: z
      .object({
        budgets: z
          .array(
            z.object({
              nodes: z.string().default('10%'),
              reasons: z.array(z.string()).optional(),
              schedule: z.string().optional(),
              duration: z.string().optional(),
            }),
          )
          .default([{ nodes: '10%' }]),
      })
      .prefault({}),
  }),
});
const nodeClaim = z.object({
  metadata,
  spec: z.object({ nodeClassRef }),
  status: z
    .object({
      imageID: z.string().default(''),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .prefault({}),
});

type Budget = z.infer<typeof nodePool>['spec']['disruption']['budgets'][number];

/** An EC2NodeClass with its pools and the AMIs of its nodes. */
export interface FoundClass {
  readonly name: string;
  readonly resourceVersion: string;
  readonly terms: readonly unknown[];
  readonly marks: Readonly<Record<string, string>>;
  readonly codeOwner?: string;
  readonly pools: readonly PoolView[];
  /** AMIs of its nodes, each once. */
  readonly imageIds: readonly string[];
  /** The AMIs that the class resolves to, by id, with their names. */
  readonly resolved: ReadonlyMap<string, string>;
}

export interface FoundClasses {
  readonly classes: readonly FoundClass[];
  /** NodeClasses of EKS Auto Mode, by the pools that name them. */
  readonly autoMode: ReadonlyArray<{ readonly name: string; readonly pools: readonly PoolView[] }>;
}

/**
 * Reads the node classes of a cluster; none where it does not run Karpenter.
 *
 * @throws KubernetesAccessError
 * @throws z.ZodError for an object that is not of its kind
 */
export async function readNodeClasses(kubernetes: KubernetesClient): Promise<FoundClasses> {
  const read = async <Kind extends z.ZodType>(
    resource: Parameters<KubernetesClient['listCustomObjects']>[0],
    kind: Kind,
  ) => z.array(kind).parse((await kubernetes.listCustomObjects(resource)) ?? []);
  const classes = await read(EC2_NODE_CLASSES, ec2NodeClass);
  const pools = await read(NODE_POOLS, nodePool);
  const claims = await read(NODE_CLAIMS, nodeClaim);
  const poolsOf = (group: string, name: string): PoolView[] =>
    pools
      .filter(({ spec }) => isOf(spec.template.spec.nodeClassRef, group, name))
      .map(({ metadata: { name: pool }, spec: { template, disruption } }) => {
        const own = claims.filter(({ metadata: { labels } }) => labels['karpenter.sh/nodepool'] === pool);
        return {
          name: pool,
          nodes: own.length,
          drifted: own.filter(({ status }) => status.conditions.some(isDrifted)).length,
          expireAfter: template.spec.expireAfter,
          budgets: disruption.budgets.map(budgetText),
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
    classes: classes.map(({ metadata: meta, spec, status }): FoundClass => {
      const { name, resourceVersion, labels, annotations } = meta;
      const codeOwner = codeOwnerOf({ labels, annotations, managers: managersIn(meta) });
      const own = claims.filter((claim) => isOf(claim.spec.nodeClassRef, EC2_NODE_CLASSES.group, name));
      return {
        name,
        resourceVersion,
        terms: spec.amiSelectorTerms,
        marks: { ...labels, ...annotations },
        ...(codeOwner !== undefined && { codeOwner }),
        pools: poolsOf(EC2_NODE_CLASSES.group, name),
        // A claim without an AMI has not been launched yet, and will get one of the class.
        imageIds: [...new Set(own.map(({ status: { imageID } }) => imageID).filter((id) => id !== ''))],
        resolved: new Map(status.amis.map((ami) => [ami.id, ami.name])),
      };
    }),
  };
}

const isOf = (ref: z.infer<typeof nodeClassRef>, group: string, name: string): boolean =>
  ref.group === group && ref.name === name;

const isDrifted = ({ type, status }: { readonly type: string; readonly status: string }): boolean =>
  type === 'Drifted' && status === 'True';

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
