import type { Need } from '../../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import { type Failures, failureCount, type Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { tripFor } from '../../shared/rollouts/breaker.ts';
import { setbacksOf, withSetback } from '../../shared/rollouts/setbacks.ts';
import { isSameRelease } from '../../shared/rollouts/tried-release.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import {
  type Circumstances,
  type Decision,
  idleMemory,
  type Memory,
  RECONCILE_EVERY,
  retryDelay,
  say,
} from '../model/decision.ts';
import { updateErrorOf } from '../model/health.ts';
import { spreadOf } from '../model/nodes.ts';
import type { NodeGroupView, Observation, UpdateError } from '../model/observation.ts';
import { paceOf } from '../model/pace.ts';
import { launchedBefore } from '../model/replacement.ts';
import { aimOf, triedRelease } from '../model/target-version.ts';
import { mayTake } from '../model/time-needed.ts';
import { issueCodes, isTroubled } from '../moment/heal.ts';
import { causeOf, isExhausted } from '../moment/setbacks.ts';
import type { Policy } from '../policy.ts';
import { confirmNodes } from '../release/confirm-nodes.ts';
import { afterReplacement, notReplaced } from './not-replaced.ts';
import { broughtBy, movedBy } from './set-back.ts';

/**
 * Follows the stored upgrade until it ends.
 *
 * @returns undefined where there is no upgrade (any more) to follow
 */
export function followUpgrade(
  { key, state, need, heldPods }: Observation,
  view: NodeGroupView,
  memory: Memory,
  circumstances: Circumstances,
): Decision | undefined {
  const { upgrade } = memory;
  const { update } = view;
  if (upgrade === undefined || update === undefined || update.kind === 'absent') return undefined;
  const { releaseVersion, attempt } = upgrade;

  if (upgrade.updateId === undefined) {
    // The function crashed after EKS had accepted the update and before the ledger stored its id. So the upgrade is
    // recorded as started, and the next reconcile follows it.
    const memoryOfIt = { ...memory, upgrade: { ...upgrade, updateId: update.updateId } };
    return {
      ...say(
        'acted',
        'upgrade-started',
        `The node group is being upgraded to ${releaseVersion}.`,
        memoryOfIt,
        `${releaseVersion} ${attempt}`,
      ),
      releaseVersion,
      wakeAt: circumstances.now,
      details: { updateId: update.updateId },
    };
  }

  switch (update.kind) {
    case 'in-progress':
      return inFlight(upgrade, view, memory, update.updateId, circumstances.now);
    case 'successful': {
      if (view.releaseVersion !== releaseVersion || view.version !== (upgrade.kubernetesVersion ?? view.version)) {
        const message = `EKS reports success, but the node group names release ${view.releaseVersion} of Kubernetes ${view.version}.`;
        const errors = [{ code: 'ReleaseMismatch', message }];
        return failed(upgrade, memory, { errors, updateId: update.updateId, key, need, view }, circumstances);
      }
      // Success with this release mends nothing that failed with a newer one on offer, so those failures stay known.
      const former = formerOf(memory);
      const done: Decision = {
        ...say(
          'done',
          'upgraded',
          `It runs ${releaseVersion} now${byTemplate(upgrade, view)}.`,
          former,
          releaseVersion,
        ),
        releaseVersion,
        details: { updateId: update.updateId },
      };
      const mixed = confirmNodes(view, state, memory, circumstances.now);
      // A newer release, or another Kubernetes version, may have come meanwhile: the next reconcile follows at once.
      const ended = {
        wakeAt: circumstances.now,
        ...(mixed ?? done),
        ...movedBy(upgrade),
        ...broughtBy(upgrade, view, state),
      };
      return upgrade.replaces === undefined ? ended : afterReplacement(upgrade.replaces, { key, view, former }, ended);
    }
    case 'failed':
      return failed(
        upgrade,
        memory,
        { errors: update.errors, updateId: update.updateId, key, need, view, heldPods },
        circumstances,
      );
  }
}

function formerOf({ formerFailures, setbacks = [] }: Memory): Memory {
  if (formerFailures === undefined) return {};
  const still = setbacks.filter((each) => formerFailures.some((former) => isSameRelease(former, each)));
  return { formerFailures, ...(still.length > 0 && { setbacks: still }) };
}

/** Words for the launch template's version where the upgrade made one. EKS may name another version by now. */
const byTemplate = ({ templateVersion }: Upgrade, { launchTemplate }: NodeGroupView): string =>
  templateVersion === undefined || launchTemplate === undefined
    ? ''
    : `, by version ${launchTemplate.version} of its launch template ${launchTemplate.id}`;

/** Decides while EKS is replacing the nodes: there is nothing to do within the time that such a group needs. */
function inFlight(upgrade: Upgrade, view: NodeGroupView, memory: Memory, updateId: string, now: number): Decision {
  const { releaseVersion, attempt, requestedAt } = upgrade;
  const { replaced, nodes } = progressOf(upgrade, view);
  const progress = `${replaced} of ${counted(nodes, 'node')}`;
  const details = { updateId, replaced, nodes, desired: view.desired };
  const more = { releaseVersion, wakeAt: now + RECONCILE_EVERY, details };
  const remembered = { ...memory, upgrade };
  const longest = mayTake(view);
  if (now - requestedAt > longest) {
    const message = `The update ${updateId} to ${releaseVersion} has run since ${iso(requestedAt)}, longer than the ${hours(longest)} that such a node group needs. EKS has replaced ${progress}.`;
    return { ...say('failed', 'upgrade-stuck', message, remembered, `${releaseVersion} ${attempt}`), ...more };
  }
  const message = `EKS has ${upgrade.replaces === undefined ? `moved ${progress} to` : `replaced ${progress} with`} ${releaseVersion}.`;
  return {
    ...say('waiting', 'upgrade-in-flight', message, remembered, `${releaseVersion} ${attempt} ${progress}`),
    ...more,
  };
}

/**
 * How many of the nodes at the start have been replaced. The count of launches does not show that while a group grows.
 */
function progressOf({ releaseVersion, kubernetesVersion, replaces, nodes: atStart }: Upgrade, view: NodeGroupView) {
  const nodes = atStart ?? view.desired;
  if (view.nodes === undefined) return { replaced: 0, nodes };
  if (replaces !== undefined) {
    return { replaced: Math.max(0, nodes - launchedBefore(view.nodes, replaces).length), nodes };
  }
  const { total, onRelease } = spreadOf(view.nodes, releaseVersion, kubernetesVersion ?? view.version);
  return { replaced: Math.max(0, nodes - (total - onRelease)), nodes };
}

const hours = (ms: number): string => `${Math.round(ms / 3_600_000)} hours`;

interface Failure {
  readonly errors: readonly UpdateError[];
  /** The update's id; absent where EKS did not accept the update. */
  readonly updateId?: string;
  readonly key: NodeGroupKey;
  readonly need: Need | undefined;
  readonly view: NodeGroupView;
  /** What holds pods that did not leave, as sentences; absent: nobody looked. */
  readonly heldPods?: string | undefined;
}

/** Counts a failure of `upgrade` and plans what comes next. */
function failed(
  upgrade: Upgrade,
  memory: Memory,
  { errors, updateId, key, need, view, heldPods }: Failure,
  { policy, now, fleetFailures }: Circumstances,
): Decision {
  const { releaseVersion, attempt, issues = [] } = upgrade;
  const release = triedRelease(releaseVersion, view, upgrade.kubernetesVersion);
  const before = memory.failures && isSameRelease(memory.failures, release) ? memory.failures : undefined;
  const broke = issueCodes(view).filter((code) => !issues.includes(code));
  const failures: Failures = {
    ...release,
    count: (before?.count ?? 0) + 1,
    lastAt: now,
    ...(before?.forgotten !== undefined && { forgotten: before.forgotten }),
    ...(broke.length > 0 && { broke }),
  };
  const counted = failureCount(failures);
  const setbacks = withSetback(setbacksOf(memory), causeOf(errors), release, now);
  const limit = isInvalid(policy) ? undefined : policy.upgrades.stopAfterFailures;
  const exhausted = limit !== undefined && isExhausted(failures, setbacks, limit);
  const tripped = isInvalid(policy) ? undefined : tripFor(fleetFailures, { key, setbacks, ...release }, policy);
  const isHeldUp = isTroubled(view) && view.desired > 0;
  // The next reconcile follows the last failure at once, to record that the node group is halted, or what holds it up.
  const retryAt =
    isInvalid(policy) || exhausted || isHeldUp || tripped !== undefined ? now : retryTime(policy, need, counted, now);
  const what = errors.map(({ code, message }) => `${code}: ${message}`).join('; ');
  const advice = errors.map(({ code }) => updateErrorOf(code)?.todo).filter((text) => text !== undefined);
  const next = exhausted
    ? 'That was the last attempt.'
    : isHeldUp
      ? `The node group is ${view.status} now. No further attempt is made until it is healthy.`
      : tripped === undefined
        ? `The next attempt may start at ${iso(retryAt)}.`
        : `That trips the breaker of ${tripped.breaker}.`;
  return {
    ...say(
      'failed',
      updateId === undefined ? 'upgrade-refused' : 'upgrade-failed',
      [
        `Attempt ${attempt} to ${aimOf(releaseVersion, upgrade.replaces)} failed: ${what}.`,
        ...(heldPods === undefined ? [] : [heldPods]),
        ...new Set(advice),
        next,
      ].join(' '),
      { ...idleMemory(memory), failures, setbacks },
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

/**
 * When the attempt after the n-th failure may start, epoch milliseconds. The attempt waits for its delay, and then for
 * a change window.
 */
function retryTime(policy: Policy, need: Need | undefined, failureCount: number, now: number): number {
  const waited = now + retryDelay(policy.upgrades.retryAfter, failureCount);
  return nextOpening(paceOf(need, policy, waited).windows, waited);
}

/** Counts that EKS rejected the call that `decision` asked for, for a reason that a retry would not change. */
export function refusedByEks(
  decision: Decision,
  error: UpdateError,
  of: Pick<Failure, 'key' | 'need' | 'view'>,
  circumstances: Circumstances,
): Decision {
  const { upgrade } = decision.memory;
  if (upgrade === undefined) throw new Error('Only a started upgrade can be refused.');
  if (upgrade.replaces !== undefined) {
    const because = `${error.code}: ${error.message}`;
    return notReplaced({ key: of.key, view: of.view, replaces: upgrade.replaces, because }, decision.memory);
  }
  return failed(upgrade, decision.memory, { errors: [error], ...of }, circumstances);
}
