import type { IpPermission } from '@aws-sdk/client-ec2';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { Proposal } from '../../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../../shared/records/decision.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import type { AcceptedExposure, Quarantine } from './quarantine-ledger.ts';

/** What decisions depend on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** Name of this stack, since other stacks may manage the same workers. */
  readonly stackName: string;
  readonly slots: BlastBudget['slots'];
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
  /** Node groups that are public by design, by `cluster/nodegroup`. Their workers are not quarantined. */
  readonly publicGroups: ReadonlySet<string>;
}

/** The act to carry out on one worker. */
export type Act =
  /** Begin a quarantine, or continue one. */
  | { readonly kind: 'isolate' }
  /** Restore what the quarantine took. */
  | { readonly kind: 'release' }
  | { readonly kind: 'terminate' };

export interface Decision extends Told<Reason> {
  readonly act?: Act;
  /** The quarantine from now on; absent: there is none (any more). */
  readonly quarantine?: Quarantine;
  /** Exposures that an operator has accepted. */
  readonly accepted?: readonly AcceptedExposure[];
  /** Whether the worker, which is in no quarantine any more, is to be judged again at once. */
  readonly judgedAnew?: true;
  /** The exposures that a quarantine would close, where the decision gets that far. */
  readonly target?: string;
  /** The proposal to remember. */
  readonly proposal?: Proposal;
  /**
   * Id of the request that this decision answers without a change to the worker. A following reconcile records the
   * worker's own state.
   */
  readonly answers?: string;
  /** When to reconcile again, epoch milliseconds; absent when an event or the sweep will trigger it. */
  readonly lookAt?: number;
  /**
   * Nothing is recorded or saved: the node group's record covers it, or another reconcile is working on it right now.
   */
  readonly silent?: boolean;
  /** Whether nobody knows what its security groups open: of its exposure, nothing more is known than before. */
  readonly unread?: true;
  /** Continues something whose start was recorded: only its outcome is recorded. */
  readonly quiet?: boolean;
}

export const say = wordsOf<Reason>;

/** The decision about a node group that is public by design. */
export interface GroupDecision extends Omit<Decision, 'act' | 'quarantine' | 'accepted' | 'proposal' | 'lookAt'> {
  readonly publicByDesign: boolean;
  /** The exposures to close. */
  readonly harden?: {
    readonly ingress: ReadonlyArray<{ readonly groupId: string; readonly permissions: readonly IpPermission[] }>;
    readonly subnets: readonly string[];
    /** Subnets that are to assign no IPv6 addresses any more. */
    readonly ipv6Subnets?: readonly string[];
  };
  /** Whether to reopen what was closed. */
  readonly restore?: boolean;
  /** The message without what was done, for where AWS refuses a part of it. */
  readonly about?: string;
}

/** How a quarantine names the event that it came from. */
export const originOf = ({ type, id }: Pick<MessageTrigger, 'type' | 'id'>): string => `${type} ${id}`;
