import { expect, it } from 'vitest';
import { KubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { observeOtherNodes } from './observe-other-nodes.ts';

it('a cluster that answers with what is no list hides the nodes of no other cluster', async () => {
  const broken = new SyntaxError('Unexpected token < in JSON');
  const troubles: unknown[] = [];
  const seen = await observeOtherNodes(
    async (name) => {
      if (name === 'broken') throw broken;
      if (name === 'closed') throw new KubernetesAccessError('forbidden', 'It says no.');
      return { refused: 'It is gone.' };
    },
    ['broken', 'closed', 'gone'],
    (error) => void troubles.push(error),
  );
  expect([...seen]).toEqual([
    ['closed', { kind: 'unreadable', why: 'It says no.', variant: 'forbidden' }],
    ['gone', { kind: 'unreadable', why: 'It is gone.', variant: 'refused' }],
  ]);
  expect(troubles).toEqual([broken]);
});
