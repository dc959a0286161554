import type { TemplateChange } from '../../shared/fleet/launch-template-version.ts';
import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { Gates } from '../../shared/gates/gates.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { Failures, NodeGroupState, Obstacle, Turn, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import type { Proposal } from '../../shared/ledger/proposal.ts';
import type { Lift, Progress } from '../../shared/ledger/rollout-memory.ts';
import { type CircumstancesOf, type Told, wordsWith } from '../../shared/records/decision.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import type { FleetFailures } from '../../shared/rollouts/fleet-failures.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import type { Rollouts } from '../../shared/rollouts/rollouts.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import type { Preflights } from './preflight.ts';

/** The facts that a decision depends on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** The gates that the policy names, as read; absent: nobody read them, and whatever the policy names is closed. */
  readonly gates?: Gates;
  /** The findings about node groups that would start; absent: nobody looked at any. */
  readonly preflights?: Preflights;
  /** The held slots, including the subject's own. */
  readonly slots: BlastBudget['slots'];
  /** The subjects that get a slot before this one, in order; absent: none. */
  readonly ahead?: readonly NodeGroupKey[];
  /** The state of the fleet's rollouts; absent: nobody knows it, and where the policy has waves nothing starts. */
  readonly rollouts?: Rollouts;
  /** The groups with an order to replace nodes; absent: nobody knows of them. */
  readonly replacements?: readonly OrderedGroup[];
  /** The failures in the fleet; absent: nobody read them, and only what the subject itself remembers counts. */
  readonly fleetFailures?: FleetFailures;
}

/** The memory of a subject's upgrades. A subject with an upgrade holds a slot of the blast budget. */
export interface Memory {
  readonly upgrade?: Upgrade;
  readonly failures?: Failures;
  readonly formerFailures?: NonNullable<NodeGroupState['formerFailures']>;
  readonly setbacks?: NonNullable<NodeGroupState['setbacks']>;
  readonly obstacle?: Obstacle;
  /** What keeps the subject from the next Kubernetes version. */
  readonly nextObstacle?: Obstacle;
  readonly cureTried?: string;
  readonly quarantineWait?: NonNullable<NodeGroupState['quarantineWait']>;
  readonly foreign?: NonNullable<NodeGroupState['foreign']>;
}

export interface Decision extends Told<Reason> {
  /** Whether nothing is recorded (yet), so that the last outcome stands. */
  readonly isSilent?: true;
  /** The release that the decision is about, where there is one. */
  readonly releaseVersion?: string;
  /** The Kubernetes version to which the subject would move with that release, where it runs another one. */
  readonly kubernetesVersion?: string;
  /** Set where nodes that were launched before this time are to be replaced with the same release, epoch milliseconds. */
  readonly replaces?: number;
  /** Set where EKS was asked to replace nodes that were launched before this time: it is not asked again. */
  readonly replacementTried?: number;
  /** The upgrade that has brought another AMI by a version of the launch template; absent: as before. */
  readonly moved?: NonNullable<NodeGroupState['moved']>;
  /** The upgrade that has brought another release; absent: as before. */
  readonly brought?: NonNullable<NodeGroupState['brought']>;
  /** When to reconcile again, epoch milliseconds; absent when an event, a freed slot or the sweep will trigger it. */
  readonly wakeAt?: number;
  /** The memory to save. */
  readonly memory: Memory;
  /** The place on the waitlist of a subject that waits for its turn, or whose turn has come. */
  readonly turn?: Turn;
  /** Whether the proposal includes that new nodes get no key pair. */
  readonly leavesKeyPairOut?: true;
  /** The proposal to remember. */
  readonly proposal?: Proposal;
  /** The progress of the subject in the rollouts; absent: as it was observed. */
  readonly progress?: Progress;
  /** Id of the operator's request that this decision answers. A following reconcile records the subject's own state. */
  readonly answers?: string;
  /** The breakers that operators have lifted, with those that this answer lifts; absent: as before. */
  readonly lifts?: Lift[];
  /** Whether nobody has read the gates yet, so that another decision may follow once somebody has. */
  readonly dependsOnGates?: true;
  /** The node groups out of sight that the subject waits for: they are to be looked at. */
  readonly lookAt?: readonly NodeGroupKey[];
  /** The act: call UpdateNodegroupVersion for `memory.upgrade`. */
  readonly start?: {
    /** The Kubernetes version that the subject runs afterwards. */
    readonly version: string;
    /** When the release was first seen, or the AMI was made or named, epoch milliseconds. */
    readonly firstSeenAt: number;
    readonly force: boolean;
    /**
     * The version of the launch template to change before the update, and the change; absent: the node group keeps its
     * version.
     */
    readonly template?: { readonly from: TemplateVersion; readonly change: TemplateChange };
  };
}

/** The decision that holds in the end, with the calls to AWS that it took. */
export interface Ended {
  readonly decision: Decision;
  readonly calls: readonly AwsCall[];
  /** The state of the subject that the ledger holds by now. */
  readonly saved: NodeGroupState;
}

/** The common part of every decision. */
export const say = wordsWith<Reason, Memory>;

/** The memory of a subject with nothing under way: its failures, and what was tried or waited for. */
export const idleMemory = ({
  failures,
  formerFailures,
  setbacks,
  cureTried,
  quarantineWait,
}: Pick<NodeGroupState, 'failures' | 'formerFailures' | 'setbacks' | 'cureTried' | 'quarantineWait'>): Memory => ({
  ...(failures !== undefined && { failures }),
  ...(formerFailures !== undefined && { formerFailures }),
  ...(setbacks !== undefined && { setbacks }),
  ...(cureTried !== undefined && { cureTried }),
  ...(quarantineWait !== undefined && { quarantineWait }),
});

/** The wait after the n-th failure, ms: doubled each time, at most a week. */
export const retryDelay = (retryAfter: number, failureCount: number): number =>
  Math.min(retryAfter * 2 ** (failureCount - 1), 7 * 86_400_000);

/** How often an update under way is reconciled, ms. An update takes minutes per node. */
export const RECONCILE_EVERY = 5 * 60_000;

/** How often somebody else's update is reconciled, ms. */
export const FOREIGN_EVERY = 10 * 60_000;
