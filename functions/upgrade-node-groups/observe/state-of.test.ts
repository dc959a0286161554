import { expect, it } from 'vitest';
import { NOW } from '../model/observation.fixture.ts';
import { stateOf } from './observe.ts';

it('a breaker stays lifted though the node group through which that was asked is made anew; its failures are forgotten, and no request is answered twice', () => {
  const lifts = [{ breaker: 'fleet', at: NOW, requestedBy: 'jo', why: 'cured' }];
  const failures = { releaseVersion: '1.33.13-20260714', count: 2, lastAt: NOW };
  const reading = {
    kind: 'found' as const,
    found: { nodegroupArn: 'arn:aws:eks:eu-central-1:1:nodegroup/shop/web/2' },
  };
  const known = {
    outcomes: 3,
    revision: 7,
    arn: 'arn:aws:eks:eu-central-1:1:nodegroup/shop/web/1',
    lifts,
    failures,
    answered: 'r-1',
  };
  const { state, isAnother } = stateOf({ reading }, known);
  expect(isAnother).toBe(true);
  expect(state).toEqual({ outcomes: 3, revision: 7, arn: reading.found.nodegroupArn, lifts, answered: 'r-1' });
});
