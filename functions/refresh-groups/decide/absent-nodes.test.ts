import { describe, expect, it } from 'vitest';
import {
  begun,
  circumstances,
  HOUR,
  image,
  known,
  member,
  NEW,
  NOW,
  policyWith,
  said,
  seen,
  under,
} from '../model/observation.fixture.ts';
import type { KnownRefresh, Member } from '../model/observation.ts';
import { decide } from './decide.ts';
import { progressAfter } from './progress.ts';

const MINUTE = 60_000;
const former = member('i-old', { hasJoined: true, launchedAt: NOW - 900 * HOUR });
const brought = (id: string, minutesAgo: number, more: Partial<Member> = {}) =>
  member(id, { imageId: NEW, launchedAt: NOW - minutesAgo * MINUTE, ...more });
const refresh = { ...begun, tellsJoined: true as const };
const during = (members: Member[], more: object = {}, status: KnownRefresh[] = [known('InProgress')]) =>
  seen({ state: under({ refresh: { ...refresh, ...more } }), refreshes: status }, { members });

describe('what a refresh remembers when it begins', () => {
  it.each<[string, Member[], true | undefined]>([
    ['that all workers bear the tag of those that join', [former, former], true],
    ['nothing where one does not', [former, member('i-2')], undefined],
    ['nothing where none is in service', [{ ...former, lifecycleState: 'Standby' }], undefined],
  ])('is %s', (_, members, tells) => {
    const decision = decide(seen({}, { members }), circumstances());
    expect([said(decision), decision.memory.refresh?.tellsJoined]).toEqual(['acted refresh-started', tells]);
  });
});

describe('a refresh of which no worker joins the cluster', () => {
  it('is rolled back twenty minutes after the first was launched', () => {
    const decision = decide(during([former, brought('i-new', 21)]), circumstances());
    expect([said(decision), decision.act, decision.message]).toEqual([
      'failed refresh-nodes-absent',
      'roll-back',
      `No worker with ${NEW} has joined the cluster, and 1 such worker is in service: i-new. The refresh is rolled back.`,
    ]);
  });

  it('is looked at again when that is over', () => {
    const decision = decide(during([former, brought('i-new', 8)]), circumstances());
    expect([said(decision), decision.wakeAt]).toEqual(['waiting refresh-under-way', NOW + 12 * MINUTE]);
  });

  it.each<[string, ReturnType<typeof during>]>([
    ['one has joined', during([former, brought('i-1', 40), brought('i-2', 30, { hasJoined: true })])],
    ['the tags told nothing when it began', during([former, brought('i-1', 40)], { tellsJoined: undefined })],
    [
      'a warm pool may have launched it long ago',
      during([former, brought('i-1', 40), brought('i-2', 9, { lifecycleState: 'Warmed:Stopped' })]),
    ],
    ['nothing was launched since', during([former, member('i-1', { imageId: NEW, launchedAt: NOW - 2 * HOUR })])],
    [
      'it is rolled back',
      during([former, brought('i-1', 40)], { rolledBackAt: NOW - MINUTE }, [known('RollbackInProgress')]),
    ],
    ['somebody else rolls it back', during([former, brought('i-1', 40)], {}, [known('RollbackInProgress')])],
    ['it is the way back', during([former, brought('i-1', 40)], { undoes: true })],
  ])('goes on where %s', (_, observation) => {
    const decision = decide(observation, circumstances());
    expect([said(decision), decision.act]).toEqual(['waiting refresh-under-way', undefined]);
  });

  it('is not rolled back where the kill switch is on', () => {
    const stopped = circumstances(policyWith({}, { killSwitch: true }));
    const decision = decide(during([former, brought('i-new', 21)]), stopped);
    expect([said(decision), decision.act]).toEqual(['skipped kill-switch', undefined]);
  });

  it('is told of where nothing more than the wish to roll it back was saved', () => {
    const asked = during([former, brought('i-1', 40)], { rollingBackAt: NOW - MINUTE }, [known('RollbackInProgress')]);
    const decision = decide(asked, circumstances());
    expect([said(decision), decision.act, decision.memory.refresh?.rolledBackAt]).toEqual([
      'failed refresh-nodes-absent',
      undefined,
      NOW - MINUTE,
    ]);
  });

  it('is waited for where it has ended before, and then has failed, and can be undone', () => {
    const ended = (minutesAgo: number) => during([brought('i-1', minutesAgo)], {}, [known('Successful')]);
    const early = decide(ended(15), circumstances());
    expect([said(early), early.wakeAt]).toEqual(['waiting refresh-under-way', NOW + 5 * MINUTE]);
    const late = decide(ended(20), circumstances());
    const { failures, done, refresh: left } = late.memory;
    expect([said(late), failures, done?.target, left]).toEqual([
      'failed refresh-nodes-absent',
      { target: NEW, count: 1, resumed: 0 },
      NEW,
      undefined,
    ]);
  });

  it('is not called done later, and no later wave takes the AMI, until a worker joins', () => {
    const policy = policyWith({}, { upgrades: { waves: ['first', 'last'] } });
    const look = (more: Partial<Member>) => {
      const observation = seen(
        { state: under({ refresh: undefined, done: refresh }), present: image(NEW, 48 * HOUR) },
        { members: [brought('i-1', 40, more)], source: { kind: 'version', templateId: 'lt-1', version: '4' } },
      );
      const decision = decide(observation, circumstances(policy));
      return [said(decision), progressAfter(observation, decision, { anywhere: policy, here: policy }, NOW)?.health];
    };
    expect(look({})).toEqual(['failed refresh-nodes-absent', 'unhealthy']);
    expect(look({ hasJoined: true })).toEqual(['done group-refreshed', 'well']);
  });
});
