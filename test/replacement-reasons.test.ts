import { expect, it } from 'vitest';
import { REASONS } from '../functions/remediations.ts';
import { KEPT } from '../functions/shared/rollouts/kept-by-person.ts';
import { NOT_BY_ITSELF } from '../functions/shared/rollouts/replacement-turn.ts';

it('reasons for which no later wave waits are reasons that a function gives', () => {
  expect([...NOT_BY_ITSELF].filter((reason) => !(reason in REASONS))).toEqual([]);
});

it('reasons for which the AMI of a group stays are reasons that a function gives', () => {
  expect([...KEPT].filter((reason) => !(reason in REASONS))).toEqual([]);
});
