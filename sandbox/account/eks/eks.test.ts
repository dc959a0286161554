import type {
  DescribeClusterResponse,
  DescribeUpdateResponse,
  ListClustersResponse,
  ListNodegroupsResponse,
  ListUpdatesResponse,
  UpdateNodegroupVersionResponse,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const fleet = {
  releases: [
    { at: '-5d', kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.34.2-20260709' },
  ],
  clusters: [
    {
      name: 'main',
      version: '1.34',
      nodeGroups: [
        { name: 'web' },
        { name: 'custom', amiType: 'CUSTOM', launchTemplate: { imageId: 'ami-0123456789abcdef0' } },
      ],
    },
    { name: 'busy', version: '1.34', status: 'UPDATING', statusUntil: '+1h' },
  ],
};

const web = { clusterName: 'main', nodegroupName: 'web' };

describe('looking at EKS', () => {
  it('describes a custom AMI’s group by the AMI', () => {
    expect(
      testAccount(fleet).call('eks', 'DescribeNodegroup', { clusterName: 'main', nodegroupName: 'custom' }),
    ).toMatchObject({
      nodegroup: { amiType: 'CUSTOM', releaseVersion: 'ami-0123456789abcdef0', launchTemplate: { version: '1' } },
    });
  });

  it('gives the updates of a subject to that subject alone', async () => {
    const at = testAccount(fleet);
    const { id } = at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', web).update ?? {};
    const list = (input: object) => at.call<ListUpdatesResponse>('eks', 'ListUpdates', input).updateIds;
    expect(list({ name: 'main', nodegroupName: 'web' })).toEqual([id]);
    expect(list({ name: 'main' })).toEqual([]);
    const describeUpdate = (input: object) =>
      at.call<DescribeUpdateResponse>('eks', 'DescribeUpdate', { name: 'main', updateId: id, ...input }).update;
    expect(describeUpdate({ nodegroupName: 'web' })).toMatchObject({ id, type: 'VersionUpdate', status: 'InProgress' });
    expect(refusal(() => describeUpdate({}))).toMatchObject({ code: 'ResourceNotFoundException', status: 404 });
    expect(refusal(() => describeUpdate({ nodegroupName: 'none' }))).toMatchObject({ status: 404 });
  });

  it('shows a cluster’s own update until it is ACTIVE again', async () => {
    const at = testAccount(fleet);
    const status = () => at.call<DescribeClusterResponse>('eks', 'DescribeCluster', { name: 'busy' }).cluster?.status;
    const [updateId] = at.call<ListUpdatesResponse>('eks', 'ListUpdates', { name: 'busy' }).updateIds ?? [];
    const update = () => at.call<DescribeUpdateResponse>('eks', 'DescribeUpdate', { name: 'busy', updateId }).update;
    expect([status(), update()?.status]).toEqual(['UPDATING', 'InProgress']);
    await at.play(HOUR_MS);
    expect([status(), update()?.status]).toEqual(['ACTIVE', 'Successful']);
  });

  it('launches the nodes of a group that is being created', async () => {
    const at = testAccount({
      ...fleet,
      clusters: [
        {
          name: 'main',
          version: '1.34',
          nodeGroups: [{ name: 'new', desiredSize: 3, status: 'CREATING', statusUntil: '+30m' }],
        },
      ],
    });
    expect(at.state.instances.list()).toEqual([]);
    await at.play(HOUR_MS);
    expect(at.state.instances.list().map(({ node }) => node)).toEqual(['Ready', 'Ready', 'Ready']);
    expect(at.call('eks', 'DescribeNodegroup', { clusterName: 'main', nodegroupName: 'new' })).toMatchObject({
      nodegroup: { status: 'ACTIVE' },
    });
  });

  it('pages through clusters and node groups', () => {
    const at = testAccount({
      ...fleet,
      clusters: [
        { repeat: 205, name: 'c-{n}', version: '1.34' },
        { name: 'many', version: '1.34', nodeGroups: [{ repeat: 7, name: 'g-{n}', desiredSize: 0 }] },
      ],
    });
    const collect = (next: (nextToken: string | undefined) => { names: string[]; nextToken: string | undefined }) => {
      const pages: string[][] = [];
      let token: string | undefined;
      do {
        const { names, nextToken } = next(token);
        pages.push(names);
        token = nextToken;
      } while (token !== undefined);
      return pages;
    };
    const clusters = collect((nextToken) => {
      const page = at.call<ListClustersResponse>('eks', 'ListClusters', { nextToken });
      return { names: page.clusters ?? [], nextToken: page.nextToken };
    });
    expect(clusters.map(({ length }) => length)).toEqual([100, 100, 6]);
    expect(new Set(clusters.flat()).size).toBe(206);
    const groups = collect((nextToken) => {
      const input = { clusterName: 'many', maxResults: 3, nextToken };
      const page = at.call<ListNodegroupsResponse>('eks', 'ListNodegroups', input);
      return { names: page.nodegroups ?? [], nextToken: page.nextToken };
    });
    expect(groups).toEqual([['g-1', 'g-2', 'g-3'], ['g-4', 'g-5', 'g-6'], ['g-7']]);
  });

  it.each([{ maxResults: 0 }, { maxResults: 101 }, { nextToken: 'made up' }])('refuses the page %o', (input) => {
    expect(refusal(() => testAccount(fleet).call('eks', 'ListClusters', input)).code).toBe('InvalidParameterException');
  });
});

describe('what IAM is asked for', () => {
  const at = testAccount(fleet);
  const permissions = (operation: string, input: object) =>
    at.service('eks').operations[operation]?.permissions?.(input as never);
  const arn = at.state.eks.nodeGroup('main', 'web').arn;
  const cluster = 'arn:aws:eks:eu-central-1:111122223333:cluster/main';

  it.each([
    ['DescribeCluster', { name: 'main' }, [cluster]],
    ['ListNodegroups', { clusterName: 'main' }, [cluster]],
    ['DescribeNodegroup', web, [arn]],
    ['UpdateNodegroupVersion', web, [arn]],
    ['DescribeUpdate', { name: 'main', nodegroupName: 'web' }, [cluster, arn]],
    ['ListUpdates', { name: 'main' }, [cluster]],
  ])('%s names its resources', (operation, input, resources) => {
    expect(arn).toMatch(/^arn:aws:eks:eu-central-1:111122223333:nodegroup\/main\/web\/[0-9a-f-]{36}$/);
    expect(permissions(operation, input)).toEqual(
      resources.map((resource) => ({ action: `eks:${operation}`, resource })),
    );
  });
});
