import { describe, expect, it } from 'vitest';
import {
  circumstances,
  isolatedWorker,
  observation,
  quarantine,
  requested,
  worker,
} from '../model/observation.fixture.ts';
import { stackOf } from '../steps/quarantine-groups.ts';
import { decide } from './decide.ts';

const held = (...heldBy: string[]) => ({ heldBy });
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
    const open = (...by: string[]) => observation(worker(held(...by)), { quarantine: quarantine() });
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

it.each([
  ['a', { GroupName: 'a-quarantine', Description: 'EKS Host Remediator: nothing in, nothing out' }],
  [undefined, { GroupName: 'a-quarantine', Description: 'mine' }],
  [undefined, { GroupName: 'web', Description: 'EKS Host Remediator: nothing in, nothing out' }],
  [undefined, {}],
])('the stack of a security group is %s for %o', (expected, group) => {
  expect(stackOf(group)).toBe(expected);
});
