import type { Owner } from '../shared/fleet/owners.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import type { DrainState } from './drain-ledger.ts';
import type { HookState } from './hook-ledger.ts';

/** A member of a group, as Auto Scaling shows it. */
export interface Member {
  readonly id: string;
  /** Such as `Terminating:Wait`. */
  readonly lifecycleState: string;
  readonly isOptedOut: boolean;
  /** Why a hook of the group is not to hold it up; absent: it is a worker of the cluster. */
  readonly isNotOurs?: string;
}

/** Why a cluster does not let its nodes be drained. */
export interface NoAccess {
  readonly why: string;
  /** Whether nobody has refused anything: a later look may find the cluster open. */
  readonly mayPass: boolean;
  /** Set where only a private endpoint is enabled, which did not answer: from outside of its VPC it never does. */
  readonly mayBeOutside?: true;
}

/** What a reconcile finds about a self-managed Auto Scaling group, and about each of its instances. */
interface InGroup {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly owner: Owner;
}

interface Group {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether instances of abandoned hooks are retained. */
  readonly retains: boolean;
  /** Suspended processes, such as `Launch`. */
  readonly suspended: readonly string[];
}

/** What a reconcile found about one self-managed Auto Scaling group. */
export interface GroupObservation extends InGroup {
  readonly group: Group & {
    /** The AWS service that operates it. */
    readonly operator?: string;
    /** Epoch milliseconds. */
    readonly createdAt?: number;
    /** Those of its warm pool are among them. */
    readonly members: readonly Member[];
    /** Whether the hook that is made here stands, and has its timeouts. */
    readonly hook: 'stands' | 'differs' | 'absent';
    /** Names of the termination hooks of others. */
    readonly otherHooks: readonly string[];
    /** How many instances it should have. */
    readonly desired: number;
  };
  /** Set where Auto Scaling shows no such group with workers: only a request names it. */
  readonly isAbsent?: true;
  /** Why its cluster does not let nodes be drained; undefined: it does. */
  readonly noAccess: NoAccess | undefined;
  /** What could not be read of it, as `Code: message`. */
  readonly unreadable?: string;
  /** It could not be read this time, and nothing is decided about its hook. */
  readonly isUnseen?: true;
  readonly state: HookState;
  readonly request?: OperatorRequest;
}

/** A pod that keeps a node from being empty. */
export interface HeldPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The disruption budgets that select it. */
  readonly budgets: readonly string[];
  readonly terminating: boolean;
  /** Its controller, as `namespace/Kind/name`. */
  readonly owner: string;
  /** Whether it came to the node although that was cordoned. */
  readonly cameBack: boolean;
}

/** A pod that no drain waits for. */
export interface LeftOutPod {
  readonly namespace: string;
  readonly name: string;
  /** Why, in a few words. */
  readonly why: string;
}

/** The node of an instance, as its cluster shows it. */
export type NodeView =
  /** It has not joined, or has left. */
  | { readonly kind: 'absent' }
  | ({ readonly kind: 'unreadable' } & NoAccess)
  | {
      readonly kind: 'found';
      readonly name: string;
      readonly unschedulable: boolean;
      /** Whether it was cordoned here before. */
      readonly isOurs: boolean;
      /** Value of the label that excludes it from load balancers. */
      readonly label?: string;
      /** Those that could run elsewhere, and are still there. */
      readonly pods: readonly HeldPod[];
      /** Those that a drain does not wait for. */
      readonly leftOut: readonly LeftOutPod[];
    };

/** An event that EC2 has scheduled for an instance. */
export interface ScheduledEvent {
  /** Such as `instance-retirement`. */
  readonly code: string;
  /** When it begins at the earliest, epoch milliseconds. */
  readonly notBefore: number;
}

/** What a reconcile found about one instance whose termination waits for the hook, or did. */
export interface DrainObservation extends InGroup {
  readonly instanceId: string;
  readonly group: Group & {
    readonly retained: number;
    /** Whether nodes of it that end are drained here; `in-doubt`: nobody knows now whether its cluster allows it. */
    readonly isDrained: boolean | 'in-doubt';
    /** Whether an instance of it begins or ends, or is missing. */
    readonly isMoving: boolean;
  };
  /** The next event that EC2 has scheduled for it. */
  readonly event?: ScheduledEvent;
  /** Undefined: it has left its group. */
  readonly lifecycleState: string | undefined;
  readonly isOptedOut: boolean;
  readonly node: NodeView;
  readonly state: DrainState;
}
