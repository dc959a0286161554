import type { CallRecord } from '../../sandbox/account/service.ts';
import type { Run } from '../../sandbox/play.ts';
import type { Policy } from '../scenario/policy.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What an invariant sees of a day. */
export interface Day {
  readonly scenario: Scenario;
  readonly run: Run;
  /** All policies so far, each with the time from which it holds, epoch ms. The last one holds now. */
  readonly policies: ReadonlyArray<{ readonly since: number; readonly policy: Policy }>;
  /**
   * The workers whose quarantine somebody has approved or rejected so far, and what somebody has approved for
   * groups: `cluster/nodegroup release`, `cluster/nodeclass date`, or the name of an Auto Scaling group.
   */
  readonly ruledOn: ReadonlySet<string>;
  /** What somebody has opted out by hand, and when, by the id of the instance or `cluster/nodegroup`. */
  readonly optedOut: ReadonlyMap<string, { readonly since: number; readonly until?: number }>;
  /** Notes a violation at the present time. */
  breach(invariant: string, what: string): void;
}

/** Something that must hold: after each call that changes something, at each quarter of an hour, and in the end. */
export interface Invariant {
  /** Called after each call of a function has its outcome, and before the function learns of it. */
  onCall?(call: CallRecord): void;
  /** Called four times an hour. */
  onTick?(): void;
  /** Called in the end, when faults have long ended and everything should have come to rest. */
  onEnd?(): Promise<void> | void;
}

/** The tag of what opted out. */
export const IGNORE = 'eks-host-remediator:ignore';

const READS = /^(Describe|Get|List|Query|Scan|BatchGet|Search)/;
const OF_FLEET: ReadonlySet<string> = new Set(['ec2', 'autoscaling', 'elasticloadbalancing', 'eks', 'iam']);

/** Whether a call has changed something of the fleet: of an instance, a network, a group. */
export const isChange = ({ service, operation, outcome, input }: CallRecord): boolean =>
  OF_FLEET.has(service) &&
  !READS.test(operation) &&
  input.DryRun !== true &&
  outcome !== 'request lost' &&
  isDone(outcome);

/** A reply that was lost, and a caller that died, may stand for something that was done. */
const isDone = (outcome: string): boolean =>
  outcome === 'ok' || outcome === 'reply lost' || outcome === 'caller crashed';

/** How long a former policy may act: half a minute in the cache, and some minutes in an invocation under way. */
const GRACE_MS = 10 * 60_000;

/** The policies by which a function may act at a time, by default now: the one that holds, and those of some minutes ago. */
export function presentPolicies({ policies, run }: Day, at = run.account.time.now): Policy[] {
  return policies
    .filter(({ since }, index) => since <= at && (policies[index + 1]?.since ?? at) + GRACE_MS > at)
    .map(({ policy }) => policy);
}

/** The largest value that any policy so far has allowed. */
export const largest = ({ policies }: Day, of: (policy: Policy) => number): number =>
  Math.max(...policies.map(({ policy }) => of(policy)));
