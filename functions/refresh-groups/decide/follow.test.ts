import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { Decision } from '../model/decision.ts';
import {
  asked,
  begun,
  circumstances,
  HOUR,
  image,
  known,
  member,
  NEW,
  NOW,
  OLD,
  policyWith,
  said,
  seen,
  under,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { holdsSlot } from '../plan/standings.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

/** The state as it is saved after a decision. */
const saved = (state: RefreshState, { memory, proposal }: Decision): RefreshState =>
  JSON.parse(JSON.stringify({ ...state, refresh: undefined, goneSince: undefined, ...memory, proposal }));
const onVersion = (version: string) => ({ kind: 'version' as const, templateId: 'lt-1', version });

/** Some workers run the new AMI, and some the old one. */
const half = { members: [member('i-1', { imageId: NEW }), member('i-2')] };
const halfWay: Partial<Observation> = { present: image(NEW, 48 * HOUR), behind: image(OLD, 96 * HOUR) };
const ended = (status: string, state = under(), group: object = half) =>
  decide(seen({ ...halfWay, state, refreshes: [known(status)] }, group), circumstances());

describe('a refresh in a state that nobody here knows', () => {
  it('goes on, whoever began it, and is told as stuck once it has lasted', () => {
    const reached = { status: 'Verifying', percent: 50, since: NOW };
    const state = under({ refresh: { ...begun, reached } });
    expect(said(ended('Verifying'))).toBe('waiting refresh-under-way');
    const next = seen({ ...halfWay, state, refreshes: [known('Verifying')] }, half);
    expect(said(decide(next, { ...circumstances(), now: NOW + 24 * HOUR }))).toBe('failed refresh-stuck');
    const foreign = decide(seen({ ...halfWay, refreshes: [known('Verifying')] }, half), circumstances());
    expect([said(foreign), foreign.act]).toEqual(['waiting foreign-refresh', undefined]);
  });
});

describe('a refresh that left workers behind', () => {
  it.each([
    ['Cancelled', '3', OLD],
    ['Successful', '4', NEW],
  ])('(%s) is halted, and not done, and goes on once somebody resumes it', (status, version, imageId) => {
    const group = { ...half, source: onVersion(version) };
    const template = { ...seen().template!, version: Number(version), data: { ImageId: imageId } };
    const state = saved(under(), ended(status, under(), group));
    const next = seen({ ...halfWay, state, template }, group);
    expect(said(decide(next, circumstances()))).toBe('refused refresh-halted');
    const resumed = answer(next, asked('resume'), circumstances());
    expect(said(resumed)).toBe('waiting request-granted');
    const goesOn = decide({ ...next, state: saved(state, resumed) }, circumstances());
    expect([said(goesOn), goesOn.act, goesOn.memory.refresh?.target]).toEqual(['acted refresh-started', 'start', NEW]);
    // The undo leads back to the origin of the first refresh.
    expect(goesOn.memory.refresh?.from).toMatchObject({ version: '3', imageId: OLD });
  });

  it('is proposed where somebody else began it', () => {
    const next = seen(halfWay, half);
    expect(said(decide(next, circumstances(policyWith({ mode: 'observe' }))))).toBe('would-act would-refresh');
    const active = decide(
      { ...next, refreshes: [known('InProgress')] },
      circumstances(policyWith({ mode: 'observe' })),
    );
    expect(said(active)).toBe('waiting foreign-refresh');
  });

  it('is not told as done where the policy names none of its AMIs', () => {
    const state = { outcomes: 1, revision: 1, fingerprint: 'x' };
    const next = seen({ ...halfWay, state, wanted: { kind: 'named', candidates: [] } }, half);
    expect(said(decide(next, circumstances()))).toBe('skipped image-unclear');
  });
});

describe('a group with a warm pool', () => {
  const pooled = (lifecycleState: string, imageId: string) => member('i-9', { lifecycleState, imageId });
  const serving = [member('i-1', { imageId: NEW }), member('i-2', { imageId: NEW })];
  const end = (...members: object[]) =>
    ended('Successful', under(), { members: [...serving, ...members], source: onVersion('4') });

  it('is done only once the instances in the pool have the AMI, too', () => {
    expect(said(end(pooled('Warmed:Stopped', OLD)))).toBe('failed refresh-incomplete');
    expect(said(end(pooled('Warmed:Pending:Wait', OLD)))).toBe('failed refresh-incomplete');
    const done = end(pooled('Warmed:Stopped', NEW));
    expect([said(done), done.message]).toEqual([
      'done group-refreshed',
      `2 workers in service and 1 in the warm pool run ${NEW}, and no other AMI is left.`,
    ]);
    // The next reconcile takes what has come meanwhile.
    expect(done.wakeAt).toBe(NOW);
  });

  it.each(['Warmed:Terminating:Wait', 'Warmed:Terminating:Retained', 'Warmed:Pending:Retained', 'Terminating'])(
    'leaves out an instance that is %s',
    (lifecycleState) => expect(said(end(pooled(lifecycleState, OLD)))).toBe('done group-refreshed'),
  );

  it('names a worker in standby that keeps another AMI', () => {
    const done = end(pooled('Standby', OLD), member('i-8', { lifecycleState: 'Standby', imageId: NEW }));
    expect([said(done), done.message]).toEqual([
      'done group-refreshed',
      `2 workers in service run ${NEW}, and in standby another AMI is left: i-9 ${OLD}.`,
    ]);
  });

  it('says that workers are missing, as those are that fail their checks', () => {
    const done = ended('Successful', under(), { members: [member('i-1', { imageId: NEW })], source: onVersion('4') });
    expect([said(done), done.message]).toEqual([
      'done group-refreshed',
      `1 worker in service runs ${NEW}, and no other AMI is left. Auto Scaling wants 2 in service: look in the activities of the group why one is missing.`,
    ]);
  });

  it('waits for EC2 to show what an instance in the pool has', () => {
    expect(said(end(pooled('Warmed:Stopped', '')))).toBe('waiting refresh-under-way');
  });
});

describe('a refresh that was rejected', () => {
  const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
  const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
  const undo = { ...begun, target: OLD, from: { version: '4', imageId: NEW }, version: '3', undoes: true as const };

  it.each<[string, RefreshState, string, string]>([
    ['an undo that failed', under({ proposal, done: begun, refresh: undo }), 'RollbackSuccessful', '4'],
    ['an undo that left workers behind', under({ proposal, done: begun, refresh: undo }), 'Successful', '3'],
    ['a rollback that failed', under({ proposal }), 'RollbackFailed', '3'],
    ['a rollback that left workers behind', under({ proposal }), 'RollbackSuccessful', '3'],
    ['a refresh that was cancelled before it was rolled back', under({ proposal }), 'Cancelled', '3'],
  ])('stays so after %s: it is halted, and goes back once somebody resumes it', (_what, before, status, version) => {
    const group = { ...half, source: onVersion(version) };
    const told = ended(status, before, group);
    expect(told.decision).toBe('failed');
    const state = saved(before, told);
    const next = seen({ ...halfWay, state }, group);
    expect([said(decide(next, circumstances())), state.proposal?.ruling]).toEqual(['refused refresh-halted', ruling]);
    const resumed = answer(next, asked('resume'), circumstances());
    const goesOn = decide({ ...next, state: saved(state, resumed) }, circumstances());
    expect([said(goesOn), goesOn.memory.refresh?.version]).toEqual(['acted refresh-undoing', '3']);
  });

  it('is not begun again once somebody else has moved the group on', () => {
    const { refresh: _, ...state } = under({ proposal, done: begun });
    const moved = decide(seen({ state }, { source: onVersion('7') }), circumstances());
    const next = decide(seen({ state: saved(state, moved) }, { source: onVersion('7') }), circumstances());
    expect([said(moved), said(next)]).toEqual(['skipped refresh-undone', 'skipped proposal-rejected']);
  });

  const { refresh: _, ...undoable } = under({
    proposal,
    done: { ...begun, from: { ...begun.from, templateId: 'lt-1' } },
  });

  it.each<[string, Partial<Observation['group']>, string]>([
    [
      'moved to another launch template',
      { source: { ...onVersion('4'), templateId: 'lt-2' } },
      'skipped refresh-undone',
    ],
    ['joined by who opted out', { members: [member('i-1', { isNotOurs: 'it opted out.' })] }, 'refused group-shared'],
    ['operated by an AWS service', { operator: 'somebody' }, 'refused group-operated'],
    ['suspended', { suspended: ['Terminate'] }, 'refused group-suspended'],
  ])('is not undone in a group that was %s meanwhile', (_what, group, expected) => {
    const source = onVersion('4');
    expect(decide(seen({ state: undoable }, { source }), circumstances()).act).toBe('start');
    const told = decide(seen({ state: undoable }, { source, ...group }), circumstances());
    expect([said(told), told.act]).toEqual([expected, undefined]);
    // A repetition of the intended undo does not begin, either.
    const intended = { ...undo, from: { ...undo.from, templateId: 'lt-1' }, at: NOW - 60_000, refreshId: undefined };
    const doubted: RefreshState = { ...undoable, refresh: JSON.parse(JSON.stringify(intended)) };
    expect(decide(seen({ state: doubted }, { source }), circumstances()).act).toBe('start');
    expect(decide(seen({ state: doubted }, { source, ...group }), circumstances()).act).toBeUndefined();
  });

  it('is only rolled back for good once AWS has taken that', () => {
    const asking = decide(seen({ state: under({ proposal }), refreshes: [known('InProgress')] }), circumstances());
    expect([asking.act, asking.memory.refresh?.rolledBackAt]).toEqual(['roll-back', undefined]);
    const taken = { ...begun, rolledBackAt: NOW };
    const waiting = seen({ state: under({ proposal, refresh: taken }), refreshes: [known('InProgress')] });
    expect(decide(waiting, circumstances()).act).toBeUndefined();
  });

  it('is told as undone where the record that AWS had taken the rollback was lost', () => {
    const told = ended('RollbackSuccessful', under({ proposal }), { members: [member('i-1')] });
    expect(said(told)).toBe('done refresh-undone');
  });
});

describe('a refresh that has ended while EC2 does not show a worker in service', () => {
  const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
  const rejected = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
  it.each([
    ['Successful', under(), NEW],
    ['RollbackSuccessful', under({ proposal: rejected }), OLD],
  ])('(%s) is not told as ended before the AMI of each is known', (status, state, imageId) => {
    const members = [member('i-1', { imageId }), member('i-2', { imageId: '' })];
    const told = ended(status, state, { members });
    expect([said(told), told.message]).toEqual([
      'waiting refresh-under-way',
      expect.stringMatching(/EC2 does not show i-2/),
    ]);
    expect([told.memory.refresh, told.memory.failures, told.wakeAt]).toEqual([begun, undefined, NOW + 600_000]);
  });
});

describe('a refresh of a group that is gone', () => {
  const gone = { source: { kind: 'gone' as const }, members: [] };
  const look = (state: RefreshState, at: number, group: Partial<Observation['group']> = gone) =>
    decide(seen({ state, refreshes: [known('InProgress')] }, group), circumstances(policyWith(), { now: at }));

  it('ends once ten minutes have shown it gone, and leaves nothing under way', () => {
    const missed = look(under(), NOW);
    expect([missed.silent, missed.memory.refresh, missed.wakeAt]).toEqual([true, begun, NOW + 600_000]);
    const state = saved(under(), missed);
    expect(look(state, NOW + 599_999).memory.refresh).toEqual(begun);
    const told = look(state, NOW + 600_000);
    expect([said(told), told.memory, told.proposal]).toEqual(['skipped group-gone', {}, undefined]);
  });

  it('goes on where the group is seen again, and the ten minutes begin anew', () => {
    const state = saved(under(), look(under(), NOW));
    const back = look(state, NOW + HOUR, half);
    expect([said(back), back.memory.refresh]).toEqual(['waiting refresh-under-way', expect.objectContaining(begun)]);
    expect(look(saved(state, back), NOW + 2 * HOUR).memory.refresh).toMatchObject(begun);
  });
});

describe('a slot', () => {
  const active = { refreshes: [known('InProgress')] };
  const idle = { refreshes: [known('Successful')] };
  const follows = decide(seen({ state: under(), ...active }), circumstances());
  it.each([
    ['what was decided could not be saved', { ...idle, state: under() }, follows, undefined, true],
    [
      "somebody else's refresh is active",
      { ...active, state: seen().state },
      { ...follows, memory: {} },
      { ...follows, memory: {} },
      true,
    ],
    [
      'the refresh has ended',
      { ...idle, state: under() },
      { ...follows, memory: {} },
      { ...follows, memory: {} },
      false,
    ],
  ])('is counted right where %s', (_what, observation, decision, settled, expected) => {
    expect(holdsSlot(observation, decision, settled)).toBe(expected);
  });
});

describe('a refresh of which nobody knows whether AWS took it', () => {
  const { refreshId: _, ...intended } = begun;
  const since = (age: number, more: object = {}) =>
    seen({ state: under({ refresh: { ...intended, at: NOW - age, ...more } }) });

  it('is decided anew after ten minutes, and never counts as failed', () => {
    const later = decide(since(11 * 60_000), circumstances());
    expect([said(later), later.memory.failures]).toEqual(['acted refresh-started', undefined]);
    expect(later.memory.refresh?.at).toBe(NOW);
    const shut = policyWith({ windows: [{ cron: '0 2 * * *', duration: '1h' }] });
    const waits = decide(since(11 * 60_000), circumstances(shut));
    expect([said(waits), waits.memory.refresh]).toEqual(['waiting refresh-outside-window', undefined]);
  });

  it('is found by its version, however late', () => {
    const late = { ...since(3 * HOUR), refreshes: [known('InProgress', { startedAt: NOW - 3 * HOUR })] };
    const found = decide(late, circumstances());
    // That it was begun is not recorded yet.
    expect(said(found)).toBe('acted refresh-started');
    const { memory } = found;
    const next = decide({ ...late, state: { ...late.state, ...memory } }, circumstances());
    expect(said(next)).toBe('waiting refresh-under-way');
  });

  it('is waited for from when AWS gave its id', () => {
    const known = { refreshId: 'r-1', takenAt: NOW - 60_000 };
    expect(decide(since(HOUR, known), circumstances()).silent).toBe(true);
    const gone = decide(since(HOUR, { ...known, takenAt: NOW - 11 * 60_000 }), circumstances());
    expect(said(gone)).toBe('failed refresh-failed');
  });
});
