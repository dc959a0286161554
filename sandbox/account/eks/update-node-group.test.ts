import type { UpdateNodegroupVersionResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const release = (kubernetesVersion: string, releaseVersion: string, more: object = {}) => ({
  at: '-5d',
  kubernetesVersion,
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
  ...more,
});

const fleet = {
  releases: [
    release('1.33', '1.33.4-20260701', { at: '-13d' }),
    release('1.33', '1.33.5-20260709'),
    release('1.33', '1.33.6-20260714', { at: '+2h', withdrawnAt: '+4h' }),
    release('1.34', '1.34.2-20260709'),
    release('1.35', '1.35.2-20260709'),
    release('1.29', '1.29.2-20260709'),
  ],
  clusters: [
    {
      name: 'main',
      version: '1.34',
      nodeGroups: [
        { name: 'web', version: '1.33', releaseVersion: '1.33.4-20260701' },
        { name: 'custom', amiType: 'CUSTOM', launchTemplate: { imageId: 'ami-0123456789abcdef0' } },
        { name: 'sick', status: 'DEGRADED' },
        { name: 'stillborn', status: 'CREATE_FAILED' },
        { name: 'ancient', version: '1.29', releaseVersion: '1.29.2-20260709' },
      ],
    },
    { name: 'busy', version: '1.34', status: 'UPDATING', statusUntil: '+1h', nodeGroups: [{ name: 'web' }] },
  ],
};

const web = { clusterName: 'main', nodegroupName: 'web' };
const start = (at: TestAccount, input: object) =>
  at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', { ...web, ...input }).update!;

describe('UpdateNodegroupVersion', () => {
  it.each([
    [
      'a cluster that does not exist',
      { clusterName: 'none' },
      404,
      'ResourceNotFoundException',
      'No cluster found for name: none.',
    ],
    [
      'a group that does not exist',
      { nodegroupName: 'none' },
      404,
      'ResourceNotFoundException',
      'No node group found for name: none.',
    ],
    [
      'a release that does not exist',
      { releaseVersion: '1.33.9-20990101' },
      400,
      'InvalidParameterException',
      'Requested release version 1.33.9-20990101 is not valid for kubernetes version 1.33.',
    ],
    [
      'a release of another Kubernetes version',
      { version: '1.33', releaseVersion: '1.34.2-20260709' },
      400,
      'InvalidParameterException',
      'is not valid for kubernetes version 1.33',
    ],
    [
      'a release that is not out yet',
      { releaseVersion: '1.33.6-20260714' },
      400,
      'InvalidParameterException',
      'is not valid',
    ],
    [
      'a version ahead of the control plane',
      { version: '1.35' },
      400,
      'InvalidParameterException',
      'Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.34 or NodeGroup kubernetes version 1.33',
    ],
    [
      'a version between those of node group and control plane',
      { nodegroupName: 'ancient', version: '1.33' },
      400,
      'InvalidParameterException',
      'should be equal to Cluster kubernetes version 1.34 or NodeGroup kubernetes version 1.29',
    ],
    [
      'a version too far behind',
      { nodegroupName: 'ancient', version: '1.29' },
      400,
      'InvalidParameterException',
      'at most 3 minor versions older',
    ],
    [
      'an older Kubernetes version',
      { nodegroupName: 'sick', version: '1.33' },
      400,
      'InvalidParameterException',
      'should be equal to Cluster kubernetes version 1.34 or NodeGroup kubernetes version 1.34',
    ],
    [
      'a version for a custom AMI',
      { nodegroupName: 'custom', version: '1.34' },
      400,
      'InvalidParameterException',
      'You cannot specify the field kubernetesVersion when using custom AMIs.',
    ],
    [
      'a release for a custom AMI',
      { nodegroupName: 'custom', releaseVersion: 'x' },
      400,
      'InvalidParameterException',
      'You cannot specify the field releaseVersion when using custom AMIs.',
    ],
    [
      'a custom AMI without a launch template',
      { nodegroupName: 'custom' },
      400,
      'InvalidParameterException',
      "Launch template details can't be null",
    ],
    [
      'a group that is DEGRADED, by issues of its health',
      { nodegroupName: 'sick' },
      400,
      'InvalidRequestException',
      'Nodegroup health has issues other than [ AsgInstanceLaunchFailures, ',
    ],
    [
      'a group that is in another state',
      { nodegroupName: 'stillborn' },
      409,
      'ResourceInUseException',
      'currently not in Active State',
    ],
    ['a cluster that is not ACTIVE', { clusterName: 'busy' }, 409, 'ResourceInUseException', 'UPDATING'],
  ])('refuses %s', (_name, input, status, code, message) => {
    const at = testAccount(fleet);
    const error = refusal(() => start(at, input));
    expect(error).toMatchObject({ code, status });
    expect(error.message).toContain(message);
    expect(at.events).toEqual([]);
  });

  it('refuses a second update while one runs, and takes one when it has ended', async () => {
    const at = testAccount(fleet);
    start(at, {});
    await at.play(60_000);
    expect(refusal(() => start(at, {}))).toMatchObject({ code: 'ResourceInUseException', status: 409 });
    await at.play(HOUR_MS);
    expect(start(at, { version: '1.34' }).status).toBe('InProgress');
  });

  it('takes the latest release of the version when none is named', () => {
    expect(start(testAccount(fleet), { version: '1.34' }).params).toEqual([
      { type: 'Version', value: '1.34' },
      { type: 'ReleaseVersion', value: '1.34.2-20260709' },
    ]);
    expect(start(testAccount(fleet), {}).params).toContainEqual({ type: 'ReleaseVersion', value: '1.33.5-20260709' });
  });

  it('offers a release from its hour until it is withdrawn', async () => {
    const at = testAccount(fleet);
    await at.play(3 * HOUR_MS);
    expect(start(at, { releaseVersion: '1.33.6-20260714' }).status).toBe('InProgress');
    await at.play(2 * HOUR_MS);
    expect(refusal(() => start(at, { releaseVersion: '1.33.6-20260714' })).code).toBe('InvalidParameterException');
  });

  it('answers a repeated client request token with the same update, whatever became of it', async () => {
    const at = testAccount(fleet);
    const request = { version: '1.33', releaseVersion: '1.33.5-20260709', clientRequestToken: 'once' };
    const first = start(at, request);
    expect(start(at, request).id).toBe(first.id);
    await at.play(2 * HOUR_MS);
    expect(start(at, request)).toMatchObject({ id: first.id, status: 'Successful' });
    expect(refusal(() => start(at, { ...request, force: true }))).toMatchObject({ code: 'InvalidParameterException' });
    expect(start(at, { ...request, clientRequestToken: 'twice' }).id).not.toBe(first.id);
  });

  it('goes back to an older release of the same version when asked, so that a caller who asks is found out', () => {
    const at = testAccount({
      ...fleet,
      clusters: [{ name: 'main', version: '1.33', nodeGroups: [{ name: 'web', releaseVersion: '1.33.5-20260709' }] }],
    });
    expect(start(at, { releaseVersion: '1.33.4-20260701' }).status).toBe('InProgress');
  });
});
