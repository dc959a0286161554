import type { TemplateVersion } from '../shared/fleet/launch-templates.ts';
import type { Reading } from '../shared/fleet/reading.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey, NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { WantedReading } from '../shared/releases/read-wanted-images.ts';
import type { Target } from '../shared/releases/target-release.ts';
import type { MachineImage } from '../shared/releases/wanted-image.ts';
import type { NextVersion } from './control-plane.ts';
import type { Node } from './nodes.ts';

/** What a reconcile observed about one subject, and what the ledger remembers of it. */
export interface Observation {
  readonly key: NodeGroupKey;
  readonly trigger: Trigger;
  readonly state: NodeGroupState;
  readonly view: View;
  /** An operator's request that has not been answered yet. */
  readonly request?: OperatorRequest;
  /** Open findings on its workers, as triage-findings read them from Inspector. */
  readonly need?: Need;
  /** Its workers in quarantine, by instance id; absent: none. */
  readonly quarantined?: readonly string[];
  /** What holds pods after its upgrade has failed for some that did not leave, as sentences; absent: nobody looked. */
  readonly heldPods?: string;
}

export type View = { readonly kind: 'gone' } | UnreadableView | UnmanagedView | NodeGroupView;

/** The subject could not be read from AWS. */
export interface UnreadableView {
  readonly kind: 'unreadable';
  /** `Code: message`. */
  readonly error: string;
  /** The code alone: AWS puts request ids and changing words into messages. */
  readonly code: string;
  /** Whether AWS throttled the read. */
  readonly isThrottled: boolean;
}

/** Workers of the cluster whose AMI EKS does not manage through a node group. */
export interface UnmanagedView {
  readonly kind: 'unmanaged';
  readonly reason: 'self-managed' | 'karpenter' | 'auto-mode';
  readonly message: string;
  /** Its nodes in service; absent where they were not read. EKS lets those of Auto Mode live for 21 days at most. */
  readonly nodes?: readonly Node[];
}

/** A managed node group. */
export interface NodeGroupView {
  readonly kind: 'node-group';
  readonly cluster: {
    readonly status: string;
    /** Kubernetes minor version of the control plane. */
    readonly version: string;
    readonly tags: Readonly<Record<string, string>>;
  };
  readonly arn: string;
  readonly status: string;
  /** Kubernetes minor version, such as `1.33`. */
  readonly version: string;
  readonly releaseVersion: string;
  readonly amiType: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly healthIssues: readonly HealthIssue[];
  readonly target: Target;
  /** Where its control plane runs a newer Kubernetes version; absent: it does not, or nobody lets the group follow. */
  readonly next?: NextVersion;
  /** The Kubernetes version that it runs, where `version` is the one that it would move to. */
  readonly movesFrom?: string;
  /** Where it has a custom AMI and the policy names another one. */
  readonly custom?: CustomView;
  /** Its owner's launch template, and the version that it has; absent: EKS names none. */
  readonly launchTemplate?: { readonly id: string; readonly version: string };
  /** Desired number of nodes. */
  readonly desired: number;
  /** How many nodes an update takes out at once. */
  readonly atATime: number;
  /** Ids of its subnets; absent: EKS names none. */
  readonly subnets?: readonly string[];
  /** Instance types of its nodes; absent: EKS names none, as where its launch template does. */
  readonly instanceTypes?: readonly string[];
  /** How its instances are bought, such as `ON_DEMAND`; absent: EKS does not say. */
  readonly capacityType?: string;
  /** Whether an update launches new nodes before old ones go; absent: it does, as by default. */
  readonly launchesFirst?: boolean;
  /** Its nodes in service; absent where AWS could not be read. */
  readonly nodes?: readonly Node[];
  /** Status of the remembered upgrade; absent when there is none. */
  readonly update?: UpdateView;
  /** A running update by somebody else. */
  readonly foreign?: ForeignUpdate;
}

/** What the AMI of a group with a custom one can be moved to, and by which template. */
export interface CustomView {
  /** Which AMIs the policy names. */
  readonly wanted: WantedReading;
  /** The newest Kubernetes version that they may be for. */
  readonly kubernetesVersion: string;
  /** The AMI that the group names; gone: it cannot be described any more. */
  readonly present: Reading<MachineImage>;
  /** The version of the owner's launch template that the group has; absent: EKS names none. */
  readonly template?: Reading<TemplateVersion>;
}

export interface HealthIssue {
  /** Such as `AmiIdNotFound`. */
  readonly code: string;
  readonly message: string;
}

export interface ForeignUpdate {
  /** Absent where EKS lists no update in progress. */
  readonly updateId?: string;
  /** When it began, or was first seen, epoch milliseconds. */
  readonly since: number;
}

/** `absent`: EKS knows no such update, so the request never arrived. */
export type UpdateView =
  | { readonly kind: 'absent' }
  | { readonly kind: 'in-progress'; readonly updateId: string }
  | { readonly kind: 'successful'; readonly updateId: string }
  | { readonly kind: 'failed'; readonly updateId: string; readonly errors: readonly UpdateError[] };

export interface UpdateError {
  /** EKS's error code, such as `PodEvictionFailure`. */
  readonly code: string;
  readonly message: string;
  /** What EKS names with it, such as nodes by their names; absent: nothing. */
  readonly resources?: readonly string[];
}
