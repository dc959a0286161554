import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { decide } from './decide.ts';
import { findings, LACKING, MINUTE, NOW, observation, worker } from './observation.fixture.ts';
import type { WorkerView } from './observation.ts';

const overrides = [
  { name: 'slow', match: { clusters: ['shop'] }, ssmAgent: { graceTime: '3h' } },
  { name: 'by-hand', match: { tags: { agents: 'by-hand' } }, ssmAgent: { remedies: { attachPolicy: 'off' } } },
];

describe('an override of ssmAgent', () => {
  it.each<[string, Partial<WorkerView>, string]>([
    ['fits no worker of another cluster', { cluster: 'test' }, 'acted policy-attached'],
    [
      'by a tag of the node group holds a remedy back',
      { owner: { tags: { agents: 'by-hand' } } },
      'failed role-lacks-ssm',
    ],
    [
      'by a tag of the cluster does, too, where the node group hides it',
      { owner: { tags: { agents: 'any' }, clusterTags: { agents: 'by-hand' } } },
      'failed role-lacks-ssm',
    ],
    ['is not for a tag of the instance', { tags: { agents: 'by-hand' } }, 'acted policy-attached'],
  ])('%s', (_what, view, expected) => {
    const policy = parsePolicy(JSON.stringify({ overrides }), 'enforce');
    const seen = worker({ findings: findings({ profile: LACKING }), ...view });
    const { decision, reason } = decide(observation(seen), { policy, now: NOW, account: '111122223333' });
    expect(`${decision} ${reason}`).toBe(expected);
  });

  it('gives the workers of a cluster more time', () => {
    const policy = parsePolicy(JSON.stringify({ overrides }), 'enforce');
    const lookAtIn = (cluster: string) => {
      const { findings: _unread, ...unread } = worker({ cluster });
      return decide(observation(unread), { policy, now: NOW, account: '111122223333' }).lookAt;
    };
    expect([lookAtIn('shop'), lookAtIn('test')]).toEqual([NOW + 120 * MINUTE, NOW]);
  });
});
