import type { DescribeUpdateResponse, UpdateNodegroupVersionResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { nodesOf } from './nodes.ts';

const RELEASE = '1.34.1-20260621';
const IMAGE = 'ami-0123456789abcdef0';
const fleet = {
  releases: [{ at: '-5d', kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: RELEASE }],
  clusters: [
    {
      name: 'main',
      version: '1.34',
      nodeGroups: [
        ...['kept', 'replaced', 'refused'].map((sameRelease) => ({
          name: sameRelease,
          releaseVersion: RELEASE,
          desiredSize: 2,
          updates: { sameRelease },
        })),
        { name: 'own', amiType: 'CUSTOM', desiredSize: 2, launchTemplate: { imageId: IMAGE } },
      ],
    },
  ],
};

/** Whether each node of a group is one from before, after an update. */
async function keeps(at: TestAccount, nodegroupName: string, input: object): Promise<boolean[]> {
  const ids = () => nodesOf(at.state.eks.nodeGroup('main', nodegroupName)).map(({ id }) => id);
  const before = ids();
  const request = { clusterName: 'main', nodegroupName, ...input };
  const { update } = at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', request);
  await at.play(HOUR_MS);
  const updateId = update!.id;
  const described = at.call<DescribeUpdateResponse>('eks', 'DescribeUpdate', { name: 'main', nodegroupName, updateId });
  expect(described.update?.status).toBe('Successful');
  expect(ids()).toHaveLength(2);
  return ids().map((id) => before.includes(id));
}

describe('an update to the release that a node group runs', () => {
  const same = { version: '1.34', releaseVersion: RELEASE };

  it('keeps its nodes, replaces them or is refused, as the fleet says', async () => {
    expect(await keeps(testAccount(fleet), 'kept', same)).toEqual([true, true]);
    expect(await keeps(testAccount(fleet), 'replaced', same)).toEqual([false, false]);
    const call = () =>
      testAccount(fleet).call('eks', 'UpdateNodegroupVersion', {
        clusterName: 'main',
        nodegroupName: 'refused',
        ...same,
      });
    expect(refusal(call)).toMatchObject({ code: 'InvalidParameterException' });
  });

  it('replaces them where another version of the launch template comes, even without a change', async () => {
    const at = testAccount(fleet);
    const { id = '', version } = at.state.eks.nodeGroup('main', 'own').launchTemplate ?? {};
    expect(await keeps(at, 'own', { launchTemplate: { id, version } })).toEqual([true, true]);
    at.state.launchTemplates.makeVersion(id, {}, { source: Number(version), description: 'the same' });
    const other = { launchTemplate: { id, version: String(Number(version) + 1) } };
    expect(await keeps(at, 'own', other)).toEqual([false, false]);
  });
});
