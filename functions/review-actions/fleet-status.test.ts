import { describe, expect, it } from 'vitest';
import { fleetStatusOf, readLastWord } from './fleet-status.ts';

const instance = (id: string, tags: Readonly<Record<string, string>>) => ({
  InstanceId: id,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});
const managed = (id: string, cluster: string, nodegroup: string) =>
  instance(id, { 'aws:eks:cluster-name': cluster, 'eks:nodegroup-name': nodegroup });

describe('readLastWord', () => {
  it('takes apart what the query puts together, also where a group has strange names', () => {
    expect(readLastWord('manage-ssm-agent shop/self-managed:a b/c/i-0abc', 'done agent-verified', 5, 'r-1')).toEqual({
      remediation: 'manage-ssm-agent',
      at: 5,
      id: 'r-1',
      cluster: 'shop',
      nodegroup: 'self-managed:a b/c',
      instance: 'i-0abc',
      decision: 'done',
      reason: 'agent-verified',
    });
    expect(readLastWord('upgrade-node-groups shop/web/', 'waiting baking', 1, 'r')).toMatchObject({
      nodegroup: 'web',
      instance: '',
    });
  });

  it.each([
    ['', ''],
    ['x', 'done y'],
    ['manage-ssm-agent //', 'done y'],
    ['manage-ssm-agent shop/web/', 'dreams of'],
  ])('leaves out %j, %j', (subject, word) => {
    expect(readLastWord(subject, word, 1, 'r')).toBeUndefined();
  });
});

describe('fleetStatusOf', () => {
  const words = [
    readLastWord('manage-ssm-agent shop/web/i-1', 'done agent-verified', 1, 'r'),
    readLastWord('quarantine-workers shop/web/i-1', 'done quarantined', 1, 'r'),
    readLastWord('manage-ssm-agent shop/web/i-2', 'failed agent-missing', 1, 'r'),
    readLastWord('upgrade-node-groups shop/web/', 'waiting baking', 1, 'r'),
    readLastWord('manage-ssm-agent shop/web/i-gone', 'failed agent-missing', 1, 'r'),
  ].filter((word) => word !== undefined);

  it('draws no instance that only claims to be a worker, but one in quarantine that has not joined', () => {
    const claims = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' };
    const isolated = readLastWord('quarantine-workers shop/web/i-new', 'done quarantined', 1, 'r');
    const told = readLastWord('quarantine-workers shop/web/i-claims', 'refused claims-to-be-worker', 1, 'r');
    const [cluster] = fleetStatusOf(
      [instance('i-claims', claims), instance('i-new', claims), managed('i-1', 'shop', 'web')],
      [isolated, told].filter((word) => word !== undefined),
    );
    expect(cluster?.groups.flatMap(({ workers }) => workers.map((each) => each.instance)).sort()).toEqual([
      'i-1',
      'i-new',
    ]);
  });

  it('draws the workers that are there, in groups, what needs attention first', () => {
    const instances = [managed('i-3', 'shop', 'web'), managed('i-1', 'shop', 'web'), managed('i-2', 'shop', 'web')];
    expect(fleetStatusOf(instances, words)).toEqual([
      {
        name: 'shop',
        groups: [
          {
            cluster: 'shop',
            nodegroup: 'web',
            tone: 'waiting',
            reason: 'baking',
            workers: [
              { instance: 'i-2', tone: 'failed', reason: 'agent-missing' },
              { instance: 'i-1', tone: 'quarantined', reason: 'quarantined' },
              { instance: 'i-3', tone: 'quiet', reason: '' },
            ],
          },
        ],
      },
    ]);
  });

  it('puts the group with the most urgent worker first, and clusters by name', () => {
    const instances = [managed('i-9', 'alpha', 'x'), managed('i-3', 'shop', 'batch'), managed('i-2', 'shop', 'web')];
    const clusters = fleetStatusOf(instances, words);
    expect(clusters.map(({ name }) => name)).toEqual(['alpha', 'shop']);
    expect(clusters[1]?.groups.map(({ nodegroup }) => nodegroup)).toEqual(['web', 'batch']);
  });

  it('leaves out instances that are no workers', () => {
    expect(fleetStatusOf([instance('i-1', { Name: 'bastion' })], words)).toEqual([]);
  });
});
