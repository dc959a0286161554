import type { Need } from '../shared/ledger/finding-ledger.ts';
import { type Failures, failureCount } from '../shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { type Circumstances, type Decision, iso, type Memory, RECONCILE_EVERY, retryDelay, say } from './decision.ts';
import type { NodeGroupView, UpdateError } from './observation.ts';
import { paceOf } from './pace.ts';
import type { Policy } from './policy.ts';

/** What stands behind EKS's update error codes, and what to do. Source: "Managed node group errors", EKS user guide. */
const ERROR_HINTS = new Map(
  Object.entries({
    PodEvictionFailure:
      'A pod could not be evicted within 15 minutes: look for a PodDisruptionBudget that allows no disruption.',
    NodeCreationFailure:
      'New nodes did not join the cluster: look at the node role, the aws-auth entry and the network.',
    InsufficientFreeAddresses: 'The subnets have too few free addresses for the new nodes: enlarge them or add one.',
    IpNotAvailable: 'The subnets have no free address for the new nodes: enlarge them or add one.',
    ClusterUnreachable: 'EKS cannot reach the API server: look for webhooks or network rules that block it.',
    AccessDenied: 'EKS may not act on the cluster: look at the role bindings of eks:node-manager.',
    AsgInstanceLaunchFailures: 'EC2 could not launch instances: look at capacity, quotas and the launch template.',
    // Seen with node groups that have a launch template of their own; EKS then asks for the caller's right to use it.
    InvalidRequestException:
      'If EKS names a launch template: grant ec2:RunInstances with it, and iam:PassRole of the node role, to the role of this function.',
    UnhealthyNodes: 'New nodes did not become Ready: look at the kubelet and CNI of one.',
  }),
);

/**
 * Follows the remembered upgrade to its end; undefined when there is none (any more) to follow.
 *
 * @param need findings on its workers, which may let the next attempt pass change windows
 */
export function followUpgrade(
  view: NodeGroupView,
  memory: Memory,
  circumstances: Circumstances,
  need: Need | undefined,
): Decision | undefined {
  const { upgrade } = memory;
  const { update } = view;
  if (upgrade === undefined || update === undefined || update.kind === 'absent') return undefined;
  const { releaseVersion, attempt } = upgrade;
  const failures = memory.failures === undefined ? {} : { failures: memory.failures };

  if (upgrade.updateId === undefined) {
    // A crash came between EKS's answer and ours noting it. What began is recorded as begun; the next reconcile follows it.
    const memoryOfIt = { ...failures, upgrade: { ...upgrade, updateId: update.updateId } };
    return {
      ...say('acted', 'upgrade-started', `Upgrading to ${releaseVersion}.`, memoryOfIt, `${releaseVersion} ${attempt}`),
      releaseVersion,
      wakeAt: circumstances.now,
      details: { updateId: update.updateId },
    };
  }

  switch (update.kind) {
    case 'in-progress': {
      const progress = `${update.replaced} of ${update.desired} nodes`;
      return {
        ...say(
          'waiting',
          'upgrade-in-flight',
          `Moving to ${releaseVersion}: ${progress} launched.`,
          { ...failures, upgrade },
          `${releaseVersion} ${attempt} ${progress}`,
        ),
        releaseVersion,
        wakeAt: circumstances.now + RECONCILE_EVERY,
        details: { updateId: update.updateId, replaced: update.replaced, desired: update.desired },
      };
    }
    case 'successful':
      if (view.releaseVersion !== releaseVersion) {
        const message = `EKS reports success, but the node group names release ${view.releaseVersion}.`;
        const errors = [{ code: 'ReleaseMismatch', message }];
        return failed(upgrade, memory, { errors, updateId: update.updateId, need }, circumstances);
      }
      return {
        ...say('done', 'upgraded', `Runs ${releaseVersion} now.`, {}, releaseVersion),
        releaseVersion,
        details: { updateId: update.updateId },
      };
    case 'failed':
      return failed(upgrade, memory, { errors: update.errors, updateId: update.updateId, need }, circumstances);
  }
}

interface Failure {
  readonly errors: readonly UpdateError[];
  /** Absent where EKS did not accept the update. */
  readonly updateId?: string;
  readonly need: Need | undefined;
}

/** Counts a failure of `upgrade` and plans what comes next. */
function failed(
  upgrade: NonNullable<Memory['upgrade']>,
  memory: Memory,
  { errors, updateId, need }: Failure,
  { policy, now }: Circumstances,
): Decision {
  const { releaseVersion, attempt } = upgrade;
  const before = memory.failures?.releaseVersion === releaseVersion ? memory.failures : undefined;
  const failures: Failures = {
    releaseVersion,
    count: (before?.count ?? 0) + 1,
    lastAt: now,
    ...(before?.forgotten !== undefined && { forgotten: before.forgotten }),
  };
  const counted = failureCount(failures);
  const limit = isInvalid(policy) ? undefined : policy.upgrades.stopAfterFailures;
  const exhausted = limit !== undefined && counted >= limit;
  // The look after the last failure comes at once: it records that the node group is halted.
  const retryAt = isInvalid(policy) || exhausted ? now : retryTime(policy, need, counted, now);
  const what = errors.map(({ code, message }) => `${code}: ${message}`).join('; ');
  const advice = errors.map(({ code }) => ERROR_HINTS.get(code)).filter((text) => text !== undefined);
  const next = exhausted ? 'That was the last attempt.' : `The next attempt may start at ${iso(retryAt)}.`;
  return {
    ...say(
      'failed',
      updateId === undefined ? 'upgrade-refused' : 'upgrade-failed',
      [`Attempt ${attempt} to move to ${releaseVersion} failed: ${what}.`, ...new Set(advice), next].join(' '),
      { failures },
      `${releaseVersion} ${attempt}`,
    ),
    releaseVersion,
    wakeAt: retryAt,
    details: {
      ...(updateId !== undefined && { updateId }),
      errors: errors.map(({ code, message }) => ({ code, message })),
      failures: counted,
    },
  };
}

/** When the attempt after the n-th failure may start, epoch milliseconds: after its wait, in a change window. */
function retryTime(policy: Policy, need: Need | undefined, failureCount: number, now: number): number {
  const waited = now + retryDelay(policy.upgrades.retryAfter, failureCount);
  return nextOpening(paceOf(need, policy, waited).windows, waited);
}

/** EKS did not accept the call that `decision` asked for, for a reason that a repetition would not change. */
export function refusedByEks(
  decision: Decision,
  error: UpdateError,
  circumstances: Circumstances,
  need: Need | undefined,
): Decision {
  const { upgrade } = decision.memory;
  if (upgrade === undefined) throw new Error('Only a started upgrade can be refused.');
  return failed(upgrade, decision.memory, { errors: [error], need }, circumstances);
}
