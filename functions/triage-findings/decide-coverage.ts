import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import { policyGuardOf } from '../shared/policy/guards.ts';
import { stricter } from '../shared/policy/mode.ts';
import type { InvalidPolicy } from '../shared/policy/policy.ts';
import { isAnywhereOn, policyOf } from './circumstances.ts';
import { type Circumstances, type Decision, say } from './decision.ts';
import type { AccountObservation, CoverageObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import { isOfWorker, needsSomebody, reasonInWords } from './scan-reason.ts';

/** The part of the policy that limits this function. */
export const REMEDY = { modeIn: ({ findings }: Policy) => findings.mode, about: 'findings' };

/** Why the policy ignores all findings, in every place; undefined where it does not. */
export function whyIgnored(policy: Policy | InvalidPolicy): ReturnType<typeof say> | undefined {
  const anywhere = { ...REMEDY, modeIn: (given: Policy) => (isAnywhereOn(given) ? 'enforce' : 'off') } as const;
  const verdict = policyGuardOf({ policy }, anywhere);
  if (!('guardResult' in verdict)) return undefined;
  const { decision, reason, message, variant } = verdict.guardResult;
  return say(decision, reason, message, {}, variant);
}

/** Decides about Inspector's EC2 scanning in the account; pure. Scanning is off by default, and it costs money. */
export function decideAccount({ status, refused, state }: AccountObservation, policy: Policy): Decision {
  if (refused !== undefined && status !== undefined) {
    const message = `Amazon Inspector does not list all that it holds: ${refused.why}. Findings count as far as their events, or what it lists, name them.`;
    return say('skipped', 'inspector-unavailable', message, {}, `${refused.code} in part`);
  }
  if (refused !== undefined) {
    const message = `Amazon Inspector does not answer in this account and region: ${refused.why}. No finding hastens an upgrade here.`;
    return say('skipped', 'inspector-unavailable', message, {}, refused.code);
  }
  // Working scanning is only recorded after a record that it was not.
  if (status === 'ENABLED' && state.fingerprint === undefined) return { memory: {} };
  if (status === 'ENABLED') return say('done', 'inspector-on', "Inspector's EC2 scanning is on.", {});
  // ENABLING passes by itself. Somebody has chosen SUSPENDED or a similar status.
  if (status !== 'DISABLED') {
    return say('waiting', 'inspector-off', `Inspector's EC2 scanning is ${status ?? 'unknown'}.`, {}, status);
  }
  const { mode, enableInspector } = policy.findings;
  switch (stricter(mode, enableInspector)) {
    case 'off':
      return say('skipped', 'inspector-off', "Inspector's EC2 scanning is off.", {});
    case 'observe':
      return say('would-act', 'would-enable-inspector', "Inspector's EC2 scanning would be switched on.", {});
    case 'enforce':
      return {
        ...say('acted', 'inspector-enabled', "Inspector's EC2 scanning is being switched on.", {}),
        act: 'enable-inspector',
      };
  }
}

/** Reports the workers of a node group that Inspector does not scan, by name; pure. */
export function decideCoverage(observation: CoverageObservation, { policy, account }: Circumstances): Decision {
  const { subject, unscanned, state, isOff } = observation;
  const { cluster } = subject;
  if (cluster === undefined) return { memory: {} };
  if (!isInScope(policy.scope, account, cluster)) {
    // What people were told ends here; of others nothing was ever told.
    return state.open === true
      ? say('skipped', 'out-of-scope', `The scope leaves out ${cluster}.`, {})
      : { memory: {} };
  }
  if (isOff === true) {
    // Where it is being switched on, the next sweeps see which workers it leaves out.
    if (stricter(policy.findings.mode, policy.findings.enableInspector) === 'enforce') return { memory: {} };
    const off = "Inspector's EC2 scanning is off in the whole account: the record about the account says so.";
    return say('skipped', 'inspector-off', off, {});
  }
  if (unscanned.size === 0) return say('done', 'workers-scanned', 'Inspector leaves no worker out any more.', {});
  const reasons = [...unscanned].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const named = reasons
    .map(([reason, ids]) => reasonInWords(reason, `${ids.length}: ${ids.slice(0, 5).join(', ')}`))
    .join('; ');
  const message = `Inspector does not scan some workers: ${named}.`;
  // Groups grow, shrink and replace workers all the time.
  const variant = reasons
    .map(([reason, ids]) => (isOfWorker(reason) ? `${reason} ${ids.toSorted().join(' ')}` : reason))
    .join('; ');
  return reasons.some(([reason]) => needsSomebody(reason)) && isForPeople(observation, policy)
    ? say('refused', 'workers-not-scanned', message, {}, `${variant} told`)
    : say('skipped', 'workers-not-scanned', message, {}, variant);
}

/**
 * Whether people are told of the group: of one that is to be left alone they are not. While nobody can read whether it is,
 * it stays as it was.
 */
function isForPeople({ subject, owner, state }: CoverageObservation, policy: Policy): boolean {
  const { tags = {}, clusterTags = {}, unreadable } = owner ?? {};
  if (unreadable !== undefined) return state.open === true;
  return !isOptedOut(tags) && policyOf(policy, subject, [clusterTags, tags]).findings.mode !== 'off';
}
