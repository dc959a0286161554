import type { Held } from './held-by-waves.ts';
import type { OrderedGroup, ReplacementState } from './ordered-groups.ts';

/**
 * Reasons for which the nodes of a group are not replaced before somebody does something. No group of a later wave waits
 * for it.
 */
export const NOT_BY_ITSELF: ReadonlySet<string> = new Set([
  // Both functions record these.
  'group-operated',
  'mode-off',
  'opted-out',
  'out-of-scope',
  'proposal-rejected',
  // `refresh-groups` records these.
  'claims-to-be-worker',
  'group-cannot-surge',
  'group-floats',
  'group-gone',
  'group-has-launch-configuration',
  'group-is-mixed',
  'group-shared',
  'group-suspended',
  'image-is-parameter',
  'image-unclear',
  'nobody-drains',
  'template-is-code',
  'unknown-cluster',
  'would-refresh',
  // `upgrade-node-groups` records these.
  'custom-ami',
  'image-of-another-kind',
  'node-group-gone',
  'nodes-not-replaced',
  'present-image-unknown',
  'release-incomparable',
  'release-set-back',
  'runs-withdrawn-release',
  'template-kept-as-code',
  'template-set-back',
  'template-unfit',
  'unknown-ami-type',
  'wanted-image-missing',
  'would-upgrade',
]);

/** Reasons of a group whose replacement has failed. Nothing more is tried before an operator rules. */
const FAILED: ReadonlySet<string> = new Set(['breaker-tripped', 'halted', 'refresh-halted']);

/** Whether nothing more is done for a group with this reason before somebody does something. */
export const waitsForPerson = (reason: string): boolean => NOT_BY_ITSELF.has(reason) || FAILED.has(reason);

/**
 * What the replacement of nodes with the release or AMI that they run waits for in earlier waves; a pure function. It
 * brings no release, so that it waits only for other replacements: for those that have not ended and can go on by
 * themselves, and for those that have failed. Absent: nothing.
 *
 * @param wave the place of the group's wave, from 0
 * @param replacements the groups with an order; undefined where nobody knows of them
 */
export function heldByReplacements(wave: number, replacements: readonly OrderedGroup[] | undefined): Held | undefined {
  if (wave === 0) return undefined;
  if (replacements === undefined) return { kind: 'unknown' };
  const awaited = replacements.filter((each) => each.wave < wave && isAwaited(each.state));
  const first = Math.min(...awaited.map((each) => each.wave));
  const blockers = awaited
    .filter((each) => each.wave === first)
    .map(({ state, ...each }) => ({ ...each, why: whyAwaited(state) }));
  return blockers.length === 0 ? undefined : { kind: 'unfinished', blockers, unseen: [] };
}

const isAwaited = ({ isUnderWay, reason = '' }: ReplacementState): boolean => isUnderWay || !NOT_BY_ITSELF.has(reason);

function whyAwaited({ isUnderWay, reason }: ReplacementState): string {
  if (isUnderWay) return 'is being replaced';
  if (reason === undefined) return 'has not replaced its nodes';
  if (!FAILED.has(reason)) return `has not replaced its nodes (${reason})`;
  return `has failed to replace its nodes (${reason}), and holds later waves until somebody resumes it or opts it out`;
}
