import { expect, it } from 'vitest';
import { decideHook } from './decide-hook.ts';
import { circumstances, groupWith } from './observation.fixture.ts';
import { policyHere } from './observe.ts';

it('is only proposed for a group whose own tags an override has observed', () => {
  const overrides = [{ name: 'frozen', match: { tags: { 'change-freeze': '*' } }, drains: { mode: 'observe' } }];
  const anywhere = circumstances({}, { overrides });
  const reasonFor = (tags: Record<string, string>) => {
    const observation = groupWith({ tags });
    return decideHook(observation, { ...anywhere, policy: policyHere(anywhere.policy, observation) }).reason;
  };
  expect([{}, { 'change-freeze': 'yes' }].map(reasonFor)).toEqual(['hook-made', 'would-make-hook']);
});
