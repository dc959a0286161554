import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/**
 * The target of a proposal to move to an AMI. Where a floating group is pinned first, the pin and its version are part
 * of the target. The approval still holds once the group is on that version.
 */
export function planTo(
  target: string,
  { group: { source }, template, state: { pinned, proposal } }: Observation,
  { floating }: Policy['refreshes'],
): string {
  if (source.kind !== 'floating' && source.kind !== 'version') return target;
  const version = source.kind === 'floating' ? (template?.version ?? '') : source.version;
  const withPin = `${target}, pinned to version ${version} of ${source.templateId} first`;
  const mustBePinned = source.kind === 'floating' && floating === 'pin' && pinned === undefined;
  return mustBePinned || proposal?.target === withPin ? withPin : target;
}
