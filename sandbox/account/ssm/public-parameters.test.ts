import type { GetParameterResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, testAccount } from '../../fleet/test-account.ts';
import { AL2023, BOTTLEROCKET, fleet, value } from './ssm.fixture.ts';

const WINDOWS = '/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.33';

describe('public parameters', () => {
  it('name the youngest release that is out and not withdrawn', async () => {
    const at = testAccount(fleet);
    const name = `${AL2023}/release_version`;
    const seen: unknown[] = [];
    for (let hour = 0; hour < 8; hour += 1) {
      seen.push(value(at, name)?.slice(-4));
      await at.play(HOUR_MS);
    }
    expect(seen).toEqual(['0709', '0709', '0714', '0714', '0714', '0714', '0709', '0709']);
  });

  it('do not exist before the pair has a release', async () => {
    const at = testAccount(fleet);
    const Name = '/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/arm64/nvidia/recommended/image_id';
    expect(refusal(() => value(at, Name))).toMatchObject({ code: 'ParameterNotFound', status: 400 });
    await at.play(HOUR_MS);
    expect(value(at, Name)).toMatch(/^ami-[0-9a-f]{17}$/);
  });

  it('say the same thing in all three leaves', () => {
    const at = testAccount(fleet);
    const recommended = JSON.parse(value(at, AL2023) ?? '');
    expect(recommended).toEqual({
      schema_version: '2',
      image_id: value(at, `${AL2023}/image_id`),
      image_name: 'amazon-eks-node-al2023-x86_64-standard-1.33-v20260709',
      release_version: value(at, `${AL2023}/release_version`),
    });
  });

  it.each([
    [`${BOTTLEROCKET}/image_version`, /^1\.30\.0-ca9b9399$/],
    [`${BOTTLEROCKET}/image_id`, /^ami-/],
    [`${WINDOWS}/image_id`, /^ami-/],
    ['/aws/service/eks/optimized-ami/1.32/amazon-linux-2/recommended/release_version', /^1\.32\.9-20251209$/],
    ['/aws/service/eks/optimized-ami/1.32/amazon-linux-2-gpu/recommended/release_version', /^1\.32\.9-20251209$/],
    ['/aws/service/eks/optimized-ami/1.32/amazon-linux-2-arm64/recommended/release_version', /^1\.32\.9-20251209$/],
  ])('%s exists', (name, expected) => {
    expect(value(testAccount(fleet), name)).toMatch(expected);
  });

  it('have a release version for Windows only where the fleet says so', () => {
    const name = `${WINDOWS}/release_version`;
    expect(refusal(() => value(testAccount(fleet), name)).code).toBe('ParameterNotFound');
    expect(value(testAccount({ ...fleet, windowsReleaseVersions: true }), name)).toBe('1.33-2026.07.09');
  });

  it('belong to no account', () => {
    const at = testAccount(fleet);
    const { Parameter } = at.call<GetParameterResult>('ssm', 'GetParameter', { Name: AL2023 });
    expect(Parameter).toMatchObject({
      ARN: `arn:aws:ssm:eu-central-1::parameter${AL2023}`,
      Type: 'String',
      DataType: 'text',
      LastModifiedDate: new Date('2026-07-09T12:00:00Z'),
    });
    const permissions = at.service('ssm').operations.GetParameters?.permissions;
    expect(permissions?.({ Names: [AL2023, '/mine', 'plain'] } as never)).toEqual([
      { action: 'ssm:GetParameters', resource: `arn:aws:ssm:eu-central-1::parameter${AL2023}` },
      { action: 'ssm:GetParameters', resource: 'arn:aws:ssm:eu-central-1:111122223333:parameter/mine' },
      { action: 'ssm:GetParameters', resource: 'arn:aws:ssm:eu-central-1:111122223333:parameter/plain' },
    ]);
  });
});
