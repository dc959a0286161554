import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { cluster, fleet, group, OLD, policy } from './refresh-groups.fixture.ts';

const STANDARD = '/aws/service/eks/optimized-ami/{kubernetesVersion}/amazon-linux-2023/x86_64/standard/recommended';

/** What is told of a self-managed group on an AMI of Amazon's, which has this name. */
async function told(name: string, wanted: object): Promise<string[]> {
  const run: Run = await start({
    fleet: {
      ...fleet(cluster('shop', [group('web')])),
      images: [{ imageId: OLD, name, at: '-40d', owner: '602401143452' }],
    },
    policy: policy({ wanted }),
  });
  await run.account.play(4 * HOUR);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
  return run.records
    .filter(({ remediation }) => remediation === 'refresh-groups')
    .map(({ decision, reason, message }) => `${decision} ${reason} ${message}`);
}

it.each<[string, object]>([
  ['its public parameter', { ssmParameter: `${STANDARD}/image_id` }],
  [
    'owner and name',
    {
      owners: ['amazon'],
      namePattern: 'amazon-eks-node-al2023-x86_64-standard-{kubernetesVersion}-v*',
      architecture: 'x86_64',
    },
  ],
])('a self-managed group on an AMI of Amazon moves to the newest release, named by %s', async (_, wanted) => {
  expect(await told('amazon-eks-node-al2023-x86_64-standard-1.33-v20260601', wanted)).toEqual([
    expect.stringMatching(/^acted refresh-started/),
    expect.stringMatching(/^done group-refreshed/),
  ]);
});

it.each([
  ['amazon-eks-node-1.33-v20260601', 'Amazon Linux 2023, and the present one Amazon Linux 2'],
  ['amazon-eks-node-al2023-x86_64-nvidia-1.33-v20260601', 'and the present one for NVIDIA GPUs'],
])('a group that runs %s is not moved to the standard AMI, and told why', async (name, why) => {
  const [record, ...more] = await told(name, { ssmParameter: `${STANDARD}/image_id` });
  expect([record, more]).toEqual([expect.stringMatching(/^refused image-unclear/), []]);
  expect(record).toContain(why);
});
