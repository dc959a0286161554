import type { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { lookAtUnseen } from '../../shared/rollouts/look-at-unseen.ts';
import { nodeGroup, observation } from '../model/observation.fixture.ts';
import { askAboutUnmanaged } from './ask-about-unmanaged.ts';

const NOW = Date.parse('2026-07-15T12:00:00Z');
const origin = { account: '111122223333', region: 'eu-central-1' };

/** Queues of several functions, of which that of `refresh-groups` takes nothing. */
function queues() {
  const asked: string[] = [];
  const queue = (name: string) => ({
    url: `https://sqs.eu-central-1.amazonaws.com/111122223333/${name}`,
    sqs: {
      send: async () => {
        asked.push(name);
        if (name === 'refresh') throw new Error('no such queue');
        return { Successful: [] };
      },
    } as unknown as SQSClient,
  });
  const of = {
    upgradeQueue: queue('upgrade'),
    refreshQueue: queue('refresh'),
    drainQueue: queue('drain'),
    nodeClassQueue: queue('class'),
  };
  return { asked, of };
}

it('asks all other functions about what EKS does not manage where the queue of one takes nothing', async () => {
  const { asked, of } = queues();
  const unmanaged = (['self-managed', 'karpenter'] as const).map((reason) => ({
    ...observation(nodeGroup()),
    view: { kind: 'unmanaged', reason } as never,
  }));
  const clusters = new Map([['shop', { id: 's-1', type: 'sweep', time: NOW }]]);
  await expect(askAboutUnmanaged({ ...of, ...origin }, { clusters }, unmanaged)).rejects.toThrow('Not every queue');
  expect(asked).toEqual(['refresh', 'drain', 'class']);
});

it('asks all other functions about groups that nobody has seen where the queue of one takes nothing', async () => {
  const { asked, of } = queues();
  const unseen = ['web', 'self-managed:batch', 'ec2nodeclass:spot'].map((nodegroup) => ({
    cluster: 'shop',
    nodegroup,
  }));
  await expect(lookAtUnseen(origin, of, unseen, NOW)).rejects.toThrow('Not every queue');
  expect(asked).toEqual(['upgrade', 'refresh', 'class']);
});
