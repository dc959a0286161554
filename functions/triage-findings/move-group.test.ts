import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import {
  circumstances,
  findingOn,
  image,
  MOVING,
  NEW_AMI,
  need,
  OLD_AMI,
  observation,
  otherGroup,
  pinWay,
  refreshWay,
} from './observation.fixture.ts';
import type { OtherGroupView } from './observation.ts';

const decideOn = (view: Partial<OtherGroupView>, document: object = {}, state: object = {}) =>
  decide(observation(otherGroup(view), state), circumstances({ ...MOVING, ...document }));
const saidOf = (...given: Parameters<typeof decideOn>): string => {
  const { outcome, act } = decideOn(...given);
  return `${outcome?.decision} ${outcome?.reason}${act === undefined ? '' : `, ${act}`}`;
};
const UNREADABLE = {
  kind: 'unreadable',
  error: 'ThrottlingException: later',
  code: 'ThrottlingException',
  isThrottled: true,
} as const;
const mild = (imageId = OLD_AMI) => findingOn(imageId, { severity: 'HIGH', urgency: 'normal' });

describe('findings on a self-managed group', () => {
  const TOLD = 'refused ami-stays-vulnerable';
  const refreshes = (change: object) => ({ refreshes: { ...MOVING.refreshes, ...change } });
  it.each([
    ['have a newer AMI', {}, {}, 'acted move-requested, request-refresh'],
    ['are only observed', {}, { findings: { mode: 'observe' } }, 'would-act would-request-move'],
    ['are on one that is moving', { movesTo: NEW_AMI }, {}, 'waiting move-awaited'],
    [
      'are on one that waits for its turn',
      { reason: 'refresh-waits-for-slot' },
      {},
      'acted move-requested, request-refresh',
    ],
    ['are where refreshes are off', {}, refreshes({ mode: 'off' }), TOLD],
    ['are where refreshes are proposed', {}, refreshes({ mode: 'observe' }), TOLD],
    ['are where one was proposed', { reason: 'would-refresh' }, refreshes({ mode: 'observe' }), TOLD],
    [
      'are where one was approved',
      { reason: 'image-baking' },
      refreshes({ mode: 'observe' }),
      'acted move-requested, request-refresh',
    ],
    ['have no named AMI', { wanted: undefined }, {}, TOLD],
    ['have an AMI that is not there', { wanted: { kind: 'none', message: 'There is no parameter.' } }, {}, TOLD],
    ['have an AMI that cannot be read now', { wanted: UNREADABLE }, {}, 'waiting unreadable'],
    ['have no newer AMI', { present: image(NEW_AMI, 2) }, {}, TOLD],
    ['are on an AMI that EC2 does not show', { present: undefined }, {}, TOLD],
    ['are on a group that no refresh can move', { reason: 'group-is-mixed' }, {}, TOLD],
    ['are on a group whose refresh has failed', { reason: 'refresh-halted' }, {}, TOLD],
    ['are on a group whose refresh to that AMI has failed', { reason: 'refresh-halted', failedTo: NEW_AMI }, {}, TOLD],
    [
      'are on a group whose refresh to an earlier AMI has failed',
      { reason: 'refresh-halted', failedTo: OLD_AMI },
      {},
      'acted move-requested, request-refresh',
    ],
    ['were on a group with an unclear AMI', { reason: 'image-unclear' }, {}, 'acted move-requested, request-refresh'],
  ])('that %s', (_what, way, document, expected) => {
    const { wanted, present, ...rest } = { ...refreshWay(), ...way } as ReturnType<typeof refreshWay>;
    const given = { ...rest, ...(wanted && { wanted }), ...(present && { present }) };
    expect(saidOf({ way: given }, document)).toBe(expected);
  });

  it('are recorded, and told to nobody, where they are not grave', () => {
    expect(saidOf({ open: [mild()] }, refreshes({ mode: 'off' }))).toBe('skipped ami-stays');
    expect(saidOf({ open: [mild()] })).toBe('acted move-requested, request-refresh');
  });

  it.each([
    ['opted out', { tags: { 'eks-host-remediator:ignore': '' } }, 'skipped opted-out'],
    ['of a cluster that opted out', { clusterTags: { 'eks-host-remediator:ignore': '' } }, 'skipped opted-out'],
  ])('start nothing on one that is %s', (_what, view, expected) => {
    expect(saidOf(view)).toBe(expected);
  });

  it('say what to do, and why nothing here does it', () => {
    const { outcome } = decideOn({ way: { kind: 'refresh', controlPlane: '1.33' } });
    expect(outcome?.message).toBe(
      '1 worker has open findings: CVE-2026-31415 (CRITICAL). A fix is available. Nothing here replaces the AMI: the policy names none (refreshes.wanted).',
    );
    expect(outcome?.hint).toMatch(/refreshes\.wanted name it/);
  });

  it('are remembered with the AMIs that have them alone', () => {
    const open = [findingOn(OLD_AMI), findingOn(OLD_AMI, { instanceId: 'i-0b' })];
    const { memory } = decideOn({ runs: `${OLD_AMI} ${NEW_AMI}`, open });
    expect(memory.need?.releaseVersion).toBe(OLD_AMI);
  });
});

describe('once a self-managed group runs another AMI', () => {
  const before = { need: need({ releaseVersion: OLD_AMI, vulnerabilities: ['CVE-2026-1', 'CVE-2026-2'] }) };
  const moved = (view: Partial<OtherGroupView>) =>
    decideOn({ runs: NEW_AMI, open: [], aftermath: { workers: 2, scanned: 1, stillOpen: [] }, ...view }, {}, before);
  const words = (view: Partial<OtherGroupView>): string => {
    const { outcome } = moved(view);
    return outcome === undefined ? 'nothing' : `${outcome.decision} ${outcome.reason}`;
  };

  it.each([
    ['what is closed is fixed', {}, 'done findings-fixed'],
    [
      'what is open is not fixed',
      { aftermath: { workers: 2, scanned: 2, stillOpen: ['CVE-2026-2'] } },
      'failed not-fixed-by-release',
    ],
    [
      'what no scan has seen is awaited',
      { aftermath: { workers: 2, scanned: 0, stillOpen: [] } },
      'waiting awaiting-scan',
    ],
    ['nothing is said while it moves or bakes', { way: refreshWay({ movesTo: NEW_AMI }) }, 'nothing'],
    [
      'nothing is concluded while some run the former',
      { runs: `${OLD_AMI} ${NEW_AMI}`, aftermath: { workers: 1, scanned: 0, stillOpen: [] } },
      'nothing',
    ],
    ['several AMIs must all have been scanned', { runs: `${NEW_AMI} ami-3` }, 'waiting awaiting-scan'],
    [
      'no workers have no findings',
      { runs: '', aftermath: { workers: 0, scanned: 0, stillOpen: [] } },
      'done findings-closed',
    ],
  ])('%s', (_what, view, expected) => {
    expect(words(view)).toBe(expected);
  });

  it('names the findings and the AMI', () => {
    expect(moved({}).outcome?.message).toBe(`AMI ${NEW_AMI} fixes CVE-2026-1, CVE-2026-2.`);
    const some = moved({ aftermath: { workers: 2, scanned: 2, stillOpen: ['CVE-2026-2'] } }).outcome;
    expect(some?.message).toBe(
      `AMI ${NEW_AMI} does not fix CVE-2026-2, which Inspector still finds after the upgrade. It fixes CVE-2026-1.`,
    );
    expect(some?.hint).toBe('Build another AMI with the fixed packages.');
  });

  it('keeps what the new AMI has, with that AMI', () => {
    const { memory } = moved({ open: [mild(NEW_AMI)] });
    expect(memory.need).toMatchObject({ urgency: 'normal', releaseVersion: NEW_AMI });
  });
});

describe('findings on nodes in no group', () => {
  it('are told where they are grave, with what to do, until the nodes are gone', () => {
    const { outcome, memory } = decideOn({ way: { kind: 'none' } });
    expect(`${outcome?.decision} ${outcome?.reason}`).toBe('refused ami-stays-vulnerable');
    expect(outcome?.message).toMatch(/in no Auto Scaling group, and nothing tells their node pool/);
    expect(saidOf({ way: { kind: 'none' }, open: [mild()] })).toBe('skipped ami-stays');
    const aftermath = { workers: 0, scanned: 0, stillOpen: [] };
    const gone = decideOn({ way: { kind: 'none' }, runs: '', open: [], aftermath }, {}, memory).outcome;
    expect(gone?.message).toBe('The cluster has no such nodes any more.');
  });
});

describe('findings on a node pool of Karpenter', () => {
  it.each([
    ['a class that is being pinned', [['general', 'node-class-drifting']], {}, 'acted move-requested, request-pin'],
    ['a class that nobody has looked at', [['general', undefined]], {}, 'acted move-requested, request-pin'],
    ['a class that is pinned to the newest', [['general', 'node-class-current']], {}, 'refused ami-stays-vulnerable'],
    ['a class that selects AMIs itself', [['general', 'ami-terms-custom']], {}, 'refused ami-stays-vulnerable'],
    ['a class that is kept as code', [['general', 'node-class-kept-as-code']], {}, 'refused ami-stays-vulnerable'],
    [
      'a class that is kept, and one that nobody has looked at',
      [
        ['general', 'node-class-kept-as-code'],
        ['spot', undefined],
      ],
      {},
      'acted move-requested, request-pin',
    ],
    [
      'a class that is kept, and one that is pinned to the newest',
      [
        ['general', 'node-class-kept-as-code'],
        ['spot', 'node-class-current'],
      ],
      {},
      'refused ami-stays-vulnerable',
    ],
    ['a class whose pin is proposed', [['general', 'would-pin-node-class']], {}, 'refused ami-stays-vulnerable'],
    [
      'pins off',
      [['general', 'node-class-drifting']],
      { nodeClasses: { mode: 'off' } },
      'refused ami-stays-vulnerable',
    ],
  ] as const)('with %s', (_what, classes, document, expected) => {
    expect(saidOf({ way: pinWay(classes) }, document)).toBe(expected);
  });

  it('say what replaces its nodes', () => {
    const { outcome } = decideOn({ way: pinWay([['general', 'ami-terms-custom']]) });
    expect(outcome?.message).toMatch(
      /Karpenter replaces these nodes when the AMI of their EC2NodeClass changes\. steer-node-classes does not pin general \(ami-terms-custom\)\.$/,
    );
    const classes = [['general', 'ami-terms-custom'] as const, ['spot', undefined] as const];
    expect(decideOn({ way: pinWay(classes) }).outcome?.message).toMatch(
      /steer-node-classes does not pin general \(ami-terms-custom\)\. For the others, it is asked to look, urgent\.$/,
    );
  });
});
