import { EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import type { Identity } from '../../functions/shared/fleet/identity.ts';
import { clusterTag, operatedTags } from './cluster-tag.ts';
import type { Ground } from './ground.ts';

const MANAGED = { ownership: 'managed' } as const;
const SELF = { ownership: 'self-managed' } as const;

/** A cluster with these instances, each with its manager and its tag keys. */
function groundOf(...all: ReadonlyArray<readonly [typeof MANAGED | typeof SELF, ...string[]]>) {
  const instances = all.map(
    ([, ...keys], n): Instance => ({ InstanceId: `i-${n}`, Tags: keys.map((Key) => ({ Key, Value: 'x' })) }),
  );
  const identities = new Map(
    all.map(([kind], n): [string, Identity] => [
      `i-${n}`,
      { worker: { cluster: 'shop', certain: false, ...kind }, owner: { tags: {} } },
    ]),
  );
  return { instances, identities };
}

const IN_GROUP = 'aws:autoscaling:groupName';
const JOINED = 'aws:eks:cluster-name';

it('counts which self-managed workers have the tag that EKS sets', () => {
  const [found] = clusterTag(groundOf([SELF, IN_GROUP, JOINED], [SELF, IN_GROUP], [MANAGED, IN_GROUP, JOINED]));
  expect(found).toMatchObject({ kind: 'answered' });
  expect(found?.text).toContain('1 of 2 self-managed workers have aws:eks:cluster-name');
});

it('has no answer where no group is self-managed', () => {
  expect(clusterTag(groundOf([MANAGED, IN_GROUP, JOINED], [SELF, JOINED]))).toMatchObject([{ kind: 'open' }]);
});

it('counts which nodes of EKS Auto Mode DescribeTags shows', async () => {
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async () => ({ Tags: [{ ResourceId: 'i-0' }, { ResourceId: 'i-2' }] });
  const node = (InstanceId: string, Managed: boolean) => ({
    InstanceId,
    Operator: { Managed },
    Tags: [{ Key: JOINED, Value: 'shop' }],
  });
  const look = (instances: Instance[]) =>
    operatedTags({ clients: { ec2 }, cluster: { name: 'shop' }, instances } as unknown as Ground);
  const found = await look([node('i-0', true), node('i-1', true), node('i-2', false)]);
  expect(found).toEqual([{ kind: 'answered', text: 'DescribeTags shows 1 of 2 nodes of EKS Auto Mode' }]);
  expect(await look([node('i-2', false)])).toMatchObject([{ kind: 'open' }]);
});
