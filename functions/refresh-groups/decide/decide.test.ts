import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import {
  begun,
  circumstances,
  type Group,
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
import { preferencesOf } from '../model/preferences.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

describe('a group on an older AMI than the wanted one', () => {
  it('is refreshed, from its version, with a refresh that is remembered before anything is done', () => {
    const decision = decide(seen(), circumstances());
    expect(said(decision)).toBe('acted refresh-started');
    expect(decision.act).toBe('start');
    const from = { templateId: 'lt-1', version: '3', imageId: OLD };
    expect(decision.memory.refresh).toEqual({ target: NEW, from, at: NOW, attempt: 1 });
  });

  it('is told that the policy is invalid, though such a policy names no AMI', () => {
    const { wanted: _unnamed, ...group } = seen();
    const decision = decide(group, { ...circumstances(), policy: { error: 'refreshes.undrained: must be "go"' } });
    expect([said(decision), decision.silent]).toEqual(['refused policy-invalid', undefined]);
  });

  it('is proposed in mode observe, and refreshed once that is approved', () => {
    const policy = policyWith({ mode: 'observe' });
    const proposed = decide(seen(), circumstances(policy));
    expect([said(proposed), proposed.act, proposed.proposal?.target]).toEqual([
      'would-act would-refresh',
      undefined,
      NEW,
    ]);
    const ruling = { kind: 'approved' as const, id: 'a', at: NOW, requestedBy: 'somebody', why: 'tested' };
    const state = { outcomes: 1, revision: 1, fingerprint: 'x', proposal: { target: NEW, at: NOW, ruling } };
    expect(decide(seen({ state }), circumstances(policy)).act).toBe('start');
    const rejected = { ...state, proposal: { ...state.proposal, ruling: { ...ruling, kind: 'rejected' as const } } };
    expect(said(decide(seen({ state: rejected }), circumstances()))).toBe('skipped proposal-rejected');
  });

  it('is proposed again, as news, once its approval has expired, and a rejection does not expire', () => {
    const policy = policyWith({ mode: 'observe', approvalExpiresAfter: '2h' });
    const ruled = (kind: 'approved' | 'rejected', at: number) => {
      const ruling = { kind, id: 'a', at, requestedBy: 'somebody', why: 'tested' };
      const state = {
        outcomes: 1,
        revision: 1,
        fingerprint: 'x',
        proposal: { target: NEW, at: NOW - 9 * HOUR, ruling },
      };
      return decide(seen({ state }), circumstances(policy));
    };
    expect(ruled('approved', NOW - HOUR).act).toBe('start');
    const expired = ruled('approved', NOW - 3 * HOUR);
    expect([said(expired), expired.act, expired.variant]).toEqual([
      'would-act would-refresh',
      undefined,
      `${NEW} after a`,
    ]);
    expect(expired.message).toMatch(/The approval by somebody: tested expired at 2026-07-14T11:00/);
    expect(said(ruled('rejected', NOW - 3 * HOUR))).toBe('skipped proposal-rejected');
  });

  it('is pinned to the number of its version first where it floats and the policy says so, and only once', () => {
    const policy = policyWith({ floating: 'pin' });
    const source = { kind: 'floating' as const, templateId: 'lt-1', version: '$Latest' };
    const pins = decide(seen({}, { source }), circumstances(policy));
    expect([said(pins), pins.act, pins.message]).toEqual([
      'acted group-pinned',
      'pin',
      expect.stringMatching(/\$Latest, which is version 3 now.*as code/),
    ]);
    const pinned = { version: '3', at: NOW - HOUR };
    const setBack = decide(seen({ state: { ...seen().state, pinned } }, { source }), circumstances(policy));
    expect([said(setBack), setBack.act, setBack.message]).toEqual([
      'refused group-floats',
      undefined,
      expect.stringContaining('somebody set it back: it is not pinned again'),
    ]);
    const notShown = { ...seen().state, pinned: { version: '3', at: NOW - 60_000 } };
    expect(decide(seen({ state: notShown }, { source }), circumstances(policy)).silent).toBe(true);
    const code = { ...seen().template!, codeOwner: 'Terraform' };
    expect(said(decide(seen({ template: code }, { source }), circumstances(policy)))).toBe('refused template-is-code');
  });

  it('names the pin in its proposal, and an approval covers only what was proposed', () => {
    const observing = circumstances(policyWith({ floating: 'pin', mode: 'observe' }));
    const source = { kind: 'floating' as const, templateId: 'lt-1', version: '$Latest' };
    const approved = (proposal: RefreshState['proposal'], kind: 'approved' | 'rejected' = 'approved'): RefreshState => {
      const ruling = { kind, id: 'a', at: NOW, requestedBy: 'somebody', why: 'tested' };
      return { outcomes: 1, revision: 1, fingerprint: 'x', proposal: { ...proposal!, ruling } };
    };
    const proposed = decide(seen({}, { source }), observing);
    expect([said(proposed), proposed.act, proposed.message]).toEqual([
      'would-act would-refresh',
      undefined,
      expect.stringContaining('It is pinned to version 3 first.'),
    ]);
    // An approval of the move alone, or of a pin to another version, does not cover it.
    const move = { target: NEW, at: NOW };
    expect(decide(seen({ state: approved(move) }, { source }), observing).act).toBeUndefined();
    const template = { ...seen().template!, version: 5 };
    const state = approved(proposed.proposal);
    expect(decide(seen({ state, template }, { source }), observing).act).toBeUndefined();
    const pins = decide(seen({ state }, { source }), observing);
    expect(pins.act).toBe('pin');
    // The same approval covers the move once the group is on that version, even where the pin could not be saved.
    const after = { ...state, proposal: pins.proposal };
    for (const pinned of [{ pinned: { version: '3', at: NOW } }, {}]) {
      expect(decide(seen({ state: { ...after, ...pinned } }), observing).act).toBe('start');
    }
    expect(
      decide(seen({ state: after }, { source: { ...source, kind: 'version', version: '4' } }), observing).act,
    ).toBe(undefined);
    for (const rejected of [proposed.proposal, move]) {
      const told = decide(seen({ state: approved(rejected, 'rejected') }, { source }), observing);
      expect(said(told)).toBe('skipped proposal-rejected');
    }
  });

  it.each<[string, Partial<Observation>, Partial<Group>, string]>([
    ['a foreign operator', {}, { operator: 'x.amazonaws.com' }, 'refused group-operated'],
    ['a group of AWS Batch', {}, { tags: { AWSBatchServiceTag: 'batch' } }, 'refused group-operated'],
    [
      'an AMI that its owner has disabled',
      { present: { ...image(OLD, 96 * HOUR), state: 'disabled' } },
      {},
      'refused image-unclear',
    ],
    [
      'another group that launches from the latest version of its template',
      { followers: ['web'] },
      {},
      'refused template-followed',
    ],
    ['a tag as EKS gives them', {}, { tags: { 'eks:nodegroup-name': 'web' } }, 'refused group-operated'],
    [
      'a launch configuration',
      {},
      { source: { kind: 'launch-configuration' } },
      'refused group-has-launch-configuration',
    ],
    ['a mixed instances policy', {}, { source: { kind: 'mixed' } }, 'refused group-is-mixed'],
    ['$Latest', {}, { source: { kind: 'floating', templateId: 'lt-1', version: '$Latest' } }, 'refused group-floats'],
    [
      'a Capacity Block, in which nothing can be launched first',
      {
        template: {
          templateId: 'lt-1',
          templateName: 'legacy',
          version: 3,
          tags: {},
          data: { ImageId: OLD, InstanceMarketOptions: { MarketType: 'capacity-block' } },
        },
      },
      {},
      'refused group-cannot-surge',
    ],
    ['a suspended process', {}, { suspended: ['Launch'] }, 'refused group-suspended'],
    [
      'an instance of somebody else',
      {},
      { members: [member('i-1', { isNotOurs: 'it opted out.' })] },
      'refused group-shared',
    ],
    ['nobody who drains', { drains: false }, {}, 'refused nobody-drains'],
    ['drains in doubt', { drains: 'in-doubt' }, {}, 'waiting drains-in-doubt'],
    ['a refresh of somebody else', { refreshes: [known('InProgress')] }, {}, 'waiting foreign-refresh'],
    [
      'a worker in quarantine',
      {},
      { members: [member('i-1', { isQuarantined: true }), member('i-2')] },
      'waiting refresh-waits-for-quarantine',
    ],
    ['an AMI that EC2 does not show', { present: undefined as never }, {}, 'refused image-unclear'],
    [
      'a wanted AMI of another owner',
      { wanted: { kind: 'named', candidates: [{ image: image(NEW, HOUR, { owner: '2' }) }] } },
      {},
      'refused image-unclear',
    ],
    [
      'a wanted AMI that is not baked',
      { wanted: { kind: 'named', candidates: [{ image: image(NEW, HOUR) }] } },
      {},
      'waiting image-baking',
    ],
    ['no AMI that exists', { wanted: { kind: 'none', message: 'There is none.' } }, {}, 'refused image-unclear'],
    ['an opt-out', {}, { tags: { 'eks-host-remediator:ignore': '' } }, 'skipped opted-out'],
    [
      'tags alone that name the cluster',
      { owner: { tags: {}, onlyClaims: 'It claims.' } },
      {},
      'refused claims-to-be-worker',
    ],
  ])('is left alone with %s', (_what, more, group, expected) => {
    const decision = decide(seen(more, group), circumstances());
    expect([said(decision), decision.act, decision.memory.refresh]).toEqual([expected, undefined, undefined]);
  });

  it.each<[string, object, object, string]>([
    ['the kill switch', {}, { killSwitch: true }, 'skipped kill-switch'],
    ['mode off', { mode: 'off' }, {}, 'skipped mode-off'],
    ['a shut window', { windows: [{ cron: '0 2 * * *', duration: '1h' }] }, {}, 'waiting refresh-outside-window'],
    ['templates that may not be changed', { templates: 'propose' }, {}, 'refused template-is-code'],
  ])('is left alone by %s', (_what, refreshes, others, expected) => {
    const decision = decide(seen(), circumstances(policyWith(refreshes, others)));
    expect([said(decision), decision.act]).toEqual([expected, undefined]);
  });

  it('is only told the change where its template is code, or names a parameter', () => {
    const template = seen().template!;
    const coded = decide(seen({ template: { ...template, codeOwner: 'Terraform' } }), circumstances());
    // No approval changes a group that is kept as code, so none is requested.
    expect([said(coded), coded.proposal, coded.message]).toEqual([
      'refused template-is-code',
      undefined,
      expect.stringMatching(/Terraform.*lt-1.*version 3, ImageId from ami-0a.*to ami-0b/),
    ]);
    const parameter = { ...template, data: { ImageId: 'resolve:ssm:/ami' } };
    expect(said(decide(seen({ template: parameter }), circumstances()))).toBe('refused image-is-parameter');
  });

  it.each([
    ['shop/self-managed:other', 1, 5],
    ['other/self-managed:other', 5, 1],
  ])('waits while %s is refreshed, where there is room for one', (other, perCluster, perAccount) => {
    const policy = policyWith({ concurrency: { perCluster, perAccount } });
    const decision = decide(seen(), circumstances(policy, { underWay: new Set([other]) }));
    expect(said(decision)).toBe('waiting refresh-waits-for-slot');
  });
});

describe('a refresh that was begun', () => {
  it.each([
    ['InProgress', 'waiting refresh-under-way'],
    ['Baking', 'waiting refresh-under-way'],
    ['RollbackInProgress', 'waiting refresh-under-way'],
    ['Failed', 'failed refresh-failed'],
    ['RollbackSuccessful', 'failed refresh-failed'],
    ['RollbackFailed', 'failed refresh-failed'],
    ['Cancelled', 'failed refresh-cancelled'],
    ['Successful', 'failed refresh-incomplete'],
  ])('and is %s is told as %s', (status, expected) => {
    // A successful refresh leaves the group on the version that it desired.
    const version = status === 'Successful' ? '4' : '3';
    const shown = (more: object) => seen(more, { source: { kind: 'version', templateId: 'lt-1', version } });
    const decision = decide(shown({ state: under(), refreshes: [known(status)] }), circumstances());
    expect(said(decision)).toBe(expected);
    if (decision.decision !== 'failed') return;
    // The failure trips the breaker: no further refresh begins until somebody resumes it.
    const state = { ...under(), ...decision.memory, refresh: undefined } as RefreshState;
    expect(said(decide(shown({ state }), circumstances()))).toBe('refused refresh-halted');
    const event = {
      detail: { remediation: 'refresh-groups', action: 'resume', requestedBy: 'somebody', why: 'mended' },
    };
    const request = { event, trigger: seen().trigger } as never;
    const answered = answer(shown({ state }), request, circumstances());
    expect(said(answered)).toBe('waiting request-granted');
    expect(
      decide(shown({ state: { ...state, ...answered.memory } as RefreshState }), circumstances()).memory.refresh
        ?.attempt,
    ).toBe(2);
  });

  it('is done only once a fresh read shows every worker in service on the AMI; others in standby may stay', () => {
    const members = [member('i-1', { imageId: NEW }), member('i-2', { lifecycleState: 'Standby' })];
    const done = decide(seen({ state: under(), refreshes: [known('Successful')] }, { members }), circumstances());
    expect([said(done), done.memory.done?.version, done.memory.refresh]).toEqual([
      'done group-refreshed',
      '4',
      undefined,
    ]);
    const kept = [member('i-1', { imageId: NEW }), member('i-2', { isProtected: true })];
    const left = decide(seen({ state: under(), refreshes: [known('Successful')] }, { members: kept }), circumstances());
    expect([said(left), left.message]).toEqual([
      'failed refresh-incomplete',
      expect.stringContaining('i-2 (protected)'),
    ]);
  });

  it('is begun again where nobody knows whether AWS took it, and is not where it shows', () => {
    const { refreshId: _, version: _v, ...intended } = begun;
    const state = under({ refresh: { ...intended, at: NOW - 60_000 } });
    expect(decide(seen({ state }), circumstances()).act).toBe('start');
    const shown = under({ refresh: { ...begun, at: NOW - 60_000 } });
    expect(decide(seen({ state: shown, refreshes: [known('Pending')] }), circumstances()).act).toBeUndefined();
  });

  it('stays under way while it cannot be read, and keeps its slot', () => {
    const state = under({ refresh: { ...begun, at: NOW - 2 * HOUR } });
    const told = decide(seen({ state, unreadable: 'AccessDenied: no' }), circumstances());
    expect([said(told), told.memory.refresh, told.memory.failures]).toEqual([
      'failed unreadable',
      state.refresh,
      undefined,
    ]);
    expect(told.wakeAt).toBeGreaterThan(NOW);
  });

  it('is rolled back when somebody rejects it, and undone to the former version once it is done', () => {
    const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
    const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
    const active = decide(seen({ state: under({ proposal }), refreshes: [known('InProgress')] }), circumstances());
    expect([said(active), active.act]).toEqual(['acted refresh-undoing', 'roll-back']);
    const { refresh: _, ...ended } = under({ proposal, done: begun });
    const source = { kind: 'version' as const, templateId: 'lt-1', version: '4' };
    const undone = decide(seen({ state: ended }, { source }), circumstances());
    expect([undone.act, undone.memory.refresh?.version, undone.memory.refresh?.undoes]).toEqual(['start', '3', true]);
    const moved = decide(seen({ state: ended }, { source: { ...source, version: '7' } }), circumstances());
    expect(moved.act).toBeUndefined();
    // An undo that failed does not begin again until somebody resumes it.
    const failed = { ...ended, failures: { target: OLD, count: 1, resumed: 0 } };
    expect(said(decide(seen({ state: failed }, { source }), circumstances()))).toBe('refused refresh-halted');
  });

  const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
  const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
  it.each<[string, Partial<typeof begun> & object, string]>([
    ['rolled back', { rolledBackAt: NOW - 60_000 } as object, 'RollbackSuccessful'],
    [
      'undone',
      { target: OLD, from: { version: '4', imageId: NEW }, version: '3', undoes: true } as object,
      'Successful',
    ],
  ])(
    'is not begun again in mode enforce once it was rejected and %s, until somebody approves it',
    (_what, more, status) => {
      const state = under({ proposal, refresh: { ...begun, ...more } });
      const refreshes = [known(status, 'undoes' in more ? { version: '3' } : {})];
      const ended = decide(seen({ state, refreshes }), circumstances());
      expect(said(ended)).toBe('done refresh-undone');
      const after: RefreshState = { outcomes: 2, revision: 2, fingerprint: 'y', proposal: ended.proposal };
      const next = decide(seen({ state: after, refreshes }), circumstances());
      expect([said(next), next.act, next.proposal]).toEqual(['skipped proposal-rejected', undefined, ended.proposal]);
      const approved = { ...ended.proposal!, ruling: { ...ruling, kind: 'approved' as const, id: 'a' } };
      expect(decide(seen({ state: { ...after, proposal: approved } }), circumstances()).act).toBe('start');
    },
  );

  it('is undone by another refresh where it had ended before it could be rolled back', () => {
    const state = under({ proposal, refresh: { ...begun, rolledBackAt: NOW - 60_000 } as never });
    const members = [member('i-1', { imageId: NEW })];
    const ended = decide(seen({ state, refreshes: [known('Successful')] }, { members }), circumstances());
    expect(said(ended)).toBe('done group-refreshed');
    const source = { kind: 'version' as const, templateId: 'lt-1', version: '4' };
    const after = { ...state, ...ended.memory, refresh: undefined, proposal: ended.proposal } as RefreshState;
    expect(said(decide(seen({ state: after }, { members, source }), circumstances()))).toBe('acted refresh-undoing');
  });

  it('is not begun again where the group has changed since it was decided', () => {
    const { refreshId: _, version: _v, ...intended } = begun;
    const state = under({ refresh: { ...intended, at: NOW - 60_000 } });
    const source = { kind: 'version' as const, templateId: 'lt-1', version: '9' };
    const refresh = { ...state.refresh!, from: { ...begun.from, templateId: 'lt-2' } };
    expect(decide(seen({ state: { ...state, refresh } }), circumstances()).act).toBeUndefined();
    for (const group of [{ source }, { source: { kind: 'mixed' as const } }]) {
      expect(decide(seen({ state }, group), circumstances()).act).toBeUndefined();
    }
  });

  it('is not told as undone while a worker still runs what was rejected', () => {
    const state = under({ proposal, refresh: { ...begun, rolledBackAt: NOW - 60_000 } as never });
    const members = [member('i-1'), member('i-2', { imageId: NEW })];
    const left = decide(seen({ state, refreshes: [known('RollbackSuccessful')] }, { members }), circumstances());
    expect([said(left), left.message]).toEqual(['failed refresh-incomplete', expect.stringContaining(`i-2 ${NEW}`)]);
  });
});

it('acts on no group that a guard holds, whatever else is seen', () => {
  const anyState = fc.option(
    fc.constantFrom(
      under(),
      under({ refresh: { ...begun, at: NOW, refreshId: undefined as never, version: undefined as never } }),
    ),
    { nil: seen().state },
  );
  fc.assert(
    fc.property(
      anyState,
      fc.constantFrom<Partial<Group>>(
        {},
        { operator: 'x' },
        { source: { kind: 'mixed' } },
        { suspended: ['Terminate'] },
        { members: [] },
      ),
      fc.boolean(),
      fc.constantFrom('Pending', 'Successful', 'Failed', 'Baking'),
      fc.constantFrom<[object, object]>(
        [{}, { killSwitch: true }],
        [{ mode: 'off' }, {}],
        [{}, { scope: { clusters: ['other'] } }],
      ),
      (state, group, drains, status, [refreshes, others]) => {
        const policy = policyWith(refreshes, others);
        const decision = decide(
          seen({ state: state ?? seen().state, drains, refreshes: [known(status)] }, group),
          circumstances(policy),
        );
        expect(decision.act).not.toBe('start');
      },
    ),
  );
});

it('says explicitly how a refresh goes, with a list of checkpoints that ends at 100', () => {
  expect(preferencesOf(policyWith().refreshes, {})).toEqual({
    MinHealthyPercentage: 100,
    MaxHealthyPercentage: 110,
    InstanceWarmup: 300,
    CheckpointPercentages: [20, 100],
    CheckpointDelay: 3600,
    BakeTime: 1800,
    AutoRollback: true,
    SkipMatching: false,
    StandbyInstances: 'Ignore',
    ScaleInProtectedInstances: 'Ignore',
  });
  expect(preferencesOf(policyWith({ checkpoints: [] }).refreshes, {})).not.toHaveProperty('CheckpointDelay');
  const { refreshes } = policyWith({ alarms: ['errors'] });
  expect(preferencesOf(refreshes, {}).AlarmSpecification).toEqual({ Alarms: ['errors'] });
  // The alarm that fires because of the new AMI must not end the way back.
  expect(preferencesOf(refreshes, { undoes: true })).not.toHaveProperty('AlarmSpecification');
});

describe('a group that somebody has set back to the AMI from which a refresh brought it', () => {
  const [templateId, version] = ['lt-1', '4'];
  const done = { target: NEW, from: { templateId, version: '3', imageId: OLD }, at: NOW - HOUR, attempt: 1, version };
  const toldWith = (more: object = {}, policy = policyWith(), group: object = {}) =>
    said(decide(seen({ state: { outcomes: 1, revision: 1, ...more } }, group), circumstances(policy)));

  it('is not moved again, neither to that AMI nor to a later one', () => {
    expect(toldWith({ done })).toBe('refused group-set-back');
    expect(toldWith({ done: { ...done, target: 'ami-0cccccccccccccccc' } })).toBe('refused group-set-back');
  });

  it('is told so while its workers still run the newer AMI', () => {
    const present = { present: image(NEW, 48 * HOUR), state: { outcomes: 1, revision: 1, done } };
    expect(said(decide(seen(present), circumstances()))).toBe('refused group-set-back');
  });

  it('is told so where a version of its owner names that AMI', () => {
    const from = { ...done.from, version: '2' };
    expect(toldWith({ done: { ...done, from } })).toBe('refused group-set-back');
  });

  it('is moved where it names another AMI or uses another template, or has the version that was made', () => {
    expect(toldWith({ done: { ...done, from: { ...done.from, imageId: 'ami-0dddddddddddddddd' } } })).toBe(
      'acted refresh-started',
    );
    expect(toldWith({ done: { ...done, from: { ...done.from, templateId: 'lt-2' } } })).toBe('acted refresh-started');
    expect(toldWith({ done: { ...done, version: '3' } })).toBe('acted refresh-started');
  });

  it('is proposed in mode observe, and moved once an operator approves that', () => {
    const observing = policyWith({ mode: 'observe' });
    expect(toldWith({ done }, observing)).toBe('would-act would-refresh');
    const ruling = { kind: 'approved', id: 'r-1', at: NOW, requestedBy: 'somebody', why: 'it is mended' };
    expect(toldWith({ done, proposal: { target: NEW, at: NOW - 1, ruling } }, observing)).toBe('acted refresh-started');
  });
});
