import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReleases, isImageOf } from './release-version.ts';

describe('compareReleases', () => {
  it.each([
    ['AL2023_x86_64_STANDARD', '1.33.4-20250904', '1.33.3-20250904', 'by patch version on the same day'],
    ['AL2023_x86_64_STANDARD', '1.35.2-20260311', '1.35.2-20260304', 'by build date'],
    ['AL2_x86_64', '1.33.0-20260101', '1.33.9-20251231', 'by build date although the patch version is lower'],
    [
      'BOTTLEROCKET_x86_64',
      '1.42.0-ca9b9399',
      '1.41.9-00000000',
      'by version, also when a commit hash looks like a date',
    ],
    ['BOTTLEROCKET_ARM_64', '1.10.0-ca9b9399', '1.9.0-ca9b9399', 'by number, not by text'],
    ['WINDOWS_CORE_2022_x86_64', '1.33-2026.07.14', '1.33-2026.06.10', 'by Windows build date'],
  ])('%s: %s is newer than %s, %s', (amiType, newer, older) => {
    expect(compareReleases(amiType, newer, older)).toBeGreaterThan(0);
    expect(compareReleases(amiType, older, newer)).toBeLessThan(0);
  });

  it.each([
    ['BOTTLEROCKET_x86_64', '1.42.0-ca9b9399', '1.42.0-aaaaaaaa', 'two builds of one Bottlerocket version'],
    ['BOTTLEROCKET_x86_64', '1.42.0', '1.41.0-aaaaaaaa', 'a version without a build'],
    ['AL2023_x86_64_STANDARD', '1.42.0-ca9b9399', '1.33.4-20250904', 'a release of another family'],
    ['AL2023_x86_64_STANDARD', 'ami-0123456789abcdef0', '1.33.4-20250904', 'an AMI id'],
    ['AL2023_x86_64_STANDARD', '', '1.33.4-20250904', 'nothing'],
    ['AL2023_x86_64_STANDARD', '1.33.4-2025090', '1.33.4-20250904', 'a date that is too short'],
  ])('%s: cannot order %s and %s, %s', (amiType, a, b) => {
    expect(compareReleases(amiType, a, b)).toBeUndefined();
    expect(compareReleases(amiType, b, a)).toBeUndefined();
  });

  const compare = (a: string, b: string) => compareReleases('AL2023_x86_64_STANDARD', a, b) ?? Number.NaN;
  const release = fc
    .tuple(
      fc.integer({ min: 0, max: 99 }),
      fc.date({ min: new Date('2020-01-01'), max: new Date('2039-01-01'), noInvalidDate: true }),
    )
    .map(([patch, date]) => `1.33.${patch}-${date.toISOString().slice(0, 10).replaceAll('-', '')}`);

  it('is an order: antisymmetric, and zero only for the same release', () => {
    fc.assert(
      fc.property(release, release, (a, b) => {
        expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
        expect(compare(a, b) === 0).toBe(a === b);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(release, release, release, (...releases) => {
        const [first, second, third] = releases.sort(compare);
        expect(compare(first!, second!)).toBeLessThanOrEqual(0);
        expect(compare(second!, third!)).toBeLessThanOrEqual(0);
        expect(compare(first!, third!)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

it.each([
  ['amazon-eks-node-al2023-x86_64-standard-1.33-v20260714', '1.33.13-20260714', true],
  ['amazon-eks-node-al2023-x86_64-standard-1.33-v20260625', '1.33.13-20260714', false],
  ['bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-ca9b9399', '1.42.0-ca9b9399', true],
  ['bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-20260714', '1.42.0-ca9b9399', false],
  ['Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14', '1.33-2026.07.14', true],
  ['', '1.33.13-20260714', false],
])('the AMI named %s is the image of %s: %s', (imageName, releaseVersion, expected) => {
  expect(isImageOf(imageName, releaseVersion)).toBe(expected);
});

it('the Kubernetes version tells apart what Bottlerocket names alike', () => {
  const image = 'bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-ca9b9399';
  expect(isImageOf(image, '1.42.0-ca9b9399', '1.33')).toBe(true);
  expect(isImageOf(image, '1.42.0-ca9b9399', '1.34')).toBe(false);
});
