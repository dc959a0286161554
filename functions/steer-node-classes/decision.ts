import type { Owner } from '../shared/fleet/owners.ts';
import type { GatesRead } from '../shared/gates/at-gate.ts';
import type { Since } from '../shared/gates/workload-gate.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import type { Rollouts } from '../shared/rollouts/rollouts.ts';
import type { View } from './node-class.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** One EC2NodeClass, or all of a cluster where these cannot be read. */
export interface Observation {
  /** The class stands where a node group does. */
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  /** The cluster. */
  readonly owner: Owner;
  readonly view: View;
  readonly state: NodeClassState;
  /** The gravest open findings on nodes of its pools, as triage-findings read them from Inspector. */
  readonly need?: Need;
  readonly request?: OperatorRequest;
}

/** What a decision depends on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy>, GatesRead {
  /** How the rollouts of Amazon's releases stand; absent where nobody knows, or the policy has no waves. */
  readonly rollouts?: Rollouts;
}

export interface Decision extends Told<Reason> {
  /** The AMI terms to write. */
  readonly write?: readonly unknown[];
  /** The alias that the decision is about, as the target of a proposal. */
  readonly target?: string | undefined;
  readonly made?: NodeClassState['made'];
  /** Since when nodes of other releases have been seen; absent: that is forgotten. */
  readonly behind?: NodeClassState['behind'] | undefined;
  /** Since when the cluster could not be read for what may pass, epoch milliseconds; absent: that is forgotten. */
  readonly unreadSince?: number;
  /** The gate that holds the class; absent: that is forgotten. */
  readonly heldAtGate?: NodeClassState['heldAtGate'] | undefined;
  readonly proposal?: Proposal | undefined;
  /** Id of the operator's request that this decision answers. */
  readonly answers?: string;
  /** Nothing is to be told that ever was, so this is not recorded either. */
  readonly silent?: true;
  /** When the cluster is looked at again, epoch milliseconds. */
  readonly wakeAt?: number;
  /** Present where nobody has read the gates, and the decision may be another one once that is done. */
  readonly dependsOnGates?: true;
  /** The same of nodes and pods, with since when these count. */
  readonly dependsOnWorkloads?: Since;
  /** Groups and classes that others wait for and that nobody has seen for a day: they may be gone. */
  readonly lookAt?: readonly NodeGroupKey[];
}

export const say = wordsOf<Reason>;
