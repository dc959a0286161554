import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { OperatorRequest } from '../../shared/intake/operator-request.ts';
import type { Need } from '../../shared/ledger/finding-ledger.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { ReplacementOrder } from '../../shared/ledger/replacement-orders.ts';
import type { WantedReading } from '../../shared/releases/read-wanted-images.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';

/** The source of a group's launches. */
export type LaunchSource =
  | { readonly kind: 'version'; readonly templateId: string; readonly version: string }
  /** The version is `$Latest` or `$Default`. */
  | { readonly kind: 'floating'; readonly templateId: string; readonly version: string }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'launch-configuration' }
  /** Auto Scaling shows no such group, or none of the cluster's workers is in it. */
  | { readonly kind: 'gone' };

/** A worker, or what claims to be one, in the group. */
export interface Member {
  readonly id: string;
  /** Lifecycle state in the group, such as `InService`. */
  readonly lifecycleState: string;
  /** Id of its AMI; empty where EC2 does not show the instance. */
  readonly imageId: string;
  readonly isProtected: boolean;
  /** When it was launched for the first time, epoch milliseconds; absent where EC2 does not show it. */
  readonly launchedAt?: number;
  readonly isQuarantined: boolean;
  /**
   * Whether EKS has tagged it as a node of the cluster, which it does once the instance has joined; absent where it has
   * not. Source: EKS user guide, "Tag your resources", for billing.
   */
  readonly hasJoined?: true;
  /** Why a refresh must not replace it: it opted out, or nothing proves it to be a worker of the cluster. */
  readonly isNotOurs?: string;
}

/** One instance refresh, as Auto Scaling describes it. */
export interface KnownRefresh {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  readonly percent: number;
  /** Version of the launch template that the refresh desires. */
  readonly version?: string;
  /** Epoch milliseconds; 0 where it has not started. */
  readonly startedAt: number;
  /** Whether it has the preferences that no policy changes. Another one was not begun here. */
  readonly isAsBegunHere: boolean;
}

/** The launch template of the group, in the version that the group uses. */
export interface Template extends TemplateVersion {
  /** The tool that keeps the template as code, as far as its tags say. */
  readonly codeOwner?: string;
}

/** What a reconcile found about one self-managed Auto Scaling group. */
export interface Observation {
  readonly key: { readonly cluster: string; readonly nodegroup: string };
  readonly group: {
    readonly name: string;
    /** Absent where Auto Scaling does not show the group. */
    readonly arn?: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly source: LaunchSource;
    readonly suspended: readonly string[];
    /** The AWS service that operates the group. */
    readonly operator?: string;
    readonly desired: number;
    readonly members: readonly Member[];
  };
  readonly trigger: MessageTrigger;
  readonly owner: Owner;
  /** The newest Kubernetes version that nodes may run by now: that of the control plane, or the one before it. */
  readonly controlPlane: string;
  /** The latest refresh comes first. */
  readonly refreshes: readonly KnownRefresh[];
  /** Absent where the policy names no AMI for the group. */
  readonly wanted?: WantedReading;
  /** The newest AMI that a worker in service or in the warm pool has; absent where EC2 does not show one of the AMIs. */
  readonly present?: MachineImage;
  /** The oldest AMI that one of these still has, where they have several. */
  readonly behind?: MachineImage;
  readonly template?: Template;
  /** Other Auto Scaling groups that launch from the latest version of the template; absent where none is to be made. */
  readonly followers?: readonly string[];
  /** The order to replace workers, though they run the wanted AMI. */
  readonly order?: ReplacementOrder;
  /**
   * Whether somebody drains nodes before they end, as a lifecycle hook on terminations suggests; `in-doubt` where only
   * `drain-nodes` does, and did not find out lately whether it can.
   */
  readonly drains: boolean | 'in-doubt';
  /** What could not be read about the group, as `Code: message`. */
  readonly unreadable?: string;
  readonly state: RefreshState;
  /** Open findings on its workers, as triage-findings read them from Inspector. */
  readonly need?: Need;
  readonly request?: OperatorRequest;
}
