import { expect, it } from 'vitest';
import { allPages, type Page } from './all-pages.ts';

it.each([{}, { items: null }, { items: 'none' }])('an answer that is no list is told as one: %j', async (answer) => {
  const list = async () => answer as unknown as Page<string>;
  await expect(allPages(list, (item) => item)).rejects.toMatchObject({
    name: 'KubernetesAccessError',
    problem: 'failed',
  });
});
