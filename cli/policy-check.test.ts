import { expect, it } from 'vitest';
import { checkPolicy } from './policy-check.ts';

it('a document that nests deeper than the stack allows calls is refused, not thrown at', () => {
  const depth = 4_000;
  const { faults, stopped } = checkPolicy(`{"upgrades":${'['.repeat(depth)}${']'.repeat(depth)}}`, 0);
  expect(faults).toEqual([expect.stringContaining('upgrades')]);
  expect(stopped).toContain('upgrade-node-groups');
});

it('windows come in the order of the document, each with its path', () => {
  const window = { cron: '0 2 * * *', timeZone: 'UTC', duration: '1h' };
  const document = { upgrades: { windows: [window, window] }, overrides: [{ upgrades: { windows: [window] } }] };
  expect(checkPolicy(JSON.stringify(document), 0).windows.map(({ path }) => path)).toEqual([
    'upgrades.windows.0',
    'upgrades.windows.1',
    'overrides.0.upgrades.windows.0',
  ]);
});
