import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { Reading } from '../../shared/fleet/reading.ts';
import type { OperatorRequest } from '../../shared/intake/operator-request.ts';
import type { Need } from '../../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import type { ReplacementOrder } from '../../shared/ledger/replacement-orders.ts';
import type { Trigger } from '../../shared/records/recorder.ts';
import type { WantedReading } from '../../shared/releases/read-wanted-images.ts';
import type { Target } from '../../shared/releases/target-release.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
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
  /** The order to replace nodes of the subject, where there is one that counts. */
  readonly order?: ReplacementOrder;
  /** Open findings on the subject's workers, as triage-findings read them from Inspector. */
  readonly need?: Need;
  /** The subject's workers in quarantine, by instance id; absent: none. */
  readonly quarantined?: readonly string[];
  /** What holds pods after an upgrade has failed for some that did not leave, as sentences; absent: nobody looked. */
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
  /**
   * The group's nodes in service; absent where they were not read. EKS lets nodes of Auto Mode live for 21 days at
   * most.
   */
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
    /** What EKS says is wrong with the cluster; absent: nothing. */
    readonly healthIssues?: readonly HealthIssue[];
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
  /**
   * The next Kubernetes version, where the control plane runs a newer one and the policy lets the group follow; else
   * absent.
   */
  readonly next?: NextVersion;
  /** The Kubernetes version that the group runs, where `version` is the one that the group would move to. */
  readonly movesFrom?: string;
  /** Present where the group has a custom AMI and the policy names which AMIs are wanted. */
  readonly custom?: CustomView;
  /** The launch template of the group's owner, and the version that the group has; absent: EKS names none. */
  readonly launchTemplate?: { readonly id: string; readonly version: string };
  /** Desired number of nodes. */
  readonly desired: number;
  /** How many nodes an update takes out at once. */
  readonly atATime: number;
  /** Ids of the group's subnets; absent: EKS names none. */
  readonly subnets?: readonly string[];
  /** Instance types of the group's nodes; absent: EKS names none, as where the launch template does. */
  readonly instanceTypes?: readonly string[];
  /** How the group's instances are bought, such as `ON_DEMAND`; absent: EKS does not say. */
  readonly capacityType?: string;
  /** Whether an update launches new nodes before old ones go; absent: true, EKS's default. */
  readonly launchesFirst?: boolean;
  /** The group's nodes in service; absent where AWS could not be read. */
  readonly nodes?: readonly Node[];
  /** The suspended processes of the group's Auto Scaling group, such as `Launch`; absent where AWS could not be read. */
  readonly suspended?: readonly string[];
  /** Status of the remembered upgrade; absent when there is none. */
  readonly update?: UpdateView;
  /** A running update by somebody else. */
  readonly foreign?: ForeignUpdate;
}

/** The AMIs that a group with a custom AMI can move to, and the launch template that names the present one. */
export interface CustomView {
  /** Which AMIs the policy names. */
  readonly wanted: WantedReading;
  /** The newest Kubernetes version that the wanted AMIs may be for. */
  readonly kubernetesVersion: string;
  /** The AMI that the group names; gone: EC2 does not describe that AMI any more. */
  readonly present: Reading<MachineImage>;
  /** The version of the owner's launch template that the group has; absent: EKS names none. */
  readonly template?: Reading<TemplateVersion>;
  /** Auto Scaling groups that launch from the latest version of that template. */
  readonly followers?: readonly string[];
}

export interface HealthIssue {
  /** Such as `AmiIdNotFound`. */
  readonly code: string;
  readonly message: string;
}

export interface ForeignUpdate {
  /** Absent where EKS lists no update in progress. */
  readonly updateId?: string;
  /** When the update began, or was first seen, epoch milliseconds. */
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
  /** What EKS names with the error, such as nodes by their names; absent: nothing. */
  readonly resources?: readonly string[];
}
