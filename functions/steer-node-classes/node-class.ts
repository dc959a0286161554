import type { UserData } from '../shared/fleet/embedded-authority.ts';
import { groupOfClass } from '../shared/fleet/node-class-name.ts';
import type { Pair } from '../shared/releases/ami-type.ts';
import type { Family, Selection } from './alias.ts';

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
  /**
   * How long pods hold a drifted node up, such as `1h`; absent: as long as they like. Source: kubernetes-sigs/karpenter,
   * pkg/apis/v1/nodepool.go, TerminationGracePeriod.
   */
  readonly podsEndAfter?: string;
  /** The disruption budgets, as the pool has them. */
  readonly budgets: readonly string[];
  /** What lets Karpenter replace no drifted node, at any time: a budget, or the limit of a static pool. */
  readonly driftBarredBy?: string;
  /** When no budget bounds how many drifted nodes Karpenter replaces at a time; absent where one always does. */
  readonly driftUnbounded?: 'always' | 'outside of schedules';
}

/** A release that every architecture and variant in use has. */
export interface OfferedVersion {
  readonly version: string;
  /** Start of its bake time, epoch milliseconds. */
  readonly since: number;
  /** Whether Amazon publishes it under the name that Karpenter looks up, for every architecture and variant in use. */
  readonly isPublished: boolean;
}

/** EKS's releases of one pair, as the ledger knows them. */
export interface PairReleases {
  /** By the version that an alias names. */
  readonly releases: Readonly<Record<string, string>>;
  /** Releases that Amazon has withdrawn. */
  readonly withdrawn: readonly string[];
}

/** The releases that a class can be pinned to, oldest first, or why nobody knows them. */
export type Offer =
  | {
      readonly kind: 'offered';
      readonly versions: readonly OfferedVersion[];
      /** By `pairKey`. */
      readonly pairs: Readonly<Record<string, PairReleases>>;
    }
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
  /** What its user data embeds. */
  readonly userData: UserData;
  /** Who keeps it as code, such as `Argo CD`; absent where nothing shows that somebody does. */
  readonly codeOwner?: string;
  readonly pools: readonly PoolView[];
  /** The versions that its nodes run, each once. */
  readonly running: ReadonlyArray<{ readonly family: Family; readonly version: string }>;
  /**
   * Set while nodes run an AMI for another Kubernetes version than that of the control plane, which an alias follows:
   * Karpenter replaces them.
   */
  readonly runsOtherKubernetes?: true;
  /** AMIs of its nodes that are of no release which an alias names. */
  readonly unknownImages: readonly string[];
  /** What Karpenter says is wrong with the class or its pools, each as a clause. */
  readonly troubles: readonly string[];
  /** The architectures and variants in use, with the Kubernetes version of the control plane. */
  readonly pairs: readonly Pair[];
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
  /** An EC2NodeClass of which an object is not as its kind has it. */
  | { readonly kind: 'malformed'; readonly why: string; readonly variant: string }
  /** The cluster has no node class of this name. */
  | { readonly kind: 'gone' }
  /** Nothing was read, because a guard stops everything here. */
  | { readonly kind: 'unread' };
