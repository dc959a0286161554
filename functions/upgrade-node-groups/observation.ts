import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey, NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Target } from '../shared/releases/target-release.ts';

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
}

export type View =
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly error: string }
  | UnmanagedView
  | NodeGroupView;

/** Workers of the cluster whose AMI EKS does not manage by a node group. */
export interface UnmanagedView {
  readonly kind: 'unmanaged';
  readonly reason: 'self-managed' | 'karpenter' | 'auto-mode';
  readonly message: string;
}

/** A managed node group. */
export interface NodeGroupView {
  readonly kind: 'node-group';
  readonly cluster: { readonly status: string; readonly tags: Readonly<Record<string, string>> };
  readonly arn: string;
  readonly status: string;
  /** Kubernetes minor version, for example `1.33`. */
  readonly version: string;
  readonly releaseVersion: string;
  readonly amiType: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Health issues as `Code: message`. */
  readonly healthIssues: readonly string[];
  readonly target: Target;
  /** How the upgrade that is remembered stands; absent when none is. */
  readonly update?: UpdateView;
}

/** `absent`: EKS knows of no such update, so the request never reached it. */
export type UpdateView =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'in-progress';
      readonly updateId: string;
      /** Nodes launched since the start, and how many the group wants. */
      readonly replaced: number;
      readonly desired: number;
    }
  | { readonly kind: 'successful'; readonly updateId: string }
  | { readonly kind: 'failed'; readonly updateId: string; readonly errors: readonly UpdateError[] };

export interface UpdateError {
  /** EKS's code, for example `PodEvictionFailure`. */
  readonly code: string;
  readonly message: string;
}
