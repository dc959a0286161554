import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDrain } from './decide-drain.ts';
import type { DrainDecision } from './decision.ts';
import { circumstances, drainGroup, drainOf, HOUR, MINUTE, NOW, nodeWith, pod } from './observation.fixture.ts';

const told = ({ decision, reason, act, isOver, silent }: DrainDecision): string =>
  [silent === true ? 'silent' : `${decision} ${reason}`, act, isOver === true ? 'over' : undefined]
    .filter((each) => each !== undefined)
    .join(' ');
const late = { startedAt: NOW - 2 * HOUR };
const CLOSED = { kind: 'unreadable', why: 'Closed.', mayPass: false } as const;
const TROUBLED = { kind: 'unreadable', why: 'No answer.', mayPass: true } as const;
/** A node that was cordoned before it was read. */
const EMPTY = { ...nodeWith(), isOurs: true };
const held = nodeWith(pod('cart-1', { budgets: ['cart'] }));

describe('a node whose termination waits', () => {
  it.each([
    ['is drained while pods are there', drainOf(), {}, 'waiting node-draining drain'],
    ['goes once it is empty', drainOf({ node: EMPTY }), {}, 'acted node-drained let-go'],
    ['is cordoned first where it was empty before', drainOf({ node: nodeWith() }), {}, 'waiting node-draining drain'],
    [
      'goes where it is empty and others have cordoned it',
      drainOf({ node: { ...nodeWith(), unschedulable: true } }),
      {},
      'acted node-drained let-go',
    ],
    ['goes at the deadline where it is empty', drainOf({ node: nodeWith() }, late), {}, 'acted node-drained let-go'],
    ['goes where it is no node', drainOf({ node: { kind: 'absent' } }), {}, 'acted node-drained let-go'],
    ['is kept at the deadline', drainOf({ node: held }, late), {}, 'failed node-retained keep'],
    ['goes at the deadline', drainOf({ node: held }, late), { atDeadline: 'go' }, 'failed drain-given-up let-go'],
    [
      'waits on where its group retains nothing',
      drainOf({ node: held, group: drainGroup({ tags: {}, retains: false, retained: 0 }) }, late),
      {},
      'failed drain-obstructed drain',
    ],
    [
      'goes where too many are retained',
      drainOf({ group: drainGroup({ tags: {}, retains: true, retained: 2 }) }, late),
      {},
      'failed drain-given-up let-go',
    ],
    ['is kept where its cluster cannot be read', drainOf({ node: CLOSED }, late), {}, 'failed node-retained keep'],
    [
      'keeps its action alive where its cluster cannot be read',
      drainOf({ node: CLOSED }),
      {},
      'failed drain-obstructed drain',
    ],
    [
      'keeps its action alive while its cluster may only be troubled: that is doubt',
      drainOf({ node: TROUBLED }),
      {},
      'waiting drain-in-doubt drain',
    ],
    [
      'is told not to be drained once its cluster has been troubled for a quarter of an hour',
      drainOf({ node: TROUBLED }, { doubtSince: NOW - 15 * MINUTE }),
      {},
      'failed drain-obstructed drain',
    ],
    [
      'does not end at its deadline while nobody knows for a moment which pods it has',
      drainOf({ node: TROUBLED }, late),
      { atDeadline: 'go' },
      'waiting drain-in-doubt drain',
    ],
    [
      'ends at its deadline once its cluster has been troubled for a quarter of an hour',
      drainOf({ node: TROUBLED }, { ...late, doubtSince: NOW - 15 * MINUTE }),
      { atDeadline: 'go' },
      'failed drain-given-up let-go',
    ],
    ['is let go only once', drainOf({}, { letGoAt: NOW - MINUTE }), {}, 'silent'],
    ['is let go where it opted out', drainOf({ isOptedOut: true }), {}, 'skipped node-let-go let-go'],
    [
      'is let go where its group opted out',
      drainOf({ group: drainGroup({ tags: { 'eks-host-remediator:ignore': '' }, retains: true, retained: 0 }) }),
      {},
      'skipped node-let-go let-go',
    ],
    [
      'is left alone where its group opted out and it is retained',
      drainOf({
        group: drainGroup({ tags: { 'eks-host-remediator:ignore': '' }, retains: true, retained: 1 }),
        lifecycleState: 'Terminating:Retained',
      }),
      {},
      'skipped opted-out',
    ],
    [
      'is left alone where it opted out and is retained',
      drainOf({ isOptedOut: true, lifecycleState: 'Terminating:Retained' }),
      {},
      'skipped opted-out',
    ],
    ['is let go where the mode is off', drainOf(), { mode: 'off' }, 'skipped node-let-go let-go'],
    [
      'is drained in mode observe, too, since the hook stands',
      drainOf(),
      { mode: 'observe' },
      'waiting node-draining drain',
    ],
    [
      'is drained on its way into a warm pool',
      drainOf({ lifecycleState: 'Warmed:Pending:Wait' }),
      {},
      'waiting node-draining drain',
    ],
    [
      'is drained before it gets a new root volume',
      drainOf({ lifecycleState: 'ReplacingRootVolume:Wait' }),
      {},
      'waiting node-draining drain',
    ],
    [
      'is left alone while it gets a new root volume',
      drainOf({ lifecycleState: 'ReplacingRootVolume:Proceed' }, { letGoAt: NOW }),
      {},
      'silent',
    ],
    [
      'is given back with its new root volume, while Auto Scaling checks its health',
      drainOf({ lifecycleState: 'RootVolumeReplaced' }, { letGoAt: NOW }),
      {},
      'done node-returned restore over',
    ],
    [
      'is retained in whatever state Auto Scaling keeps it so',
      drainOf({ lifecycleState: 'Warmed:Pending:Retained' }, late),
      {},
      'failed node-retained drain',
    ],
    [
      'is drained where it ends in the warm pool',
      drainOf({ lifecycleState: 'Warmed:Terminating:Wait' }),
      {},
      'waiting node-draining drain',
    ],
    [
      'is left alone on its way into the warm pool',
      drainOf({ lifecycleState: 'Warmed:Pending:Proceed' }, { letGoAt: NOW }),
      {},
      'silent',
    ],
    [
      'stays cordoned while it runs in the warm pool',
      drainOf({ lifecycleState: 'Warmed:Running' }, { letGoAt: NOW }),
      {},
      'silent',
    ],
    [
      'is given back once it is stopped in the warm pool: nothing is scheduled onto it there',
      drainOf({ lifecycleState: 'Warmed:Stopped' }, { letGoAt: NOW }),
      {},
      'done node-returned restore over',
    ],
    [
      'is given back once it serves again',
      drainOf({ lifecycleState: 'InService' }, { letGoAt: NOW }),
      {},
      'done node-returned restore over',
    ],
    [
      'is told first to have been drained, where the function died when Auto Scaling had been told',
      drainOf(
        { lifecycleState: undefined },
        { ending: { decision: 'acted', reason: 'node-drained', message: 'No pod is left.', variant: '' } },
      ),
      {},
      'acted node-drained',
    ],
    ['has ended once it has left its group', drainOf({ lifecycleState: undefined }), {}, 'done node-ended over'],
    [
      'is drained on while it is retained',
      drainOf({ lifecycleState: 'Terminating:Retained' }, late),
      {},
      'failed node-retained drain',
    ],
    [
      'ends once it is retained and empty',
      drainOf({ lifecycleState: 'Terminating:Retained', node: EMPTY }, late),
      {},
      'acted node-drained end',
    ],
    [
      'ends where more are retained than the policy lets a group have',
      drainOf(
        { lifecycleState: 'Terminating:Retained', group: drainGroup({ tags: {}, retains: true, retained: 3 }) },
        late,
      ),
      {},
      'failed drain-given-up end',
    ],
    [
      'ends where it is retained and the mode is off',
      drainOf({ lifecycleState: 'Terminating:Retained' }, late),
      { mode: 'off' },
      'skipped node-let-go end',
    ],
    [
      'ends once it was retained for too long',
      drainOf({ lifecycleState: 'Terminating:Retained' }, { ...late, retainedAt: NOW - 25 * HOUR }),
      {},
      'failed drain-given-up end',
    ],
  ])('%s', (_what, observation, drains, expected) => {
    expect(told(decideDrain(observation, circumstances(drains)))).toBe(expected);
  });

  it('goes on waiting with the kill switch on, and where nothing proves whose it is: a hook that nobody answers is abandoned', () => {
    const stopped = decideDrain(drainOf(), circumstances({}, { killSwitch: true }));
    expect(told(stopped)).toBe('skipped kill-switch hold');
    expect(stopped.wakeAt).toBeLessThan(NOW + HOUR);
    const claims = drainOf({ owner: { tags: {}, onlyClaims: 'It only claims.' } });
    expect(told(decideDrain(claims, circumstances()))).toBe('refused claims-to-be-worker hold');
    // One that was let go waits for somebody else's hook.
    expect(told(decideDrain(drainOf({}, { letGoAt: NOW }), circumstances({}, { killSwitch: true })))).toBe(
      'skipped kill-switch',
    );
  });

  it('stays as it is while a guard holds where it is retained, and is looked at again', () => {
    const retained = drainOf({ lifecycleState: 'Terminating:Retained' }, late);
    const decision = decideDrain(retained, circumstances({}, { killSwitch: true }));
    expect(told(decision)).toBe('skipped kill-switch');
    expect(decision.wakeAt).toBeGreaterThan(NOW);
  });

  it('is not ended where it was let go here, and retained for a hook of others after that', () => {
    const theirs = drainOf({ lifecycleState: 'Terminating:Retained', node: EMPTY }, { ...late, letGoAt: NOW - HOUR });
    const decision = decideDrain(theirs, circumstances());
    expect(told(decision)).toBe('silent');
    expect(decision.wakeAt).toBeGreaterThan(NOW);
    expect(told(decideDrain(theirs, circumstances({ mode: 'off' })))).toBe('silent');
    // What was ended here, and is still there, is ended again.
    const ours = { ...theirs, state: { ...theirs.state, retainedAt: NOW - HOUR } };
    expect(told(decideDrain(ours, circumstances()))).toBe('acted node-drained end');
    const { memory } = decideDrain(
      drainOf({ lifecycleState: 'Terminating:Retained' }, late),
      circumstances({ mode: 'off' }),
    );
    expect(memory).toEqual({ retainedAt: NOW, letGoAt: NOW });
  });

  it('is looked at again where it opted out and is retained: the tag may go', () => {
    const retained = drainOf({ isOptedOut: true, lifecycleState: 'Terminating:Retained' });
    expect(decideDrain(retained, circumstances()).wakeAt).toBeGreaterThan(NOW);
  });

  it('is drained again when it ends once more: that it was let go holds for one termination', () => {
    const pooled = decideDrain(drainOf({ lifecycleState: 'Warmed:Running' }, { letGoAt: NOW }), circumstances());
    expect(pooled).toMatchObject({ silent: true, memory: { letGoAt: undefined } });
    expect(Object.keys(pooled.memory)).toEqual(['letGoAt']);
  });

  it('is told with each pod and what holds it', () => {
    const node = nodeWith(
      pod('a', { budgets: ['one'] }),
      pod('b', { budgets: ['one', 'two'] }),
      pod('c', { terminating: true }),
      pod('d'),
    );
    const { message } = decideDrain(drainOf({ node }), circumstances());
    expect(message).toContain(
      '4 pods still there: default/a (budget one); default/b (several budgets, which never let it go: one, two); default/c (ending); default/d.',
    );
  });

  it('is never let go before the deadline while a pod is there, and is looked at again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 47 * 60 }),
        fc.constantFrom('keep', 'go'),
        fc.integer({ min: 0, max: 5 }),
        (minutes, within, atDeadline, retained) => {
          const observation = drainOf(
            { group: drainGroup({ retained }), node: held },
            { startedAt: NOW - minutes * MINUTE },
          );
          const decision = decideDrain(observation, circumstances({ within: `${within}m`, atDeadline }));
          if (minutes < within) expect(decision.act).toBe('drain');
          expect(decision.wakeAt).toBeGreaterThan(NOW);
        },
      ),
      { numRuns: 100 },
    );
  });
});
