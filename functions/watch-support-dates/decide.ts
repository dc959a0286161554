import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import type { DecisionKind, RemediationRecord } from '../shared/records/record.ts';
import type { Observation } from './observe.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** The decision about one cluster. */
export interface Decision {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /** Distinguishes decisions with the same reason. Each is recorded once. */
  readonly variant: string;
  readonly details?: RemediationRecord['details'];
  /** Set once extended support counts, whose records are an incident of their own. */
  readonly isExtended?: true;
  /** Set where a tag or the scope leaves the cluster alone, so that nothing is recorded about it. */
  readonly isLeftAlone?: true;
}

export interface Circumstances {
  readonly policy: Pick<Policy, 'scope'>;
  readonly account: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

const DAY = 86_400_000;

/**
 * When a near end of support is recorded, days before that end. The dashboard goes back 30 days, so a lasting notice is
 * repeated sooner than that.
 */
const NOTICES = [60, 31, 14] as const;
const AGAIN = 29 * DAY;

/** Decides about the support of a cluster's Kubernetes version; a pure function. */
export function decide(observation: Observation, { policy, account, now }: Circumstances): Decision {
  const { cluster, dates } = observation;
  const { name, version = '', tags = {} } = cluster;
  if (isOptedOut(tags)) return { ...lasts('The cluster opted out by its tag.', 'opted-out'), isLeftAlone: true };
  if (!isInScope(policy.scope, account, name)) {
    return { ...lasts(`The scope leaves out ${name}.`, 'out-of-scope'), isLeftAlone: true };
  }
  // Extended support is on by default (EKS user guide, "Understand the Kubernetes version lifecycle on EKS").
  const takesExtended = cluster.upgradePolicy?.supportType !== 'STANDARD';
  const { standardEndsAt, extendedEndsAt } = dates ?? {};
  if (standardEndsAt === undefined || (takesExtended && extendedEndsAt === undefined)) {
    const message = `EKS does not say until when it supports Kubernetes ${version}.`;
    return { decision: 'refused', reason: 'support-unknown', message, variant: version };
  }
  const ofVersion = `support of Kubernetes ${version}`;
  if (!takesExtended || extendedEndsAt === undefined) {
    const then = 'EKS then upgrades the control plane by itself, since the cluster is set to standard support.';
    return (
      ends(`Standard ${ofVersion}`, standardEndsAt, then, { of: `${version} standard`, now }) ??
      lasts(until(version, standardEndsAt), version)
    );
  }
  if (now < standardEndsAt) {
    const then = `From then on AWS charges more for each hour of the cluster, until extended support ends on ${day(extendedEndsAt)}.`;
    return (
      ends(`Standard ${ofVersion}`, standardEndsAt, then, { of: `${version} extended`, now }) ??
      lasts(until(version, standardEndsAt), version)
    );
  }
  const upgrades = 'EKS then upgrades the control plane by itself.';
  const told = ends(`Extended ${ofVersion}`, extendedEndsAt, upgrades, { of: version, now });
  return {
    ...(told ?? {
      decision: 'refused',
      reason: 'extended-support',
      message: `Kubernetes ${version} has been in extended support since ${day(standardEndsAt)}: AWS charges more for each hour of the cluster. It ends on ${day(extendedEndsAt)}.`,
      variant: `${version} ${Math.floor((now - standardEndsAt) / AGAIN)}`,
    }),
    isExtended: true,
  };
}

/**
 * The outcome for an end that is near or past; undefined where it is far.
 *
 * @param of the kind of support that ends, which decides what EKS does then
 */
function ends(
  what: string,
  at: number,
  then: string,
  { of, now }: { readonly of: string; readonly now: number },
): Decision | undefined {
  const variant = `${of} ${day(at)}`;
  if (at <= now) {
    const message = `${what} ended on ${day(at)}. EKS upgrades the control plane by itself, on a day of its own choice.`;
    return {
      decision: 'refused',
      reason: 'support-ended',
      message,
      variant: `${variant} ended ${Math.floor((now - at) / AGAIN)}`,
    };
  }
  const notice = NOTICES.findLast((days) => at - now <= days * DAY);
  if (notice === undefined) return undefined;
  const message = `${what} ends on ${day(at)}. ${then}`;
  const reason = notice === NOTICES[2] ? 'support-ends-soon' : 'support-ends';
  return { decision: 'refused', reason, message, variant: `${variant} ${notice}` };
}

const until = (version: string, at: number): string =>
  `Standard support of Kubernetes ${version} lasts until ${day(at)}.`;

const lasts = (message: string, variant: string): Decision => ({
  decision: 'done',
  reason: 'support-lasts',
  message,
  variant,
});

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
