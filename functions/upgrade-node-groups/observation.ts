import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey, NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Target } from '../shared/releases/target-release.ts';
import type { Node } from './nodes.ts';

/** What a reconcile found about one subject, and what is remembered of it. */
export interface Observation {
  readonly key: NodeGroupKey;
  readonly trigger: Trigger;
  readonly state: NodeGroupState;
  readonly view: View;
  /** An operator's, which has yet to be answered. */
  readonly request?: OperatorRequest;
  /** Findings on its workers that Inspector holds open, as triage-findings has asked it. */
  readonly need?: Need;
  /** Its workers in quarantine, by instance id; absent: none. */
  readonly quarantined?: readonly string[];
}

export type View = { readonly kind: 'gone' } | UnreadableView | UnmanagedView | NodeGroupView;

/** AWS did not tell about it. */
export interface UnreadableView {
  readonly kind: 'unreadable';
  /** `Code: message`. */
  readonly error: string;
  /** The code alone: AWS puts request ids and changing words into messages. */
  readonly code: string;
  /** AWS was only asked too often. */
  readonly isThrottled: boolean;
}

/** Workers of the cluster whose AMI EKS does not manage by a node group. */
export interface UnmanagedView {
  readonly kind: 'unmanaged';
  readonly reason: 'self-managed' | 'karpenter' | 'auto-mode';
  readonly message: string;
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
  /** Kubernetes minor version, for example `1.33`. */
  readonly version: string;
  readonly releaseVersion: string;
  readonly amiType: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly healthIssues: readonly HealthIssue[];
  readonly target: Target;
  /** How many nodes it wants. */
  readonly desired: number;
  /** How many nodes an update takes out at once. */
  readonly atATime: number;
  /** Its nodes that are in service; absent where AWS did not tell. */
  readonly nodes?: readonly Node[];
  /** How the upgrade that is remembered stands; absent when none is. */
  readonly update?: UpdateView;
  /** The update of somebody else that runs. */
  readonly foreign?: ForeignUpdate;
}

export interface HealthIssue {
  /** For example `AmiIdNotFound`. */
  readonly code: string;
  readonly message: string;
}

export interface ForeignUpdate {
  /** Absent where EKS lists none that is in progress. */
  readonly updateId?: string;
  /** When it began, or was first seen, epoch milliseconds. */
  readonly since: number;
}

/** `absent`: EKS knows of no such update, so the request never reached it. */
export type UpdateView =
  | { readonly kind: 'absent' }
  | { readonly kind: 'in-progress'; readonly updateId: string }
  | { readonly kind: 'successful'; readonly updateId: string }
  | { readonly kind: 'failed'; readonly updateId: string; readonly errors: readonly UpdateError[] };

export interface UpdateError {
  /** EKS's code, for example `PodEvictionFailure`. */
  readonly code: string;
  readonly message: string;
}
