import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sample } from '../../events/remediation-request.ts';
import { aliasOf, compareVersions, selectionOf } from './alias.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';
import type { ClassView, OfferedVersion, PoolView } from './node-class.ts';
import { circumstances, classView, HOUR, NOW, observationOf } from './observation.fixture.ts';

const DAY = 86_400_000;
const told = (view: ClassView, mode?: 'observe' | 'enforce' | 'off') => {
  const { decision, reason } = decide(observationOf(view), circumstances(mode));
  return `${decision} ${reason}`;
};
const al2023 = (version: string) => ({ family: 'al2023' as const, version });

it.each<[string, Partial<ClassView>, string]>([
  ['a newer release has baked', {}, 'acted node-class-being-pinned'],
  ['it floats', { selection: { kind: 'floats', family: 'al2023' } }, 'acted node-class-being-pinned'],
  [
    'it floats, and its nodes run a release that has not baked',
    { selection: { kind: 'floats', family: 'al2023' }, running: [al2023('v20260714')] },
    'waiting node-class-release-baking',
  ],
  ['a node runs an AMI of no release', { unknownImages: ['ami-1'] }, 'refused node-release-unknown'],
  [
    'a node runs another family',
    { running: [{ family: 'bottlerocket', version: 'v1.42.0' }] },
    'refused node-release-unknown',
  ],
  ['its terms are ids', { selection: { kind: 'custom' } }, 'skipped ami-terms-custom'],
  [
    'its alias is of Windows',
    { selection: { kind: 'other-alias', alias: 'windows2022@latest' } },
    'skipped ami-alias-left-alone',
  ],
  ['its alias is of AL2', { selection: { kind: 'other-alias', alias: 'al2@latest' } }, 'refused ami-alias-ended'],
  [
    'its alias is of AL2, and it has no nodes',
    { selection: { kind: 'other-alias', alias: 'al2@latest' }, pools: [] },
    'skipped ami-alias-left-alone',
  ],
  ['Argo CD keeps it', { codeOwner: 'Argo CD' }, 'refused node-class-kept-as-code'],
  [
    'nobody knows the releases',
    { offer: { kind: 'unknown', message: '', variant: '' } },
    'waiting node-class-release-unknown',
  ],
  [
    'it is pinned to the newest, and all nodes run it',
    { selection: { kind: 'pins', ...al2023('v20260701') }, running: [al2023('v20260701')] },
    'done node-class-current',
  ],
  [
    'it is pinned to the newest, and old nodes are left',
    { selection: { kind: 'pins', ...al2023('v20260701') } },
    'waiting node-class-drifting',
  ],
  [
    'it is pinned to the newest, and a pool lets no drifted node go',
    {
      selection: { kind: 'pins', ...al2023('v20260701') },
      pools: [
        { name: 'general', nodes: 3, drifted: 3, expireAfter: '720h', budgets: ['0'], driftBarredBy: '0' },
        { name: 'spare', nodes: 2, drifted: 2, expireAfter: '720h', budgets: ['10%'] },
      ],
    },
    'waiting node-class-drift-barred',
  ],
  [
    'it is pinned to the newest, all nodes run it, and a pool lets no drifted node go',
    {
      selection: { kind: 'pins', ...al2023('v20260701') },
      running: [al2023('v20260701')],
      pools: [{ name: 'general', nodes: 3, drifted: 0, expireAfter: '720h', budgets: ['0'], driftBarredBy: '0' }],
    },
    'done node-class-current',
  ],
  ['it opted out', { marks: { 'eks-host-remediator/ignore': 'true' } }, 'skipped opted-out'],
])('%s: it is told so', (_what, view, expected) => {
  expect(told(classView(view))).toBe(expected);
});

it.each([
  [23, '10%', 'waiting node-class-drifting'],
  [25, '10%', 'refused node-class-drift-slow'],
  [23, '0', 'waiting node-class-drift-barred'],
  [25, '0', 'refused node-class-drift-barred'],
])('%i hours after the pin, old nodes are left in a pool with a budget of %s: %s', (hours, budget, expected) => {
  const barred = budget === '0' && { driftBarredBy: budget };
  const pools = [{ name: 'general', nodes: 3, drifted: 3, expireAfter: '720h', budgets: [budget], ...barred }];
  const view = classView({ selection: { kind: 'pins', ...al2023('v20260701') }, pools });
  const made = { alias: 'al2023@v20260701', from: [], at: NOW - hours * 3_600_000 };
  const observation = observationOf(view, { state: { outcomes: 0, revision: 0, made } });
  const { decision, reason } = decide(observation, circumstances());
  expect(`${decision} ${reason}`).toBe(expected);
});

it.each([
  [0, undefined, 'waiting node-class-drifting'],
  [25, undefined, 'refused node-class-drift-slow'],
  [25, '0', 'refused node-class-drift-barred'],
])(
  'is not current %i h after its control plane has moved on, while nodes are for the former version',
  (hours, bar, told) => {
    const barred = bar === undefined ? {} : { driftBarredBy: bar };
    const pools = [{ name: 'general', nodes: 3, drifted: 3, expireAfter: '720h', budgets: ['10%'], ...barred }];
    const view = classView({
      selection: { kind: 'pins', ...al2023('v20260701') },
      pools,
      running: [al2023('v20260701')],
      runsOtherKubernetes: true,
    });
    const alias = 'al2023@v20260701';
    const made = { alias, from: [{ alias: 'al2023@latest' }], at: NOW - 900 * HOUR };
    const behind = { alias, since: NOW - hours * HOUR };
    const decision = decide(
      observationOf(view, { state: { outcomes: 0, revision: 1, made, behind } }),
      circumstances(),
    );
    expect(`${decision.decision} ${decision.reason}`).toBe(told);
    expect(decision.message).toContain('Nodes run it for another Kubernetes version than that of the control plane.');
    expect(decision.behind).toEqual(behind);
  },
);

it.each<[PoolView['driftUnbounded'], number, string]>([
  ['always', 3, ' No disruption budget bounds how many of them Karpenter replaces at a time.'],
  ['outside of schedules', 3, ' replaces at a time outside of the schedules of its budgets.'],
  ['always', 1, ' ends after 720h anyway.'],
])(
  'the record of a pin says that nothing bounds its drift %s, where a pool has %i nodes',
  (driftUnbounded, nodes, end) => {
    const pools = [{ name: 'a', nodes, drifted: 0, expireAfter: '720h', budgets: [], driftUnbounded } as PoolView];
    const { reason, message } = decide(observationOf(classView({ pools })), circumstances());
    expect([reason, message.slice(-end.length)]).toEqual(['node-class-being-pinned', end]);
  },
);

it('the record of a pin says after what time pods end with a node that they hold up', () => {
  const pools = [
    { name: 'a', nodes: 2, drifted: 0, expireAfter: 'Never', podsEndAfter: '48h', budgets: ['1'] },
    { name: 'b', nodes: 2, drifted: 0, expireAfter: 'Never', budgets: ['1'] },
  ];
  const { message } = decide(observationOf(classView({ pools })), circumstances());
  expect(message.match(/Pods end with it after 48h at the latest/g)).toHaveLength(1);
});

it('what bars drift is told anew once it has lasted for a day', () => {
  const pools = [{ name: 'a', nodes: 1, drifted: 1, expireAfter: '720h', budgets: ['0'], driftBarredBy: '0' }];
  const view = classView({ selection: { kind: 'pins', ...al2023('v20260701') }, pools });
  const variantAfter = (hours: number) => {
    const made = { alias: 'al2023@v20260701', from: [], at: NOW - hours * 3_600_000 };
    return decide(observationOf(view, { state: { outcomes: 0, revision: 0, made } }), circumstances()).variant;
  };
  expect(variantAfter(25)).not.toBe(variantAfter(23));
  expect(variantAfter(50)).toBe(variantAfter(25));
});

it('a release that Amazon does not publish under the name that Karpenter looks up is never pinned to', () => {
  const floats = { selection: { kind: 'floats' as const, family: 'al2023' as const }, running: [] };
  const versions = [{ version: 'v20260701', since: 0, isPublished: false }];
  const view = classView({ ...floats, offer: { kind: 'offered', versions, pairs: {} } });
  expect(told(view)).toBe('refused node-class-release-unpublished');
});

it('in mode observe nothing is written, and the proposal has the patch', () => {
  const decision = decide(observationOf(classView()), circumstances('observe'));
  expect(decision).toMatchObject({ decision: 'would-act', proposal: { target: 'al2023@v20260701' } });
  expect(decision.write).toBeUndefined();
  expect(parse(String(decision.details?.patch))).toMatchObject({
    apiVersion: 'karpenter.k8s.aws/v1',
    spec: { amiSelectorTerms: [{ alias: 'al2023@v20260701' }] },
  });
});

describe('whatever nodes run, is offered and stands in the terms', () => {
  const version = fc.integer({ min: 20260101, max: 20260131 }).map((date) => `v${date}`);
  const offered = fc.record({
    version,
    since: fc.integer({ min: NOW - 3 * DAY, max: NOW }),
    isPublished: fc.boolean(),
  });
  const view = fc
    .record({
      running: fc.array(version, { maxLength: 4 }),
      pin: fc.option(version, { nil: undefined }),
      versions: fc.uniqueArray(offered, { maxLength: 8, selector: (each) => each.version }),
      codeOwner: fc.constantFrom(undefined, 'Flux'),
      mode: fc.constantFrom('observe' as const, 'enforce' as const, 'off' as const),
    })
    .map(({ running, pin, versions, codeOwner, mode }) => ({
      mode,
      versions,
      view: classView({
        running: running.map(al2023),
        selection: pin === undefined ? { kind: 'floats', family: 'al2023' } : { kind: 'pins', ...al2023(pin) },
        terms: [{ alias: `al2023@${pin ?? 'latest'}` }],
        offer: {
          kind: 'offered',
          versions: versions.toSorted((a, b) => compareVersions(a.version, b.version)),
          pairs: {},
        },
        ...(codeOwner !== undefined && { codeOwner }),
      }),
    }));

  it('a write is only made in mode enforce, of nobody’s code, to a published release that has baked and is no older than any node’s', () => {
    fc.assert(
      fc.property(view, ({ view: seen, mode, versions }) => {
        const { write } = decide(observationOf(seen), circumstances(mode));
        if (write === undefined) return;
        expect([mode, seen.codeOwner]).toEqual(['enforce', undefined]);
        const selection = selectionOf(write);
        if (selection.kind !== 'pins') throw new Error('no pin');
        const release = versions.find((each: OfferedVersion) => each.version === selection.version);
        expect(release?.isPublished).toBe(true);
        expect(release?.since).toBeLessThanOrEqual(NOW - DAY);
        const floor = [...seen.running, ...(seen.selection.kind === 'pins' ? [seen.selection] : [])];
        for (const each of floor) expect(compareVersions(selection.version, each.version)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a pin that was rejected', () => {
  const alias = aliasOf('al2023', 'v20260701');
  const from = [{ alias: 'al2023@latest' }];
  const ruling = { kind: 'rejected' as const, id: 'r-1', at: NOW, requestedBy: 'ops', why: 'no' };
  const state = {
    outcomes: 1,
    revision: 1,
    made: { alias, from, at: NOW },
    proposal: { target: alias, at: NOW, ruling },
  };
  const decided = (terms: object[]) => {
    const view = classView({ terms, selection: selectionOf(terms) });
    return decide(observationOf(view, { state }), circumstances());
  };

  it('is undone where the terms are still what was written', () => {
    expect(decided([{ alias }])).toMatchObject({ reason: 'pin-undone', write: from, made: undefined });
  });

  it('counts as undone where the former terms are back', () => {
    const decision = decided(from);
    expect(decision.reason).toBe('pin-undone');
    expect(decision.write).toBeUndefined();
  });

  it('is left alone where somebody has changed the terms since', () => {
    const decision = decided([{ id: 'ami-1' }]);
    expect(decision.reason).toBe('pin-changed-since');
    expect(decision.write).toBeUndefined();
  });
});

it('a pin that a run was about to make when it ended early is told once it is in place, and can be undone', () => {
  const terms = [{ alias: 'al2023@v20260701' }];
  const made = { alias: 'al2023@v20260701', from: [{ alias: 'al2023@v20260601' }], at: NOW - HOUR };
  const pinned = (state: object) =>
    decide(observationOf(classView({ terms }), { state: { outcomes: 0, revision: 1, ...state } }), circumstances());
  const told = pinned({ made });
  expect([told.decision, told.reason, told.write]).toEqual(['acted', 'node-class-being-pinned', undefined]);
  expect(told.message).toContain('It is pinned to al2023@v20260701. A run ended early when it was about to do this');
  expect(told.made).toEqual({ ...made, isTaken: true });
  expect(pinned({ made: told.made }).message).not.toContain('ended early');
});

it.each([
  ['enforce', 'unauthorized', undefined, undefined, 'refused', false],
  ['enforce', 'access', undefined, undefined, 'refused', false],
  ['enforce', 'unreachable', undefined, undefined, 'skipped', true],
  ['enforce', 'unreachable', 'node-classes-unread', NOW - HOUR, 'refused', true],
  ['enforce', 'unreachable', 'node-classes-unread', NOW - 3 * HOUR, 'refused', false],
  ['enforce', 'throttled', 'node-classes-read', undefined, 'skipped', true],
  ['observe', 'unauthorized', 'node-classes-unread', NOW - HOUR, 'skipped', false],
] as const)(
  'a cluster that cannot be read is told to people where its classes are to be pinned and that lasts, and is read again soon for some hours: %s, %s after %s since %s',
  (mode, variant, reason, unreadSince, expected, isReadSoon) => {
    const unread = observationOf({ kind: 'unreadable', why: 'it is closed', variant });
    const state = { ...unread.state, ...(reason && { reason }), ...(unreadSince && { unreadSince }) };
    const key = { cluster: 'shop', nodegroup: 'ec2nodeclass:*' };
    const told = decide({ ...unread, key, state }, circumstances(mode));
    expect([told.decision, told.reason]).toEqual([expected, 'node-classes-unread']);
    expect(told.wakeAt).toBe(isReadSoon ? NOW + HOUR / 2 : undefined);
    // What people must end first has no part in the hours.
    expect(told.unreadSince).toBe(
      variant === 'unreachable' || variant === 'throttled' ? (unreadSince ?? NOW) : undefined,
    );
    expect(
      decide({ ...unread, key, state, view: { kind: 'readable' } }, circumstances(mode)).unreadSince,
    ).toBeUndefined();
  },
);

describe('a class that stays pinned as somebody pinned it', () => {
  const pinned = { selection: { kind: 'pins' as const, ...al2023('v20260701') } };
  const lookAt = (view: Partial<ClassView>, state: object = {}, now = NOW) =>
    decide(observationOf(classView(view), { state: { outcomes: 0, revision: 0, ...state } }), {
      ...circumstances(),
      now,
    });

  it('is told after a day, whoever pinned it, where Karpenter does not replace its nodes', () => {
    const first = lookAt(pinned);
    expect([first.decision, first.reason]).toEqual(['waiting', 'node-class-drifting']);
    expect(first.behind).toEqual({ alias: 'al2023@v20260701', since: NOW });
    const later = (hours: number) => lookAt(pinned, { behind: first.behind }, NOW + hours * 3_600_000);
    expect(later(23)).toMatchObject({ decision: 'waiting', behind: first.behind });
    expect(later(25)).toMatchObject({ decision: 'refused', reason: 'node-class-drift-slow' });
    expect(later(25).message).toContain('That has been so since 2026-07-15T12:00:00.000Z');
    const doubt = { offer: { kind: 'unknown' as const, message: '', variant: '' } };
    expect(lookAt({ ...pinned, ...doubt }, { behind: first.behind }).behind).toEqual(first.behind);
    expect(lookAt({ ...pinned, running: [al2023('v20260701')] }, { behind: first.behind }).behind).toBeUndefined();
  });

  it('is told after a day also where an operator has asked about it meanwhile', () => {
    const behind = { alias: 'al2023@v20260701', since: NOW };
    const observation = observationOf(classView(pinned), { state: { outcomes: 1, revision: 1, behind } });
    const event = { ...sample, detail: { ...sample.detail, action: 'approve' as const } };
    const asked = answer(observation, { event, trigger: observation.trigger }, circumstances());
    expect([asked.reason, asked.behind]).toEqual(['request-refused', behind]);
  });

  it('is told from the second look on that Karpenter calls it unwell', () => {
    const unwell = { ...pinned, troubles: ['the class is not ready (AMINotFound)'] };
    const first = lookAt(unwell);
    expect([first.decision, first.reason]).toEqual(['waiting', 'node-class-unwell']);
    const second = lookAt(unwell, { reason: 'node-class-unwell' });
    expect([second.decision, second.variant]).toEqual(['refused', `${first.variant} lasts`]);
    expect(second.message).toContain('Karpenter says: the class is not ready (AMINotFound).');
    expect(lookAt({ troubles: unwell.troubles }).reason).toBe('node-class-being-pinned');
  });

  it('is not called current with a release that was withdrawn', () => {
    const runs = { ...pinned, running: [al2023('v20260701')] };
    const offer = {
      kind: 'offered' as const,
      versions: [],
      pairs: { '1.33/AL2023_x86_64_STANDARD': { releases: {}, withdrawn: ['1.33.13-20260701'] } },
    };
    const { decision, reason } = lookAt({ ...runs, offer });
    expect([decision, reason]).toEqual(['skipped', 'node-class-runs-withdrawn']);
  });
});

describe('a class that has its former AMI terms again after it was pinned here', () => {
  const from = [{ alias: 'al2023@v20260601' }];
  const made = { alias: 'al2023@v20260701', from, at: NOW - DAY, isTaken: true as const };
  const reasonWith = (state: object, view: Partial<ClassView> = {}, mode?: 'observe') =>
    decide(observationOf(classView(view), { state: { outcomes: 1, revision: 1, ...state } }), circumstances(mode))
      .reason;

  it('is not pinned again, neither to that release nor to a later one', () => {
    expect(reasonWith({ made })).toBe('node-class-set-back');
    expect(reasonWith({ made: { ...made, alias: 'al2023@v20260615' } })).toBe('node-class-set-back');
  });

  it('is pinned where the cluster may never have taken the pin, or its terms are others', () => {
    expect(reasonWith({ made: { ...made, isTaken: undefined } })).toBe('node-class-being-pinned');
    expect(reasonWith({ made: { ...made, from: [{ alias: 'al2023@latest' }] } })).toBe('node-class-being-pinned');
  });

  it('is proposed in mode observe, and pinned once an operator approves that', () => {
    expect(reasonWith({ made }, {}, 'observe')).toBe('would-pin-node-class');
    const ruling = { kind: 'approved', id: 'r-1', at: NOW, requestedBy: 'somebody', why: 'it is mended' };
    const proposal = { target: made.alias, at: NOW - 1, ruling };
    expect(reasonWith({ made, proposal }, {}, 'observe')).toBe('node-class-being-pinned');
  });
});
