import { embeddedIn, type UserData } from '../shared/fleet/embedded-authority.ts';
import { shortLine } from '../shared/text/short-line.ts';
import { codeOwnerOf } from './code-owner.ts';
import {
  type Conditions,
  ec2NodeClass,
  type Metadata,
  type NodeClassRef,
  nodeClaim,
  nodePool,
  type PoolBudget,
  type PoolSpec,
  readerOf,
} from './karpenter-kinds.ts';
import type { PoolView } from './node-class.ts';

/**
 * What is kept of each object of Karpenter, page by page: whoever administers a cluster decides how large its objects are,
 * and memory has room for little of each.
 */
export interface KeptClass {
  readonly name: string;
  readonly resourceVersion: string;
  readonly terms: readonly unknown[];
  readonly marks: Readonly<Record<string, string>>;
  /** What its user data embeds. The user data itself, which may hold secrets, is not kept. */
  readonly userData: UserData;
  readonly codeOwner?: string;
  /** The AMIs that the class resolves to, by id, with their names. */
  readonly resolved: ReadonlyMap<string, string>;
  readonly troubles: readonly string[];
}

export interface KeptPool {
  readonly name: string;
  readonly nodeClassRef: NodeClassRef;
  readonly expireAfter: string;
  readonly podsEndAfter?: string;
  readonly budgets: readonly string[];
  readonly driftBarredBy?: string;
  readonly driftUnbounded?: NonNullable<PoolView['driftUnbounded']>;
  readonly troubles: readonly string[];
}

export interface KeptClaim {
  readonly nodeClassRef: NodeClassRef;
  readonly pool: string;
  readonly imageId: string;
  readonly isDrifted: boolean;
}

const OWN_MANAGER = 'eks-host-remediator';

/** How much is kept of a text that people read, characters. */
const LONGEST_TEXT = 100;

/** How much is kept of a label's or an annotation's value, characters. A tag of EC2 has at most 256. */
const LONGEST_MARK = 512;

export const classFrom = readerOf('EC2NodeClass', ec2NodeClass, ({ metadata, spec, status }): KeptClass => {
  const { name, resourceVersion, labels, annotations, ownerReferences } = metadata;
  const controller = ownerReferences.find((each) => each.controller);
  const codeOwner = codeOwnerOf({
    labels,
    annotations,
    managers: managersIn(metadata),
    ...(controller !== undefined && { controller: `${controller.kind} ${controller.name}` }),
  });
  return {
    name,
    resourceVersion,
    terms: spec.amiSelectorTerms,
    marks: Object.fromEntries(
      Object.entries({ ...labels, ...annotations }).map(([key, value]) => [key, value.slice(0, LONGEST_MARK)]),
    ),
    userData: embeddedIn(Buffer.from(spec.userData).toString('base64')),
    ...(codeOwner !== undefined && { codeOwner: shortLine(codeOwner, LONGEST_TEXT) }),
    resolved: new Map(status.amis.map((ami) => [ami.id, ami.name])),
    troubles: falseIn(status.conditions, 'Ready').map((why) => `the class is not ready${why}`),
  };
});

export const poolFrom = readerOf('NodePool', nodePool, ({ metadata: { name }, spec, status }): KeptPool => {
  const { nodeClassRef, expireAfter, terminationGracePeriod } = spec.template.spec;
  const { budgets } = spec.disruption;
  const bar = driftBarredBy(spec);
  const unbounded = driftUnbounded(budgets);
  return {
    name,
    nodeClassRef,
    expireAfter,
    ...(terminationGracePeriod !== undefined && { podsEndAfter: shortLine(terminationGracePeriod, LONGEST_TEXT) }),
    budgets: budgets.map(budgetText),
    ...(bar !== undefined && { driftBarredBy: bar }),
    ...(unbounded !== undefined && { driftUnbounded: unbounded }),
    troubles: falseIn(status.conditions, 'NodeRegistrationHealthy').map(
      (why) => `nodes of pool ${name} do not join${why}`,
    ),
  };
});

export const claimFrom = readerOf(
  'NodeClaim',
  nodeClaim,
  ({ metadata: { labels }, spec: { nodeClassRef }, status: { imageID, conditions } }): KeptClaim => ({
    nodeClassRef,
    pool: (labels['karpenter.sh/nodepool'] ?? '').slice(0, LONGEST_MARK),
    imageId: imageID,
    isDrifted: conditions.some(({ type, status }) => type === 'Drifted' && status === 'True'),
  }),
);

/** The reason for which a condition is false, as the end of a clause; none where it is true or unknown. */
function falseIn(conditions: Conditions, wanted: string): string[] {
  const found = conditions.find(({ type, status }) => type === wanted && status === 'False');
  if (found === undefined) return [];
  return [found.reason === undefined ? '' : ` (${shortLine(found.reason, LONGEST_TEXT)})`];
}

/**
 * Whether a budget never lets a drifted node go. The most restrictive budget holds, one with a schedule only while that
 * is active, one without reasons for all of them. Shares are rounded up, so that only 0 % bars. Source: karpenter.sh,
 * Disruption, "NodePool Disruption Budgets".
 */
const barsDrift = ({ nodes, reasons, schedule }: PoolBudget): boolean =>
  /^0+%?$/.test(nodes) && schedule === undefined && (reasons === undefined || reasons.includes('Drifted'));

/**
 * What keeps Karpenter from replacing drifted nodes of a pool at any time; undefined where nothing does. A static pool
 * gets a new node before the old one ends, so it needs room for one. Sources: EKS user guide, "Static Capacity Node
 * Pools", best practices; aws/karpenter-provider-aws#8873.
 */
function driftBarredBy({ disruption: { budgets }, replicas, limits }: PoolSpec): string | undefined {
  const bar = budgets.find(barsDrift);
  if (bar !== undefined) return budgetText(bar);
  const most = limits?.nodes;
  if (replicas === undefined || most === undefined || most > replicas) return undefined;
  return `limits.nodes ${most} of ${replicas} replicas`;
}

/**
 * When no budget bounds how many drifted nodes Karpenter replaces at a time; undefined where one always does. A budget
 * with a schedule bounds nothing outside of it, and one with other reasons never bounds drift. Sources: the same;
 * aws/karpenter-provider-aws#7842.
 */
function driftUnbounded(budgets: readonly PoolBudget[]): PoolView['driftUnbounded'] {
  const bounding = budgets.filter(
    ({ nodes, reasons }) => nodes !== '100%' && (reasons === undefined || reasons.includes('Drifted')),
  );
  if (bounding.some(({ schedule }) => schedule === undefined)) return undefined;
  return bounding.length === 0 ? 'always' : 'outside of schedules';
}

const budgetText = ({ nodes, reasons, schedule, duration }: PoolBudget): string =>
  shortLine(
    [nodes, ...(reasons ?? []), ...(schedule === undefined ? [] : [`${schedule} for ${duration ?? ''}`])].join(' '),
    LONGEST_TEXT,
  );

/** Who wrote which fields, without what was written from here. */
const managersIn = ({ managedFields }: Metadata) =>
  managedFields
    .filter(({ manager }) => manager !== OWN_MANAGER)
    .map(({ manager, operation, fieldsV1 }) => {
      const spec = fieldsV1['f:spec'];
      const ownsTerms = typeof spec === 'object' && spec !== null && 'f:amiSelectorTerms' in spec;
      return { manager, applies: operation === 'Apply', ownsTerms };
    });
