import { describe, expect, it } from 'vitest';
import { isInScope, isOptedOut } from './scope.ts';

describe('isInScope', () => {
  it.each([
    [{}, true],
    [{ clusters: ['prod'] }, true],
    [{ clusters: ['pro'] }, false],
    [{ clusters: ['staging', 'pr*d'] }, true],
    [{ clusters: ['*'] }, true],
    [{ clusters: ['prod-*'] }, false],
    [{ accounts: ['111122223333'] }, true],
    [{ accounts: ['444455556666'] }, false],
    [{ clusters: ['prod'], accounts: ['444455556666'] }, false],
  ])('%j lets prod of 111122223333 be touched: %s', (scope, expected) => {
    expect(isInScope(scope, '111122223333', 'prod')).toBe(expected);
  });
});

describe('a pattern', () => {
  it('with many stars is told from a long name at once', () => {
    const begun = process.threadCpuUsage();
    for (const pattern of ['*a*a*a*a*a*a*a*a*b', `${'*a'.repeat(10_000)}b`]) {
      expect(isInScope({ clusters: [pattern] }, '111122223333', 'a'.repeat(100))).toBe(false);
    }
    const { user, system } = process.threadCpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(100);
  });
});

describe('isOptedOut', () => {
  it.each([
    [{ 'eks-host-remediator:ignore': '' }, true],
    [{ 'eks-host-remediator:ignore': 'false' }, true],
    [{ 'eks-host-remediator:ignored': 'true' }, false],
    [{}, false],
  ])('%j: %s', (tags, expected) => {
    expect(isOptedOut(tags)).toBe(expected);
  });
});
