import { describe, expect, it } from 'vitest';
import { decideDrain } from './decide-drain.ts';
import type { DrainDecision } from './decision.ts';
import { circumstances, drainGroup, drainOf, HOUR, MINUTE, NOW } from './observation.fixture.ts';
import type { DrainObservation } from './observation.ts';

const told = ({ decision, reason, act, isOver, silent }: DrainDecision): string =>
  [silent === true ? 'silent' : `${decision} ${reason}`, act, isOver === true ? 'over' : undefined]
    .filter((each) => each !== undefined)
    .join(' ');
const event = { code: 'instance-retirement', notBefore: NOW + 100 * HOUR };
const ahead = (more: Partial<DrainObservation> = {}, state: Partial<DrainObservation['state']> = {}) =>
  drainOf({ lifecycleState: 'InService', event, ...more }, { ahead: true, ...state });
const enforced = { scheduledEvents: { mode: 'enforce' } };
const shut = { scheduledEvents: { mode: 'enforce', windows: [{ cron: '0 2 * * *', duration: '1h' }] } };

describe('a node for which EC2 has scheduled an event', () => {
  it.each<[string, DrainObservation, object, string]>([
    ['is told', ahead(), {}, 'would-act would-end-ahead'],
    ['is ended ahead where the policy says so', ahead(), enforced, 'acted ended-ahead end'],
    ['waits for its change window', ahead(), shut, 'waiting ahead-waits'],
    [
      'waits while another node moves',
      ahead({ group: drainGroup({ isMoving: true }) }),
      enforced,
      'waiting ahead-waits',
    ],
    [
      'stays where nobody drains it',
      ahead({ group: drainGroup({ isDrained: false }) }),
      enforced,
      'refused cannot-end-ahead',
    ],
    [
      'waits while nobody knows whether it could be drained',
      ahead({ group: drainGroup({ isDrained: 'in-doubt' }) }),
      enforced,
      'waiting ahead-waits',
    ],
    [
      'is told to be left to Auto Scaling',
      ahead({ group: drainGroup({ isDrained: false }) }),
      {},
      'skipped cannot-end-ahead',
    ],
    [
      'stays where no other is launched',
      ahead({ group: drainGroup({ suspended: ['Launch'] }) }),
      enforced,
      'refused cannot-end-ahead',
    ],
    ['is left alone where it opted out', ahead({ isOptedOut: true }), enforced, 'silent'],
    ['is left alone with mode off', ahead(), { scheduledEvents: { mode: 'off' } }, 'silent'],
    ['is left alone where no node is drained', ahead(), { ...enforced, mode: 'off' }, 'silent'],
    [
      'is no matter any more once the event is over',
      { ...drainOf({ lifecycleState: 'InService' }, { ahead: true }) },
      enforced,
      'done event-over over',
    ],
  ])('%s', (_what, observation, drains, expected) => {
    expect(told(decideDrain(observation, circumstances(drains)))).toBe(expected);
  });

  it('is told again where EC2 moves the event', () => {
    const moved = { ...event, notBefore: event.notBefore + HOUR };
    const variants = [event, moved].map((each) => decideDrain(ahead({ event: each }), circumstances()).variant);
    expect(new Set(variants).size).toBe(2);
  });

  it('is told to have been ended ahead, where the function died when Auto Scaling had been told', () => {
    const ending = { decision: 'acted', reason: 'ended-ahead', message: 'It is ended.', variant: '' } as const;
    const waits = drainOf({ lifecycleState: 'Terminating:Wait' }, { startedAt: NOW - MINUTE, ending });
    expect(told(decideDrain(waits, circumstances(enforced)))).toBe('acted ended-ahead');
  });
});
