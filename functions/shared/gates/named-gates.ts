import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../policy/policy.ts';
import { fits } from '../policy/policy-at.ts';
import type { RolloutPolicy } from '../rollouts/rollout-policy.ts';
import { gates as gatesSection, type NamedGates } from './gates-policy.ts';

/** The gates that the document itself names, and those that its overrides name for some places; a pure function. */
export function gatesAnywhere(policy: RolloutPolicy | InvalidPolicy): Pick<NamedGates, 'alarms' | 'calendars'> {
  const all = isInvalid(policy) ? [] : [policy.upgrades.gates, ...ofOverrides(policy)];
  return {
    alarms: [...new Set(all.flatMap(({ alarms }) => alarms))],
    calendars: [...new Set(all.flatMap(({ calendars }) => calendars))],
  };
}

/**
 * The change calendars that may be gates of a node group; a pure function. Nobody has read the node group's tags, so an
 * override by tag counts as if they fitted.
 */
export function calendarsAt(policy: RolloutPolicy | InvalidPolicy, { cluster, nodegroup }: NodeGroupKey): string[] {
  if (isInvalid(policy)) return [];
  const place = { cluster, nodegroup, tags: [] };
  const fitting = ofOverrides(policy, ({ match: { tags: _, ...byName } }) => fits(byName, place));
  return [policy.upgrades.gates, ...fitting].flatMap(({ calendars }) => calendars);
}

/** Whether one of the calendars is among the named ones, by its ARN, or by its name where it is of this account. */
export const isAnyNamed = (arns: readonly string[], named: readonly string[]): boolean =>
  arns.some((arn) => named.some((each) => each === arn || arn.endsWith(`:document/${each}`)));

type Override = NonNullable<RolloutPolicy['overrides']>[number];

function ofOverrides(
  { overrides = [] }: RolloutPolicy,
  isMeant: (override: Override) => boolean = () => true,
): NamedGates[] {
  return overrides.filter(isMeant).flatMap(({ upgrades }) => {
    if (typeof upgrades !== 'object' || upgrades === null || !('gates' in upgrades)) return [];
    // The section was validated with the document. Whatever is absent has its default here.
    return [gatesSection.parse(upgrades.gates)];
  });
}
