import type { IpPermission } from '@aws-sdk/client-ec2';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Proposal } from '../shared/ledger/proposal.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import type { Policy } from './policy.ts';
import type { AcceptedExposure, Quarantine } from './quarantine-ledger.ts';
import type { Reason } from './reasons.ts';

/** What decisions rest on besides the observation. */
export interface Circumstances extends CircumstancesOf<Policy> {
  /** The name of this stack: others may look after the same workers. */
  readonly stackName: string;
  readonly slots: BlastBudget['slots'];
  /** Names this reconcile, uniquely: the Lambda request id. */
  readonly caller: string;
  /** Groups that are public by design, by `cluster/nodegroup`: their workers are not quarantined. */
  readonly publicGroups: ReadonlySet<string>;
}

/** What is to be done about one worker. */
export type Act =
  /** Begin a quarantine, or go on with one. */
  | { readonly kind: 'isolate' }
  /** Give back what was taken. */
  | { readonly kind: 'release' }
  | { readonly kind: 'terminate' };

export interface Decision extends Told<Reason> {
  readonly act?: Act;
  /** The quarantine from now on; absent: there is none (any more). */
  readonly quarantine?: Quarantine;
  /** Exposures that an operator accepted. */
  readonly accepted?: readonly AcceptedExposure[];
  /** The exposures that a quarantine would close, where the decision gets as far as that. */
  readonly target?: string;
  /** What is proposed from now on. */
  readonly proposal?: Proposal;
  /** It answers this request to approve or reject: how the worker stands is told by the reconcile that follows. */
  readonly answers?: string;
  /** When to look again, epoch milliseconds; absent when an event or the sweep will tell. */
  readonly lookAt?: number;
  /** Nothing is recorded or remembered: the group tells it, or another reconcile is at it right now. */
  readonly silent?: boolean;
  /** Goes on with what was told of when it began: only what comes of it is recorded. */
  readonly quiet?: boolean;
}

export const say = wordsOf<Reason>;

/** What is to be done about a group that is public by design. */
export interface GroupDecision
  extends Omit<Decision, 'act' | 'quarantine' | 'accepted' | 'proposal' | 'answers' | 'lookAt'> {
  readonly publicByDesign: boolean;
  /** Close these exposures. */
  readonly harden?: {
    readonly ingress: ReadonlyArray<{ readonly groupId: string; readonly permissions: readonly IpPermission[] }>;
    readonly subnets: readonly string[];
    /** Those that are to hand out no IPv6 addresses any more. */
    readonly ipv6Subnets?: readonly string[];
  };
  /** Open again what was closed. */
  readonly restore?: boolean;
}

export const iso = (time: number): string => new Date(time).toISOString();
