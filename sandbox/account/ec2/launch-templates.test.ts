import type {
  CreateLaunchTemplateVersionCommandOutput,
  DescribeLaunchTemplatesCommandOutput,
  DescribeLaunchTemplateVersionsCommandOutput,
  RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import type { DescribeNodegroupResponse, UpdateNodegroupVersionResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const OLD = 'ami-0123456789abcdef0';
const NEW = 'ami-0123456789abcdef1';
const fleet = {
  images: [
    { imageId: OLD, name: 'golden-1', at: '-30d' },
    { imageId: NEW, name: 'golden-2', at: '-2d', parameter: '/images/eks' },
    { imageId: 'ami-0123456789abcdef2', name: 'golden-3', at: '+1h' },
  ],
  clusters: [
    {
      name: 'main',
      version: '1.33',
      nodeGroups: [
        {
          name: 'custom',
          amiType: 'CUSTOM',
          launchTemplate: { imageId: OLD, tags: { 'aws:cloudformation:stack-name': 'nodes' } },
          updates: { minutesPerNode: 2 },
        },
      ],
    },
  ],
};
const group = { clusterName: 'main', nodegroupName: 'custom' };
const describeGroup = (at: TestAccount) =>
  at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', group).nodegroup!;
const dataOf = (at: TestAccount, version: string) =>
  at.call<DescribeLaunchTemplateVersionsCommandOutput>('ec2', 'DescribeLaunchTemplateVersions', {
    LaunchTemplateId: describeGroup(at).launchTemplate?.id,
    Versions: [version],
  }).LaunchTemplateVersions![0]!;
const create = (at: TestAccount, LaunchTemplateData: RequestLaunchTemplateData, more: object = {}) =>
  at.call<CreateLaunchTemplateVersionCommandOutput>('ec2', 'CreateLaunchTemplateVersion', {
    LaunchTemplateId: describeGroup(at).launchTemplate?.id,
    LaunchTemplateData,
    ...more,
  });
const update = (at: TestAccount, launchTemplate: object | undefined) =>
  at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', {
    ...group,
    ...(launchTemplate && { launchTemplate }),
  }).update!;

describe('CreateLaunchTemplateVersion', () => {
  it('takes what is not given from the source, but for the snapshots of block devices', () => {
    const at = testAccount(fleet);
    const before = dataOf(at, '1').LaunchTemplateData!;
    const made = create(at, { ImageId: NEW }, { SourceVersion: '1' }).LaunchTemplateVersion!;
    expect(made).toMatchObject({ VersionNumber: 2, DefaultVersion: false, LaunchTemplateData: { ImageId: NEW } });
    expect(made.LaunchTemplateData?.UserData).toBe(before.UserData);
    expect(before.BlockDeviceMappings?.[1]?.Ebs?.SnapshotId).toMatch(/^snap-/);
    expect(made.LaunchTemplateData?.BlockDeviceMappings?.[1]?.Ebs).toEqual({ VolumeType: 'gp3' });
    expect(dataOf(at, '$Latest')).toMatchObject({ VersionNumber: 2 });
    expect(dataOf(at, '$Default')).toMatchObject({ VersionNumber: 1 });
  });

  it('holds only what is given without a source', () => {
    const at = testAccount(fleet);
    expect(create(at, { ImageId: NEW }).LaunchTemplateVersion?.LaunchTemplateData).toEqual({ ImageId: NEW });
  });

  it('makes a version once for a token, and refuses the token for anything else', () => {
    const at = testAccount(fleet);
    const twice = [1, 2].map(() => create(at, { ImageId: NEW }, { ClientToken: 'a' }).LaunchTemplateVersion);
    expect(twice.map((version) => version?.VersionNumber)).toEqual([2, 2]);
    expect(refusal(() => create(at, { ImageId: OLD }, { ClientToken: 'a' })).code).toBe('IdempotentParameterMismatch');
  });

  it('warns of an AMI that does not exist, and makes the version all the same', () => {
    const at = testAccount(fleet);
    const made = create(at, { ImageId: 'ami-0123456789abcdef2' }, { SourceVersion: '1' });
    expect(made.Warning?.Errors).toMatchObject([{ Code: 'InvalidAMIID.NotFound' }]);
    expect(dataOf(at, '2').LaunchTemplateData?.ImageId).toBe('ami-0123456789abcdef2');
  });

  it.each<[RequestLaunchTemplateData, object, string]>([
    [{}, { SourceVersion: '7' }, 'InvalidLaunchTemplateId.VersionNotFound'],
    [{}, { LaunchTemplateId: 'lt-0123456789abcdef0' }, 'InvalidLaunchTemplateId.NotFound'],
    [{ UserData: '#!/bin/sh' }, {}, 'InvalidUserData.Malformed'],
  ])('refuses %j with %j', (data, more, code) => {
    expect(refusal(() => create(testAccount(fleet), data, more)).code).toBe(code);
  });

  it('shows the tags of the template with the template', () => {
    const at = testAccount(fleet);
    const LaunchTemplateIds = [describeGroup(at).launchTemplate?.id];
    expect(
      at.call<DescribeLaunchTemplatesCommandOutput>('ec2', 'DescribeLaunchTemplates', { LaunchTemplateIds })
        .LaunchTemplates,
    ).toMatchObject([{ LatestVersionNumber: 1, Tags: [{ Key: 'aws:cloudformation:stack-name', Value: 'nodes' }] }]);
  });
});

describe('UpdateNodegroupVersion of a group with a custom AMI', () => {
  it('moves it to the AMI of another version of its template', async () => {
    const at = testAccount(fleet);
    create(at, { ImageId: NEW }, { SourceVersion: '1' });
    const { id } = describeGroup(at).launchTemplate!;
    expect(update(at, { id, version: '2' }).params).toEqual([
      { type: 'LaunchTemplateName', value: 'custom-nodes' },
      { type: 'LaunchTemplateVersion', value: '2' },
    ]);
    await at.play(HOUR_MS);
    expect(describeGroup(at)).toMatchObject({
      status: 'ACTIVE',
      releaseVersion: NEW,
      launchTemplate: { version: '2' },
    });
  });

  it.each<[string, (id: string) => object | undefined, string]>([
    ['no template', () => undefined, "Launch template details can't be null"],
    ['a version that does not exist', (id) => ({ id, version: '9' }), 'The launch template version 9 does not exist'],
    ['another template', () => ({ id: 'lt-0123456789abcdef0', version: '1' }), 'a different launch template'],
    [
      'id and name',
      (id) => ({ id, name: 'custom-nodes' }),
      'either the launch template ID or the launch template name',
    ],
  ])('refuses %s', (_, template, message) => {
    const at = testAccount(fleet);
    const refused = refusal(() => update(at, template(describeGroup(at).launchTemplate?.id ?? '')));
    expect(refused).toMatchObject({ code: 'InvalidParameterException', message: expect.stringContaining(message) });
  });
});
