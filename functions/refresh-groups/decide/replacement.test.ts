import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import {
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
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { decide } from './decide.ts';

const BEFORE = NOW - 10 * HOUR;
const order = { launchedBefore: BEFORE, why: 'They do not trust the newest authority.', until: NOW + HOUR };
const [former, later] = [{ launchedAt: BEFORE - 1 }, { launchedAt: BEFORE }];
const workers = (...all: object[]) => ({ members: all.map((each, index) => member(`i-${index}`, each)) });
/** A group that runs the wanted AMI. */
const well = (more: Partial<Observation> = {}, group: object = workers(former, later)) =>
  seen({ wanted: { kind: 'named', candidates: [] }, order, ...more }, group);
const template = (codeOwner?: string) => ({ ...seen().template!, ...(codeOwner !== undefined && { codeOwner }) });

describe('an order to replace workers with the same AMI', () => {
  it('begins a refresh to the version that the group uses, with the order’s reason', () => {
    const decision = decide(well(), circumstances());
    expect([said(decision), decision.act]).toEqual(['acted refresh-started', 'start']);
    expect(decision.message).toContain(`with the same AMI ${OLD}. ${order.why}`);
    expect(decision.memory.refresh).toMatchObject({
      target: OLD,
      from: { templateId: 'lt-1', version: '3', imageId: OLD },
      replaces: BEFORE,
    });
  });

  it('is proposed in mode observe, and waits for windows, limits and quarantines like every refresh', () => {
    expect(said(decide(well(), circumstances(policyWith({ mode: 'observe' }))))).toBe('would-act would-refresh');
    const windows = [{ cron: '0 2 * * *', duration: '1h' }];
    expect(said(decide(well(), circumstances(policyWith({ windows }))))).toBe('waiting refresh-outside-window');
    const busy = circumstances(policyWith(), { underWay: new Set(['shop/self-managed:other']) });
    expect(said(decide(well(), busy))).toBe('waiting refresh-waits-for-slot');
    const quarantined = workers({ ...former, isQuarantined: true });
    expect(said(decide(well({}, quarantined), circumstances()))).toBe('waiting refresh-waits-for-quarantine');
    expect(said(decide(well({ drains: false }), circumstances()))).toBe('refused nobody-drains');
  });

  it('needs no right to change the template, and leaves a group that is code to its owner', () => {
    const propose = circumstances(policyWith({ templates: 'propose' }));
    expect(said(decide(well({ template: template() }), propose))).toBe('acted refresh-started');
    const coded = decide(well({ template: template('Terraform') }), propose);
    expect([said(coded), coded.message]).toEqual([
      'refused template-is-code',
      expect.stringMatching(/^Terraform manages the group or its template\. A change from hosts/),
    ]);
  });

  it('is carried out although the policy also names newer AMIs that the group never takes', () => {
    const foreign = { image: image(NEW, HOUR, { owner: '2' }) };
    const wanted = { kind: 'named' as const, candidates: [foreign] };
    expect(decide(well({ wanted }), circumstances()).memory.refresh).toMatchObject({ target: OLD, replaces: BEFORE });
    expect(said(decide(well({ wanted }, workers(later)), circumstances()))).toBe('refused image-unclear');
  });

  it.each([
    ['is deprecated', { deprecatedAt: NOW - HOUR }, 'it is deprecated since 2026-07-14T11:00:00.000Z'],
    ['is deregistered', { state: 'deregistered' }, 'it is deregistered'],
    ['is not allowed', { isAllowed: false }, "the account's settings for allowed AMIs do not admit it"],
  ])('is refused where the AMI %s', (_, more, why) => {
    const refused = decide(well({ present: image(OLD, 96 * HOUR, more) }), circumstances());
    expect([said(refused), refused.act, refused.message]).toEqual([
      'refused image-unclear',
      undefined,
      `Workers are not replaced with ${OLD} (nodes-aa) again, because ${why}. Name a newer AMI in refreshes.wanted. ${order.why}`,
    ]);
  });

  it('is told with the key to set where the policy names no AMI, once, and with the mode where that is off', () => {
    const { wanted: _, ...unwanted } = well();
    const told = decide(unwanted, circumstances());
    expect([said(told), told.silent]).toEqual(['skipped image-unclear', undefined]);
    expect(told.message).toContain('set refreshes.wanted (ssmParameter; or owners, namePattern and architecture)');
    const off = decide(unwanted, circumstances(policyWith({ mode: 'off' })));
    expect([said(off), off.silent]).toEqual(['skipped mode-off', undefined]);
    const { order: _none, ...rest } = unwanted;
    expect(decide(rest, circumstances()).silent).toBe(true);
  });

  it('is refused where EC2 does not show the AMI, with what to do', () => {
    const { present: _, ...rest } = well();
    expect(decide(rest, circumstances()).message).toBe(
      'EC2 does not show the AMI of its workers: it was deregistered, or this account may not use it any more. Put an AMI that exists into the launch template, and replace its workers.',
    );
  });

  it('is not told as done where nothing replaces them: the template names another AMI, or there is none', () => {
    const other = { ...template(), data: { ImageId: NEW } };
    const [named, mixed] = [
      decide(well({ template: other }), circumstances()),
      decide(well({}, { ...workers(former), source: { kind: 'mixed' } }), circumstances()),
    ];
    expect([said(named), named.message, named.silent]).toEqual([
      'refused image-unclear',
      expect.stringContaining(`Workers run ${OLD} (nodes-aa), and the launch template names ${NEW}`),
      undefined,
    ]);
    expect([said(mixed), mixed.silent]).toEqual(['refused group-is-mixed', undefined]);
  });

  it('is nothing where no worker in service is meant, or a move to another AMI replaces all of them', () => {
    const standby = { ...former, lifecycleState: 'Standby' };
    for (const group of [workers(later, later), workers(standby, later), workers({}, later)]) {
      expect(decide(well({}, group), circumstances()).act).toBeUndefined();
    }
    const other = { ...template(), data: { ImageId: NEW } };
    expect(decide(well({ template: other }), circumstances()).act).toBeUndefined();
    const moved = decide(seen({ order }, workers(former)), circumstances());
    expect(moved.memory.refresh).toMatchObject({ target: NEW });
    expect(moved.memory.refresh).not.toHaveProperty('replaces');
  });

  describe('at the end of its refresh', () => {
    const done = { target: OLD, from: { version: '2', imageId: NEW }, at: 0, attempt: 1, version: '3' };
    const { refresh } = decide(well(), circumstances()).memory;
    const state: RefreshState = {
      outcomes: 1,
      revision: 1,
      done,
      refresh: { ...refresh!, version: '3', refreshId: 'r-1', takenAt: NOW },
    };
    const ended = (group: object, status = 'Successful') =>
      decide(well({ state, refreshes: [known(status, { version: '3' })] }, group), circumstances());

    it('is done once every worker in service was launched since, and what was reached before can still be undone', () => {
      const decision = ended(workers(later, later));
      expect(said(decision)).toBe('done group-refreshed');
      expect(decision.memory).toEqual({ done });
    });

    it('is not done while a former worker is in service, and is not repeated by itself', () => {
      const decision = ended(workers({ ...former, isProtected: true }, later));
      expect([said(decision), decision.message]).toEqual([
        'failed refresh-incomplete',
        expect.stringContaining('1 of 2 workers are still the former ones: i-0 (protected)'),
      ]);
      const next = well({ state: { ...state, refresh: undefined, ...decision.memory } });
      expect(said(decide(next, circumstances()))).toBe('refused refresh-halted');
    });

    it('stays undone once an operator has rejected it', () => {
      const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'not now' };
      const rejected = { ...state, proposal: { target: `undo ${OLD} ${OLD}`, at: NOW, ruling } };
      const refreshes = [known('RollbackSuccessful', { version: '3' })];
      const decision = decide(well({ state: rejected, refreshes }), circumstances());
      expect(said(decision)).toBe('done refresh-undone');
      const { memory, proposal } = decision;
      const next = well({ state: { ...rejected, refresh: undefined, ...memory, proposal } });
      expect(said(decide(next, circumstances()))).toBe('skipped proposal-rejected');
    });

    it('fails as any refresh does', () => {
      expect(said(ended(workers(former), 'RollbackSuccessful'))).toBe('failed refresh-failed');
    });
  });
});
