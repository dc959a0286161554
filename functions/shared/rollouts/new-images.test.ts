import { expect, it } from 'vitest';
import { unsureAboutNew } from './new-images.ts';
import type { Member } from './rollouts.ts';
import { CUSTOM } from './wave-place.ts';
import { rolloutsOf } from './waves.ts';

const NOW = Date.parse('2026-07-15T12:00:00Z');
const MINUTE = 60_000;
const key = (nodegroup: string) => ({ cluster: 'shop', nodegroup });
const member = (nodegroup: string, wave: number, images: readonly string[], since = NOW): [string, Member] => [
  `shop/${nodegroup}`,
  {
    key: key(nodegroup),
    wave,
    progress: {
      pair: CUSTOM,
      runs: { releaseVersion: 'ami-1', since: 0 },
      images: [...images],
      imagesSince: since,
      health: 'well',
      seenAt: NOW,
    },
  },
];
const unsure = (...members: Array<[string, Member]>) => unsureAboutNew(key('rest'), rolloutsOf(new Map(members)), NOW);

it('groups of earlier waves are to be looked at that were seen before an AMI came to a later one', () => {
  const canary = member('canary', 0, ['ami-1']);
  expect(unsure(canary, member('rest', 1, ['ami-1', 'ami-2']))).toEqual([key('canary')]);
  // As long as a run that ended early may come again.
  expect(unsure(canary, member('rest', 1, ['ami-1', 'ami-2'], NOW - 29 * MINUTE))).toEqual([key('canary')]);
  expect(unsure(canary, member('rest', 1, ['ami-1', 'ami-2'], NOW - 31 * MINUTE))).toEqual([]);
});

it('nobody is to be looked at who knows of the AMI, or is of the same wave or a later one', () => {
  expect(unsure(member('canary', 0, ['ami-1', 'ami-2']), member('rest', 1, ['ami-1', 'ami-2']))).toEqual([]);
  expect(unsure(member('canary', 1, ['ami-1']), member('rest', 1, ['ami-1', 'ami-2']))).toEqual([]);
  expect(unsure(member('later', 2, ['ami-1']), member('rest', 1, ['ami-1', 'ami-2']))).toEqual([]);
  expect(unsureAboutNew(key('rest'), undefined, NOW)).toEqual([]);
});
