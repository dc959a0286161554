import type { NodeClassState } from '../ledger/node-class-ledger.ts';
import { keyOf } from '../ledger/node-group-key.ts';
import { LEDGER_UNREADABLE } from '../ledger/unreadable-items.ts';
import { isLeftByFormer } from './progress.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import type { Member } from './rollouts.ts';
import { rememberedPlace } from './wave-place.ts';

type Remembered = Pick<NodeClassState, 'progress' | 'reason'>;

/** The members of a rollout, by their ids; undefined: no member any more. */
export type Members = ReadonlyArray<readonly [string, Member | undefined]>;

/**
 * A node class as the ledger, or a decision, remembers it: one member for each pair whose releases it takes. An alias
 * names one release for every architecture and variant. One that cannot be read may take those of any pair.
 *
 * @param subject its `subjectOf`
 */
export function nodeClassMembers(
  subject: string,
  { progress = [], reason }: Remembered,
  policy: RolloutPolicy,
): Array<readonly [string, Member]> {
  const key = keyOf(subject);
  if (reason === LEDGER_UNREADABLE) return [[subject, { key, wave: rememberedPlace(key, undefined, policy), reason }]];
  return progress.map(({ taking, ...each }): readonly [string, Member] => {
    // New nodes that do not come up keep Karpenter from replacing the others: the release has failed there.
    const hasFailed = taking !== undefined && each.health === 'unhealthy';
    return [
      memberId(subject, each.pair),
      {
        key,
        wave: rememberedPlace(key, each, policy),
        progress: each,
        isLeftByFormer: isLeftByFormer(each, policy),
        reason,
        taking: hasFailed ? undefined : taking,
        failed: hasFailed ? { releaseVersion: taking } : undefined,
      },
    ];
  });
}

/** The change from one memory of a node class to the next one. */
export const changedMembers = (
  subject: string,
  before: Remembered,
  after: Remembered,
  policy: RolloutPolicy,
): Members => [
  ...(before.progress ?? []).map(({ pair }) => [memberId(subject, pair), undefined] as const),
  ...nodeClassMembers(subject, after, policy),
];

const memberId = (subject: string, pair: string): string => `${subject} ${pair}`;
