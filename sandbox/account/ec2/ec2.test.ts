import type { DescribeImagesResult, DescribeInstancesResult, DescribeTagsResult } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const WINDOWS_RELEASE = '1.31-2025.01.15';

const fleet = {
  releases: [
    { at: '-9d', kubernetesVersion: '1.31', amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: WINDOWS_RELEASE },
    { at: '-9d', kubernetesVersion: '1.31', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.31.4-20250116' },
    { at: '+1h', kubernetesVersion: '1.31', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.31.5-20260714' },
  ],
  clusters: [
    {
      name: 'c',
      version: '1.31',
      autoMode: { instances: 2 },
      nodeGroups: [
        { name: 'web', desiredSize: 3 },
        { name: 'windows', amiType: 'WINDOWS_CORE_2022_x86_64', desiredSize: 1 },
        { name: 'custom', amiType: 'CUSTOM', launchTemplate: { imageId: 'ami-0123456789abcdef0' }, desiredSize: 1 },
      ],
      selfManagedGroups: [{ name: 'legacy', size: 2, imageId: 'ami-0badcafe0badcafe0' }],
      karpenterNodePools: [{ name: 'general', size: 2 }],
    },
  ],
};

const find = (at: TestAccount, input: object = {}) => {
  const page = at.call<DescribeInstancesResult>('ec2', 'DescribeInstances', input);
  return (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
};
const filterOf = (count: number, Name: string) => ({
  Name,
  Values: Array.from({ length: count }, (_, index) => `${index}`),
});

const tagsOf = (at: TestAccount, ...filter: [string, string]) =>
  find(at, { Filters: [{ Name: filter[0], Values: [filter[1]] }], IncludeManagedResources: true }).map(
    ({ Tags = [] }) => Object.fromEntries(Tags.map(({ Key = '', Value }) => [Key, Value])),
  );

describe('DescribeInstances', () => {
  it.each([
    [
      'managed',
      ['tag:eks:nodegroup-name', 'web'],
      3,
      {
        'aws:eks:cluster-name': 'c',
        'eks:cluster-name': 'c',
        'kubernetes.io/cluster/c': 'owned',
        'aws:autoscaling:groupName': expect.stringMatching(/^eks-web-/),
      },
    ],
    ['self-managed', ['tag:aws:autoscaling:groupName', 'c-legacy'], 2, { 'kubernetes.io/cluster/c': 'owned' }],
    [
      'Karpenter',
      ['tag:karpenter.sh/nodepool', '*'],
      2,
      { 'karpenter.sh/nodepool': 'general', 'kubernetes.io/cluster/c': 'owned', 'aws:eks:cluster-name': 'c' },
    ],
    ['Auto Mode', ['operator.principal', 'eks.amazonaws.com'], 2, { 'eks:eks-cluster-name': 'c' }],
  ] as const)('shows the tags of %s workers', (_kind, [name, value], count, tags) => {
    const found = tagsOf(testAccount(fleet), name, value);
    expect(found).toHaveLength(count);
    for (const one of found) expect(one).toMatchObject(tags);
  });

  it('hides Auto Mode’s instances unless they are asked for', () => {
    const at = testAccount(fleet);
    expect(find(at)).toHaveLength(9);
    expect(find(at).every(({ Operator }) => Operator?.Managed === false)).toBe(true);
    const all = find(at, { IncludeManagedResources: true });
    expect(all).toHaveLength(11);
    expect(all.filter(({ Operator }) => Operator?.Managed && Operator.Principal === 'eks.amazonaws.com')).toHaveLength(
      2,
    );
  });

  it.each([
    [[{ Name: 'instance-state-name', Values: ['pending', 'running'] }], 9],
    [[{ Name: 'instance-state-name', Values: ['terminated'] }], 0],
    [[{ Name: 'tag-key', Values: ['eks:nodegroup-name'] }], 5],
    [[{ Name: 'tag:eks:nodegroup-name', Values: ['web', 'windows'] }], 4],
    [[{ Name: 'tag:eks:nodegroup-name', Values: ['w?b'] }], 3],
    [[{ Name: 'private-dns-name', Values: ['ip-10-0-0-1?.eu-central-1.compute.internal'] }], 9],
    [[{ Name: 'private-dns-name', Values: ['ip-10.0*'] }], 0],
    [
      [
        { Name: 'image-id', Values: ['ami-0123456789abcdef0'] },
        { Name: 'tag-key', Values: ['no'] },
      ],
      0,
    ],
    [[{ Name: 'image-id', Values: ['ami-0123456789abcdef0'] }], 1],
  ])('filters by %o', (Filters, count) => {
    expect(find(testAccount(fleet), { Filters })).toHaveLength(count);
  });

  it.each([
    [{ Filters: [{ Name: 'colour', Values: ['red'] }] }, 'InvalidParameterValue', "The filter 'colour' is invalid"],
    [
      { Filters: [filterOf(150, 'vpc-id'), filterOf(51, 'subnet-id')] },
      'FilterLimitExceeded',
      'filter values specified on a single call is 200',
    ],
    [{ Filters: [{ Name: 'vpc-id', Values: ['v'.repeat(256)] }] }, 'FilterLimitExceeded', '255 characters'],
    [
      { InstanceIds: ['i-00000000000000000'] },
      'InvalidInstanceID.NotFound',
      "The instance ID 'i-00000000000000000' does not exist",
    ],
    [{ InstanceIds: ['worker'] }, 'InvalidInstanceID.Malformed', 'Invalid id: "worker"'],
    [{ MaxResults: 4 }, 'InvalidParameterValue', 'between 5 and 1000'],
    [{ InstanceIds: ['i-00000000000000000'], MaxResults: 5 }, 'InvalidParameterCombination', 'maxResults'],
    [{ NextToken: 'x' }, 'InvalidParameterValue', 'token'],
  ])('refuses %o', (input, code, message) => {
    const error = refusal(() => find(testAccount(fleet), input));
    expect(error).toMatchObject({ code, status: 400 });
    expect(error.message).toContain(message);
  });

  it('pages', () => {
    const at = testAccount(fleet);
    const page = (NextToken?: string) =>
      at.call<DescribeInstancesResult>('ec2', 'DescribeInstances', { MaxResults: 5, NextToken });
    const first = page();
    const second = page(first.NextToken);
    expect([first, second].map(({ Reservations }) => Reservations?.length)).toEqual([5, 4]);
    expect(second.NextToken).toBeUndefined();
  });

  it('shows a terminated instance for an hour, without an address', async () => {
    const at = testAccount(fleet);
    const [instance] = at.state.instances.list();
    const group = at.state.autoScalingGroups.list().find(({ members }) => members.has(instance!.id));
    at.state.autoScalingGroups.terminate(group!, instance!, 60_000);
    await at.play(60_000);
    const [shown] = find(at, { InstanceIds: [instance!.id] });
    expect(shown).toMatchObject({ State: { Name: 'terminated', Code: 48 }, PrivateDnsName: '' });
    expect(shown?.PrivateIpAddress).toBeUndefined();
    await at.play(HOUR_MS);
    expect(refusal(() => find(at, { InstanceIds: [instance!.id] })).code).toBe('InvalidInstanceID.NotFound');
    expect(find(at)).toHaveLength(8);
  });
});

describe('DescribeImages', () => {
  const images = (at: TestAccount, input: object) =>
    at.call<DescribeImagesResult>('ec2', 'DescribeImages', input).Images ?? [];

  it('tells a Windows AMI’s release by its name', () => {
    const at = testAccount(fleet);
    const imageId = at.state.eks.nodeGroup('c', 'windows').imageId;
    expect(images(at, { ImageIds: [imageId] })).toMatchObject([
      {
        ImageId: imageId,
        Name: 'Windows_Server-2022-English-Core-EKS_Optimized-1.31-2025.01.15',
        OwnerId: '801119661308',
        PlatformDetails: 'Windows',
        State: 'available',
      },
    ]);
  });

  it('knows an image from its hour on', async () => {
    const at = testAccount(fleet);
    const Filters = [{ Name: 'name', Values: ['amazon-eks-node-al2023-*'] }];
    expect(images(at, { Filters })).toHaveLength(1);
    await at.play(HOUR_MS);
    expect(images(at, { Filters })).toHaveLength(2);
    expect(images(at, { Filters, Owners: ['self'] })).toEqual([]);
  });

  it('leaves out a public image two years after its creation, unless it is named by its id or deprecated ones are asked for', () => {
    const old = { kubernetesVersion: '1.31', amiType: 'AL2023_x86_64_STANDARD' };
    const at = testAccount({
      ...fleet,
      releases: [
        { ...old, at: '-731d', releaseVersion: '1.31.0-20240713' },
        { ...old, at: '-729d', releaseVersion: '1.31.0-20240715' },
        ...fleet.releases,
      ],
    });
    const Filters = [{ Name: 'name', Values: ['amazon-eks-node-al2023-*-v2024*'] }];
    const all = images(at, { Filters, IncludeDeprecated: true });
    const current = images(at, { Filters });
    expect(all).toHaveLength(2);
    expect(current).toHaveLength(1);
    const deprecated = all.find(({ ImageId }) => ImageId !== current[0]?.ImageId);
    expect(images(at, { Filters: [{ Name: 'image-id', Values: [deprecated!.ImageId!] }] })).toEqual([]);
    expect(images(at, { ImageIds: [deprecated!.ImageId!] })).toEqual([deprecated]);
  });

  it('knows the account’s own images', () => {
    const found = images(testAccount(fleet), { Owners: ['self'] }).map(({ ImageId }) => ImageId);
    expect(found).toEqual(expect.arrayContaining(['ami-0123456789abcdef0', 'ami-0badcafe0badcafe0']));
  });

  it.each([
    ['ami-00000000000000000', 'InvalidAMIID.NotFound', "The image id '[ami-00000000000000000]' does not exist"],
    ['image', 'InvalidAMIID.Malformed', 'Invalid id: "image"'],
  ])('refuses %s', (id, code, message) => {
    expect(refusal(() => images(testAccount(fleet), { ImageIds: [id] }))).toMatchObject({ code, message });
  });
});

describe('CreateTags and DeleteTags', () => {
  it('put tags on an instance and take them off', () => {
    const at = testAccount(fleet);
    const [{ InstanceId }] = find(at) as [{ InstanceId: string }];
    const tag = (operation: string, Tags: object[]) => at.call('ec2', operation, { Resources: [InstanceId], Tags });
    const current = () => find(at, { Filters: [{ Name: 'tag:owner', Values: ['me', 'you'] }] }).length;
    tag('CreateTags', [{ Key: 'owner', Value: 'me' }]);
    expect(current()).toBe(1);
    tag('DeleteTags', [{ Key: 'owner', Value: 'you' }]);
    expect(current()).toBe(1);
    tag('DeleteTags', [{ Key: 'owner' }]);
    expect(current()).toBe(0);
    expect(refusal(() => tag('CreateTags', [{ Key: 'aws:x', Value: '1' }])).code).toBe('InvalidParameterValue');
    expect(at.service('ec2').operations.CreateTags?.permissions?.({ Resources: [InstanceId] } as never)).toEqual([
      {
        action: 'ec2:CreateTags',
        resource: `arn:aws:ec2:eu-central-1:111122223333:instance/${InstanceId}`,
        context: expect.objectContaining({ 'ec2:ResourceTag/aws:eks:cluster-name': 'c' }),
      },
    ]);
  });
});

describe('DescribeTags', () => {
  const described = (at: TestAccount, ...filters: Array<[string, string[]]>) =>
    at.call<DescribeTagsResult>('ec2', 'DescribeTags', {
      Filters: [['resource-type', ['instance']] as const, ...filters].map(([Name, Values]) => ({ Name, Values })),
    }).Tags ?? [];

  it('lists the tags that match all filters, each with its instance', () => {
    const at = testAccount(fleet);
    const ids = find(at, { Filters: [{ Name: 'tag:eks:nodegroup-name', Values: ['web'] }] }).map(
      (one) => one.InstanceId,
    );
    const tag = { ResourceType: 'instance', Key: 'eks:nodegroup-name', Value: 'web' };
    const expected = ids.sort().map((ResourceId) => ({ ...tag, ResourceId }));
    expect(described(at, ['key', ['eks:nodegroup-name']], ['value', ['web', 'no']])).toEqual(expected);
    expect(described(at, ['tag:eks:nodegroup-name', ['web']])).toEqual(expected);
    expect(described(at, ['resource-id', ids as string[]], ['key', ['eks:n*']])).toEqual(expected);
    expect(described(at, ['key', ['web']])).toEqual([]);
  });

  it('hides instances that an AWS service operates', () => {
    const at = testAccount(fleet);
    const shown = new Set(described(at).map(({ ResourceId }) => ResourceId));
    expect(shown).toEqual(new Set(find(at).map(({ InstanceId }) => InstanceId)));
    expect(shown.size).toBeLessThan(find(at, { IncludeManagedResources: true }).length);
  });

  it.each([
    ['a filter that only DescribeInstances has', [['tag-key', ['x']]], 'InvalidParameterValue'],
    ['an unknown filter', [['nothing', ['x']]], 'InvalidParameterValue'],
  ] as const)('refuses %s', (_, [[name, values]], code) => {
    expect(refusal(() => described(testAccount(fleet), [name, [...values]])).code).toBe(code);
  });

  it('says that it knows no other resources', () => {
    const all = () => testAccount(fleet).call('ec2', 'DescribeTags', {});
    expect(refusal(all).code).toBe('NotImplementedBySandbox');
  });
});
