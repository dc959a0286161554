import type { Family, Selection } from './alias.ts';

/** The name of an EC2NodeClass in records, where a node group's stands. No node group's name has a colon. */
const PREFIX = 'ec2nodeclass:';

export const groupOfClass = (name: string): string => `${PREFIX}${name}`;

/** The EC2NodeClass that the name of a group stands for; undefined for any other group. */
export const classOfGroup = (nodegroup: string): string | undefined =>
  nodegroup.startsWith(PREFIX) ? nodegroup.slice(PREFIX.length) : undefined;

/** Stands for all node classes of a cluster, where these cannot be read. No Kubernetes name has an asterisk. */
export const ALL_CLASSES = groupOfClass('*');

/** A node pool that takes its nodes from a node class. */
export interface PoolView {
  readonly name: string;
  readonly nodes: number;
  /** Nodes that Karpenter says have drifted, for whatever reason. */
  readonly drifted: number;
  /** How long a node lives at most, such as `720h`; `Never`. */
  readonly expireAfter: string;
  /** The disruption budgets, as the pool has them. */
  readonly budgets: readonly string[];
}

/** A release that every architecture and variant in use has. */
export interface OfferedVersion {
  readonly version: string;
  /** Start of its bake time, epoch milliseconds. */
  readonly since: number;
  /** Whether Amazon publishes it under the name that Karpenter looks up, for every architecture and variant in use. */
  readonly isPublished: boolean;
}

/** The releases that a class can be pinned to, oldest first, or why nobody knows them. */
export type Offer =
  | { readonly kind: 'offered'; readonly versions: readonly OfferedVersion[] }
  | { readonly kind: 'unknown'; readonly message: string; readonly variant: string };

/** An EC2NodeClass as its cluster shows it. */
export interface ClassView {
  readonly kind: 'class';
  readonly name: string;
  readonly resourceVersion: string;
  /** As the object has them. */
  readonly terms: readonly unknown[];
  readonly selection: Selection;
  /** Its labels and annotations. */
  readonly marks: Readonly<Record<string, string>>;
  /** Who keeps it as code, such as `Argo CD`; absent where nothing shows that somebody does. */
  readonly codeOwner?: string;
  readonly pools: readonly PoolView[];
  /** The versions that its nodes run, each once. */
  readonly running: ReadonlyArray<{ readonly family: Family; readonly version: string }>;
  /** AMIs of its nodes that are of no release which an alias names. */
  readonly unknownImages: readonly string[];
  readonly offer: Offer;
}

/** What a reconcile sees of the subject of a record. */
export type View =
  | ClassView
  /** A NodeClass of EKS Auto Mode. */
  | { readonly kind: 'auto-mode'; readonly name: string; readonly pools: readonly PoolView[] }
  /** The node classes of a cluster, which can be read or not. */
  | { readonly kind: 'readable' }
  | { readonly kind: 'unreadable'; readonly why: string; readonly variant: string }
  /** The cluster has no node class of this name. */
  | { readonly kind: 'gone' }
  /** Nothing was read, because a guard stops everything here. */
  | { readonly kind: 'unread' };
