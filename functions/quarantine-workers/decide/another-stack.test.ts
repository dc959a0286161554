import { describe, expect, it } from 'vitest';
import {
  circumstances,
  isolatedWorker,
  NOW,
  networkInterface,
  observation,
  quarantine,
  requested,
  worker,
} from '../model/observation.fixture.ts';
import { stackOf } from '../steps/quarantine-groups.ts';
import { decide } from './decide.ts';

/** A worker that nothing but security groups of these stacks' quarantines holds. */
const held = (...heldBy: string[]) => {
  const heldIn = heldBy.map((stack) => `sg-${stack}`);
  return { heldBy, heldIn, interfaces: [networkInterface({ groupIds: heldIn })] };
};
/** A worker that has such groups, of which one lets everything in. */
const named = (...heldBy: string[]) => ({
  ...held(...heldBy),
  leaks: new Map([[`sg-${heldBy[0]}`, 'ingress from 0.0.0.0/0']]),
});
const MINUTE = 60_000;
/** A quarantine that was begun so many minutes ago, and was not seen closed yet. */
const begun = (minutes: number, rest: object = {}) => ({
  quarantine: quarantine({ phase: 'isolating', startedAt: NOW - minutes * MINUTE, ...rest }),
});
const as = (stackName: string) => circumstances({}, { stackName });

describe('a worker in the quarantine of another stack', () => {
  it('is left to it, and that is told with the name of the stack', () => {
    expect(decide(observation(worker(held('a-stack'))), as('b-stack'))).toMatchObject({
      decision: 'refused',
      reason: 'another-stack',
      message: expect.stringContaining('Stack a-stack of this product has it in quarantine.'),
    });
    expect(decide(observation(worker(held('a-stack'))), as('a-stack'))).toMatchObject({ reason: 'quarantine-started' });
  });

  it('is left to the first by name where both began at once: the other closes nothing, and keeps no slot for it', () => {
    const open = (...by: string[]) => observation(worker(held(...by)), begun(1));
    const left = decide(open('a-stack', 'b-stack'), as('b-stack'));
    expect(left).toMatchObject({ decision: 'refused', reason: 'another-stack' });
    expect([left.act, left.quarantine]).toEqual([undefined, undefined]);
    expect(decide(open('a-stack', 'b-stack'), as('a-stack'))).toMatchObject({ act: { kind: 'isolate' } });
  });

  it('is still released where an operator asks for it', () => {
    const asked = observation(isolatedWorker(held('a-stack')), { quarantine: quarantine() }, { request: requested() });
    expect(decide(asked, as('b-stack')).reason).not.toBe('another-stack');
  });
});

describe('a worker with a group that only has the name of a quarantine', () => {
  it('is looked at again while it may be on its way, and then isolated', () => {
    const since = (minutes: number) => ({ reason: 'another-stack' as const, since: NOW - minutes * MINUTE });
    const first = decide(observation(worker(named('a-stack'))), as('b-stack'));
    expect(first).toMatchObject({ reason: 'another-stack', lookAt: NOW + 15_000 });
    expect(decide(observation(worker(named('a-stack')), since(1)), as('b-stack')).reason).toBe('another-stack');
    expect(decide(observation(worker(named('a-stack')), since(2)), as('b-stack')).reason).toBe('quarantine-started');
    expect(decide(observation(worker(held('a-stack')), since(60)), as('b-stack')).reason).toBe('another-stack');
    const beside = { ...held('a-stack'), interfaces: [networkInterface({ groupIds: ['sg-a-stack', 'sg-nodes'] })] };
    expect(decide(observation(worker(beside), since(2)), as('b-stack')).reason).toBe('quarantine-started');
  });

  it('stays in a quarantine that began before: it waits for a move for five minutes, and then goes on', () => {
    const open = (state: object) => decide(observation(worker(named('a-stack')), state), as('b-stack'));
    expect(open(begun(1))).toMatchObject({ silent: true, lookAt: NOW + 15_000, quarantine: { phase: 'isolating' } });
    expect(open(begun(5))).toMatchObject({ act: { kind: 'isolate' }, quarantine: { phase: 'isolating' } });
  });

  it.each([
    ['open', named('a-stack')],
    ['closed', held('a-stack')],
  ])('stays in a quarantine that was seen closed by itself, though the group is %s', (_what, view) => {
    const stood = begun(60, { phase: 'isolated', isolatedAt: NOW - 50 * MINUTE });
    const decided = decide(observation(isolatedWorker(view), stood), as('b-stack'));
    expect(decided).toMatchObject({ reason: 'quarantine-reinforced', act: { kind: 'isolate' } });
  });
});

it.each([
  ['a', { GroupName: 'a-quarantine', Description: 'EKS Host Remediator: nothing in, nothing out' }],
  [undefined, { GroupName: 'a-quarantine', Description: 'mine' }],
  [undefined, { GroupName: 'web', Description: 'EKS Host Remediator: nothing in, nothing out' }],
  [undefined, {}],
])('the stack of a security group is %s for %o', (expected, group) => {
  expect(stackOf(group)).toBe(expected);
});
