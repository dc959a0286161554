import { expect, it } from 'vitest';
import { inventoryOf } from './inventory.ts';

const group = (releaseVersion: string, desiredSize = 2, amiType = 'AL2023_x86_64_STANDARD') => ({
  version: '1.33',
  amiType: amiType as 'AL2023_x86_64_STANDARD',
  releaseVersion,
  scalingConfig: { desiredSize },
});

it('tells each release once, with its node groups, nodes and age, the oldest first', () => {
  const groups = [group('1.33.13-20260714'), group('1.33.12-20260625', 3), group('1.33.13-20260714', 5)];
  const pair = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' };
  expect(inventoryOf(groups, Date.parse('2026-07-16T12:00:00Z'))).toEqual([
    { ...pair, releaseVersion: '1.33.12-20260625', nodeGroups: 1, nodes: 3, ageDays: 21 },
    { ...pair, releaseVersion: '1.33.13-20260714', nodeGroups: 2, nodes: 7, ageDays: 2 },
  ]);
});

it.each([
  ['Bottlerocket', '1.51.0-47438798', undefined],
  ['an AMI of one’s own', 'ami-0123456789abcdef0', undefined],
  ['Windows', '1.33-2026.07.14', 2],
  ['a date that is none', '1.33.1-20269999', undefined],
])('knows the age as far as the version tells it: %s', (_what, release, ageDays) => {
  expect(inventoryOf([group(release)], Date.parse('2026-07-16T12:00:00Z'))[0]?.ageDays).toBe(ageDays);
});
