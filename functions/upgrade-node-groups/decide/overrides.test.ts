import { describe, expect, it } from 'vitest';
import type { Contender } from '../../shared/ledger/turn-order.ts';
import { lineOf, NOW, nodeGroup, observation, slotsOf } from '../model/observation.fixture.ts';
import { callNext, contendersOf } from '../moment/waitlist.ts';
import { plan } from '../plan/plan.ts';
import { policyOf } from '../policy.fixture.ts';
import { decide } from './decide.ts';

const HOUR = 3_600_000;
const night = [{ cron: '0 2 * * *', duration: '2h' }];
const given = (document: object, slots = {}) => ({
  policy: policyOf(document),
  now: NOW,
  account: '111122223333',
  slots,
});
const at = (cluster: string, nodegroup: string, view = {}) => observation(nodeGroup(view), {}, { cluster, nodegroup });
const byCluster = (pattern: string, upgrades: object) => ({
  name: 'by-cluster',
  match: { clusters: [pattern] },
  upgrades,
});

describe('an override of upgrades', () => {
  it.each([
    ['its mode', { mode: 'off' }, 'skipped mode-off'],
    ['its windows', { windows: night }, 'waiting outside-change-window'],
    ['its bake age', { bakeAge: '7d' }, 'waiting baking'],
  ])('decides where it fits, and nowhere else: %s', (_what, upgrades, expected) => {
    const document = { overrides: [byCluster('prod-*', upgrades)] };
    const told = (cluster: string) => {
      const { decision, reason } = decide(at(cluster, 'web'), given(document));
      return `${decision} ${reason}`;
    };
    expect([told('prod-1'), told('test')]).toEqual([expected, 'acted upgrade-started']);
  });

  it('by a tag of cluster or node group keeps that one from being upgraded', () => {
    const document = {
      overrides: [{ name: 'frozen', match: { tags: { frozen: '*' } }, upgrades: { mode: 'observe' } }],
    };
    const reasonOf = (view: object) => decide(at('shop', 'web', view), given(document)).reason;
    const tags = { frozen: 'until friday' };
    expect(reasonOf({ tags })).toBe('would-upgrade');
    expect(reasonOf({ cluster: { status: 'ACTIVE', version: '1.33', tags } })).toBe('would-upgrade');
    expect(reasonOf({})).toBe('upgrade-started');
  });

  it('gives a cluster more room, and others no more', () => {
    const document = { overrides: [byCluster('big', { concurrency: { perCluster: 2 } })] };
    const groups = ['a', 'b', 'c'].flatMap((name) => [at('big', name), at('small', name)]);
    const started = plan(groups, given(document)).decided.filter(({ decision }) => decision.start !== undefined);
    expect(started.map(({ observation: { key } }) => key.cluster).sort()).toEqual(['big', 'big', 'small']);
  });

  it('by tag makes the room smaller for those who wait, too: who finds none is not called again and again', () => {
    const document = {
      upgrades: { concurrency: { perCluster: 2 } },
      overrides: [{ name: 'alone', match: { tags: { alone: 'yes' } }, upgrades: { concurrency: { perCluster: 1 } } }],
    };
    const slots = slotsOf({ 'shop/busy': 'shop' });
    const alone = at('shop', 'alone', { tags: { alone: 'yes' } });
    const { turn, reason } = decide(alone, given(document, slots));
    expect([reason, turn?.perCluster]).toEqual(['cluster-concurrency', 1]);
    const key = { cluster: 'shop', nodegroup: 'alone' };
    const line: Contender[] = [{ key, subject: 'shop/alone', isHastened: false, turn: turn!, since: NOW - HOUR }];
    // The group stands first in the line, and holds up nobody while there is no room for it.
    const { decided, hasYielded } = plan([at('shop', 'other')], given(document, slots), line);
    expect([decided[0]?.decision.reason, hasYielded]).toEqual(['upgrade-started', false]);
    const options = { account: '111122223333', region: 'eu-central-1', now: NOW, caller: 'c' };
    expect(callNext(line, slots, policyOf(document).upgrades.concurrency, options)).toEqual([]);
  });

  it('opens a window for those who wait where all others are shut', () => {
    const document = { upgrades: { windows: night }, overrides: [byCluster('test', { windows: [] })] };
    const turn = { published: 0, mayStartAt: NOW, hasFailed: false };
    const waitlist = new Map(['test/a', 'prod/a'].map((subject) => [subject, { outcomes: 0, turn }]));
    const contenders = contendersOf(lineOf(waitlist), policyOf(document), NOW);
    expect(contenders.map(({ subject }) => subject)).toEqual(['test/a']);
  });
});
