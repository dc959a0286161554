import { inWordsOf, type WaveWait } from '../shared/rollouts/held-by-waves.ts';
import { placeOfWave } from '../shared/rollouts/wave-place.ts';
import type { Circumstances } from './decision.ts';
import type { OrderedGroup } from './ordered-groups.ts';
import type { Policy } from './policy.ts';
import { LEFT_ALONE, NO_MEMBER } from './progress.ts';
import type { Reason } from './reasons.ts';

/** Reasons of a group whose workers are not replaced before somebody does something. Nobody waits for it. */
const NOT_BY_ITSELF: ReadonlySet<string> = new Set<Reason>([
  ...LEFT_ALONE,
  ...NO_MEMBER,
  'group-floats',
  'group-gone',
  'group-shared',
  'group-suspended',
  'image-unclear',
  'nobody-drains',
  'proposal-rejected',
  'template-is-code',
  'would-refresh',
]);

/**
 * What the replacement of workers with the same AMI waits for in earlier waves; a pure function. It brings no release,
 * so that it waits only for other replacements: for those that have not ended and can go on by themselves.
 */
export function waitForTurn(
  policy: Policy,
  target: string,
  { replacements }: Pick<Circumstances, 'replacements'>,
): WaveWait | undefined {
  const { waves, bakeBetween } = policy.upgrades;
  const wave = placeOfWave(policy);
  if (wave === 0) return undefined;
  const words = { releaseVersion: target, waves, bakeBetween };
  if (replacements === undefined) return inWordsOf({ kind: 'unknown' }, words);
  const awaited = replacements.filter((each) => each.wave < wave && isAwaited(each.state));
  const first = Math.min(...awaited.map((each) => each.wave));
  const blockers = awaited
    .filter((each) => each.wave === first)
    .map(({ state, ...each }) => ({ ...each, why: whyAwaited(state) }));
  return blockers.length === 0 ? undefined : inWordsOf({ kind: 'unfinished', blockers, unseen: [] }, words);
}

const isAwaited = ({ refresh, reason = '' }: OrderedGroup['state']): boolean =>
  refresh !== undefined || !NOT_BY_ITSELF.has(reason);

const whyAwaited = ({ refresh, reason }: OrderedGroup['state']): string =>
  refresh !== undefined
    ? 'is being refreshed'
    : `has not replaced its workers${reason === undefined ? '' : ` (${reason})`}`;
