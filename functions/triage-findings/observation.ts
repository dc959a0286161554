import type { Owner } from '../shared/fleet/owners.ts';
import type { Unreadable } from '../shared/fleet/reading.ts';
import type { FindingState, FindingTopic, Urgency } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { WantedReading } from '../shared/releases/read-wanted-images.ts';
import type { Target } from '../shared/releases/target-release.ts';
import type { Candidate, MachineImage } from '../shared/releases/wanted-image.ts';

/**
 * The subject of a reconcile: the findings of a node group, the workers of a node group that Inspector does not scan,
 * or Inspector in the whole account.
 */
interface About {
  readonly subject: RecordSubject;
  readonly trigger: Trigger;
  readonly state: FindingState;
}

/** A node group for which an event named findings, or for which findings are remembered. */
export interface GroupObservation extends About {
  readonly topic: Extract<FindingTopic, 'findings'>;
  readonly subject: NodeGroupKey;
  /** Urgency of the findings that events named; absent when no event did. */
  readonly claimed?: Urgency;
  readonly view: View;
}

export type View =
  | { readonly kind: 'gone' }
  /** `mayPass`: nobody has refused it for good. */
  | { readonly kind: 'unreadable'; readonly error: string; readonly mayPass?: true }
  /** Nodes of EKS Auto Mode, which AWS replaces. */
  | { readonly kind: 'auto-mode' }
  | OtherGroupView
  | NodeGroupView;

/** The AMIs that the policy names for a node group with an AMI of its owner's. */
export interface NamedImages {
  /** Empty where what the policy names is not there. */
  readonly candidates: readonly Candidate[];
  /** The AMI that the group runs; absent where EC2 does not show it. */
  readonly present?: MachineImage;
  /** The Kubernetes version of the control plane. */
  readonly controlPlane: string;
  /** Why not all that the policy names could be read. */
  readonly unreadable?: Unreadable;
}

/**
 * An Auto Scaling group outside of managed node groups, a node pool of Karpenter, or nodes of a cluster that are in
 * neither.
 */
export interface OtherGroupView {
  readonly kind: 'other-group';
  readonly clusterTags: Readonly<Record<string, string>>;
  /** Tags of the Auto Scaling group. */
  readonly tags: Readonly<Record<string, string>>;
  /** The ids of the AMIs that its workers run, in order, with a blank between; empty where it has none. */
  readonly runs: string;
  /** As of a node group. The sample may have workers with several AMIs. */
  readonly open: readonly OpenFinding[];
  readonly aftermath?: Aftermath;
  readonly way: Way;
}

/** What replaces the AMI of a group: nothing, where its nodes are in no Auto Scaling group and nothing tells their pool. */
export type Way = RefreshWay | PinWay | { readonly kind: 'none' };

/** What decides whether refresh-groups moves an Auto Scaling group to another AMI. */
export interface RefreshWay {
  readonly kind: 'refresh';
  /** Absent where the policy names no AMI for the group. */
  readonly wanted?: WantedReading;
  /** The newest AMI that a worker has; absent where EC2 does not show one of the AMIs. */
  readonly present?: MachineImage;
  /** The oldest AMI that a worker still has, where they have several. */
  readonly behind?: MachineImage;
  /** The Kubernetes version of the control plane. */
  readonly controlPlane: string;
  /** The AMI of the refresh that is under way. */
  readonly movesTo?: string;
  /** The AMI to which refreshes have failed. */
  readonly failedTo?: string;
  /** The reason of the last record of refresh-groups about the group. */
  readonly reason?: string;
}

/** What decides whether steer-node-classes has Karpenter replace the nodes of a pool. */
export interface PinWay {
  readonly kind: 'pin';
  /** The EC2NodeClasses of its nodes, by name; each with the reason of the last record of steer-node-classes about it. */
  readonly classes: ReadonlyMap<string, string | undefined>;
}

export interface NodeGroupView {
  readonly kind: 'node-group';
  /** Status of its cluster, as EKS gives it. */
  readonly clusterStatus: string;
  readonly clusterTags: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: string;
  readonly amiType: string;
  readonly releaseVersion: string;
  /** Of its nodes. */
  readonly kubernetesVersion: string;
  /** The Kubernetes version of the control plane. */
  readonly controlPlane: string;
  readonly target: Target;
  /** Present where it runs an AMI of its owner's, and the policy names AMIs for it. */
  readonly named?: NamedImages;
  /**
   * Findings that Inspector holds open on a sample of at most ten workers. They are fixable, and at or above the
   * severity floor of the policy.
   */
  readonly open: readonly OpenFinding[];
  /** Read only where remembered findings may be over. */
  readonly aftermath?: Aftermath;
}

export interface OpenFinding {
  readonly instanceId: string;
  /** For example `CVE-2026-31415`. */
  readonly vulnerabilityId: string;
  readonly severity: string;
  readonly urgency: Urgency;
  /** Whether the worker runs the AMI of the node group's release. */
  readonly image: 'current' | 'other' | 'unknown';
  /** The AMI that it runs; absent for workers of managed node groups. */
  readonly imageId?: string;
}

/** The state of a sample of the workers that run the node group's release. */
export interface Aftermath {
  readonly workers: number;
  /** How many of these workers Inspector has scanned. */
  readonly scanned: number;
  /** The remembered vulnerabilities that Inspector still holds open on these workers. */
  readonly stillOpen: readonly string[];
}

/** The workers of a node group that Inspector does not scan. */
export interface CoverageObservation extends About {
  readonly topic: Extract<FindingTopic, 'coverage'>;
  /** Instance ids by the reason that Inspector gives. */
  readonly unscanned: ReadonlyMap<string, readonly string[]>;
  /** Set where Inspector scans no instance at all: what was told about the group is told about the account now. */
  readonly isOff?: true;
  /** Its owner; absent where nobody would be told. */
  readonly owner?: Owner;
}

/** Inspector's EC2 scanning in the account. */
export interface AccountObservation extends About {
  readonly topic: Extract<FindingTopic, 'coverage'>;
  /** For example ENABLED; undefined when Inspector returns none. */
  readonly status: string | undefined;
  /** Why Inspector cannot be called in this account and region. */
  readonly refused?: { readonly code: string; readonly why: string };
}
