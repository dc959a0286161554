import type { DescribeInstanceInformationResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { LATEST_AGENT_VERSION } from './agents.ts';

const list = (at: TestAccount, input: object = {}) =>
  at.call<DescribeInstanceInformationResult>('ssm', 'DescribeInstanceInformation', input).InstanceInformationList ?? [];

describe('DescribeInstanceInformation', () => {
  const RELEASE = '1.33.4-20260701';
  const mixed = () =>
    testAccount({
      releases: [
        { at: '-9d', kubernetesVersion: '1.33', amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.42.0-1f3d7a2b' },
        {
          at: '-9d',
          kubernetesVersion: '1.33',
          amiType: 'WINDOWS_CORE_2022_x86_64',
          releaseVersion: '1.33-2026.07.09',
        },
      ],
      clusters: [
        {
          name: 'c',
          version: '1.33',
          nodeGroups: [
            { name: 'web', desiredSize: 5, releaseVersion: RELEASE },
            { name: 'old', desiredSize: 2, releaseVersion: RELEASE, ssm: { latest: false } },
            { name: 'lost', desiredSize: 1, releaseVersion: RELEASE, ssm: { agent: 'dead' } },
            { name: 'rocket', amiType: 'BOTTLEROCKET_x86_64', desiredSize: 1 },
            { name: 'windows', amiType: 'WINDOWS_CORE_2022_x86_64', desiredSize: 1 },
          ],
          selfManagedGroups: [
            { name: 'own', imageId: 'ami-0badcafe0badcafe0', size: 1, ssm: { osImage: 'Ubuntu 22.04.5 LTS' } },
          ],
        },
      ],
    });

  it('tells old agents and platforms apart', () => {
    const at = mixed();
    const of = (tag: string, value: string) =>
      list(at, { Filters: [{ Key: `tag:${tag}`, Values: [value] }] }).map(
        ({ PingStatus, IsLatestVersion, PlatformType, PlatformName, PlatformVersion }) =>
          [PingStatus, IsLatestVersion, PlatformType, PlatformName, PlatformVersion].join(' '),
      );
    expect(of('eks:nodegroup-name', 'old')).toEqual(Array(2).fill('Online false Linux Amazon Linux 2023'));
    expect(of('eks:nodegroup-name', 'lost')).toEqual(['ConnectionLost true Linux Amazon Linux 2023']);
    expect(of('eks:nodegroup-name', 'rocket')).toEqual(['Online true Linux Bottlerocket 1.42.0']);
    expect(of('eks:nodegroup-name', 'windows')).toEqual([
      'Online true Windows Microsoft Windows Server Datacenter 2022',
    ]);
    expect(of('aws:autoscaling:groupName', 'c-own')).toEqual(['Online true Linux Ubuntu 22.04']);
  });

  it.each([
    [{ Key: 'PingStatus', Values: ['ConnectionLost'] }, 1],
    [{ Key: 'PingStatus', Values: ['Online', 'ConnectionLost'] }, 11],
    [{ Key: 'AgentVersion', Values: [LATEST_AGENT_VERSION] }, 9],
    [{ Key: 'PlatformTypes', Values: ['Windows'] }, 1],
    [{ Key: 'ResourceType', Values: ['ManagedInstance'] }, 0],
    [{ Key: 'tag-key', Values: ['eks:nodegroup-name'] }, 10],
  ])('filters by %o', (filter, count) => {
    expect(list(mixed(), { Filters: [filter], MaxResults: 50 })).toHaveLength(count);
  });

  it('pages by 10 unless asked for more, by up to 50, and takes up to 100 values in a filter', () => {
    const at = testAccount({
      clusters: [{ name: 'c', version: '1.33', nodeGroups: [{ name: 'g', desiredSize: 60, releaseVersion: RELEASE }] }],
    });
    const ids = at.state.instances.list().map(({ id }) => id);
    const page = (input: object = {}) =>
      at.call<DescribeInstanceInformationResult>('ssm', 'DescribeInstanceInformation', input);
    const first = page({ MaxResults: 50 });
    const second = page({ MaxResults: 50, NextToken: first.NextToken });
    expect(page().InstanceInformationList).toHaveLength(10);
    expect([first, second].map(({ InstanceInformationList }) => InstanceInformationList?.length)).toEqual([50, 10]);
    expect(second.NextToken).toBeUndefined();
    const values = (count: number) => ({
      MaxResults: 50,
      Filters: [{ Key: 'InstanceIds', Values: Array.from({ length: count }, (_, index) => ids[index % 60]) }],
    });
    expect(page(values(100)).InstanceInformationList).toHaveLength(50);
    expect(refusal(() => page(values(101)))).toMatchObject({ code: 'ValidationException' });
  });

  it.each([
    [{ MaxResults: 4 }, 'ValidationException'],
    [{ MaxResults: 51 }, 'ValidationException'],
    [{ Filters: [{ Key: 'InstanceIds', Values: [] }] }, 'ValidationException'],
    [{ Filters: [{ Key: 'Colour', Values: ['red'] }] }, 'InvalidFilterKey'],
    [{ Filters: [{ Key: 'ActivationIds', Values: ['x'] }] }, 'NotImplementedBySandbox'],
    [{ NextToken: 'x' }, 'InvalidNextToken'],
  ])('refuses %o', (input, code) => {
    expect(refusal(() => list(mixed(), input)).code).toBe(code);
  });
});
