import { expect, it } from 'vitest';
import { KubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { observeOtherNodes } from './observe-other-nodes.ts';

it('a cluster that is busy, or answers with what is no list, hides no nodes: neither what was seen of it nor another’s', async () => {
  const broken = new SyntaxError('Unexpected token < in JSON');
  const troubles: unknown[] = [];
  const seen = await observeOtherNodes(
    async (name) => {
      if (name === 'broken') throw broken;
      if (name === 'busy') throw new KubernetesAccessError('throttled', 'Later.');
      if (name === 'closed') throw new KubernetesAccessError('forbidden', 'It says no.');
      return { refused: 'It is gone.' };
    },
    ['broken', 'busy', 'closed', 'gone'],
    (error) => void troubles.push(error),
  );
  expect([...seen]).toEqual([
    ['closed', { kind: 'unreadable', why: 'It says no.', variant: 'forbidden' }],
    ['gone', { kind: 'unreadable', why: 'It is gone.', variant: 'refused' }],
  ]);
  expect(troubles).toEqual([broken]);
});
