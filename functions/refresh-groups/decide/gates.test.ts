import { describe, expect, it } from 'vitest';
import type { Gates } from '../../shared/gates/gates.ts';
import { sinceFirstSeen, workloadGate } from '../../shared/gates/workload-gate.ts';
import { circumstances, HOUR, member, NEW, NOW, policyWith, said, seen } from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

const gated = policyWith({}, { upgrades: { gates: { alarms: ['errors'], calendars: ['freeze'] } } });
const read = (state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', isOpen: boolean): Gates => ({
  alarms: new Map([['errors', { kind: 'alarm', state }]]),
  calendars: new Map([['freeze', { kind: 'calendar', isOpen, changesAt: NOW + 5 * HOUR }]]),
});

describe('a gate that the policy names', () => {
  it.each<[string, Gates | undefined, string, number | undefined]>([
    ['is closed by an alarm', read('ALARM', true), 'waiting alarm-gate-closed', NOW + HOUR / 4],
    [
      'is closed by an alarm without data',
      read('INSUFFICIENT_DATA', true),
      'waiting alarm-gate-closed',
      NOW + HOUR / 4,
    ],
    ['is closed by a calendar until that opens', read('OK', false), 'waiting calendar-gate-closed', NOW + 5 * HOUR],
    ['is closed while nobody has read it', undefined, 'refused gate-unreadable', NOW + HOUR / 4],
    ['lets a refresh start', read('OK', true), 'acted refresh-started', NOW + HOUR / 2],
  ])('%s', (_, gates, expected, wakeAt) => {
    const decision = decide(seen(), circumstances(gated, { ...(gates && { gates }) }));
    expect([said(decision), decision.wakeAt]).toEqual([expected, wakeAt]);
    expect(decision.dependsOnGates).toBe(gates === undefined ? true : undefined);
    expect(decision.memory.refresh?.target).toBe(expected === 'acted refresh-started' ? NEW : undefined);
  });

  it('that holds a refresh back for a day is told, once, also in one window after the other; what is not known erases nothing', () => {
    const windows = [{ cron: '0 12 * * *', duration: '2h' }];
    const policy = policyWith({ windows }, { upgrades: { gates: { alarms: ['errors'], calendars: ['freeze'] } } });
    const slow = { kind: 'unreadable', error: 'Throttling: slow', code: 'Throttling', isThrottled: true } as const;
    const busy = { ...read('OK', true), alarms: new Map([['errors', slow]]) };
    let { state } = seen();
    const at = (hours: number, gates: Gates | undefined) => {
      const decision = decide(
        seen({ state }),
        circumstances(policy, { now: NOW + hours * HOUR, ...(gates && { gates }) }),
      );
      state = { ...state, ...decision.memory, heldAtGate: decision.memory.heldAtGate };
      return decision;
    };
    expect(said(at(0, read('ALARM', true)))).toBe('waiting alarm-gate-closed');
    expect(said(at(0.5, busy))).toBe('waiting gate-unreadable');
    expect(said(at(1, read('ALARM', false)))).toBe('waiting calendar-gate-closed');
    expect(said(at(3, undefined))).toBe('waiting refresh-outside-window');
    const long = at(24, read('ALARM', true));
    expect(said(long)).toBe('refused alarm-gate-closed');
    expect(long.message).toContain('errors is ALARM. Whenever the refresh could have started since 2026-07-14T12:00');
    expect(at(25, read('ALARM', true)).variant).toBe(long.variant);
    const begun = at(25, read('OK', true));
    expect([said(begun), begun.memory.heldAtGate]).toEqual(['acted refresh-started', undefined]);
  });

  it('that is a calendar without a time at which it opens is told after a day, too, with a hint that fits', () => {
    const policy = policyWith({}, { upgrades: { gates: { calendars: ['freeze'] } } });
    const shut = { kind: 'calendar', isOpen: false } as const;
    const gates = { ...read('OK', true), calendars: new Map([['freeze', shut]]) };
    const first = decide(seen(), circumstances(policy, { gates }));
    expect(said(first)).toBe('waiting calendar-gate-closed');
    const state = { outcomes: 1, revision: 1, heldAtGate: first.memory.heldAtGate };
    const long = decide(seen({ state }), circumstances(policy, { gates, now: NOW + 24 * HOUR }));
    expect(said(long)).toBe('refused calendar-gate-closed');
    expect(long.hint).toContain('names no time at which the calendar opens');
  });

  it('is forgotten with its AMI: another one has waited for no day', () => {
    const heldAtGate = { reason: 'alarm-gate-closed', target: 'ami-0former', since: NOW - 48 * HOUR };
    const state = { outcomes: 1, revision: 1, heldAtGate };
    const decision = decide(seen({ state }), circumstances(gated, { gates: read('ALARM', true) }));
    expect([said(decision), decision.memory.heldAtGate]).toEqual([
      'waiting alarm-gate-closed',
      { ...heldAtGate, target: NEW, since: NOW },
    ]);
  });

  it('keeps a group from being pinned, too', () => {
    const policy = policyWith({ floating: 'pin' }, { upgrades: { gates: { alarms: ['errors'] } } });
    const source = { kind: 'floating' as const, templateId: 'lt-1', version: '$Latest' };
    const closed = decide(seen({}, { source }), circumstances(policy, { gates: read('ALARM', true) }));
    expect([said(closed), closed.act]).toEqual(['waiting alarm-gate-closed', undefined]);
  });

  it('of nodes and pods is read only where the policy asks for it and a refresh would begin', () => {
    const policy = policyWith({}, { upgrades: { gates: { nodesAndPods: true } } });
    const unread = decide(seen(), circumstances(policy));
    expect([said(unread), unread.act, unread.dependsOnWorkloads]).toEqual([
      'waiting workload-gate-closed',
      undefined,
      sinceFirstSeen(NOW - 48 * HOUR),
    ]);
    const full = decide(seen(), circumstances(policy, { underWay: new Set(['shop/self-managed:other']) }));
    expect(full.dependsOnWorkloads).toBeUndefined();
    const node = { name: 'node-1', since: NOW - HOUR, createdAt: NOW - 9 * HOUR };
    const found = { kind: 'found' as const, nodes: [node], pods: [] };
    const shut = workloadGate(new Map([['shop', found]]), sinceFirstSeen(NOW - 48 * HOUR), NOW);
    const closed = decide(seen(), circumstances(policy, { workloads: shut }));
    expect([said(closed), closed.message]).toEqual([
      'waiting workload-gate-closed',
      'Since the release was first seen: in shop, 1 node is not Ready (node-1).',
    ]);
    expect(said(decide(seen(), circumstances(policy, { workloads: 'open' })))).toBe('acted refresh-started');
    expect(said(decide(seen(), circumstances(policyWith(), { workloads: shut })))).toBe('acted refresh-started');
  });

  it('of nodes and pods counts what became unwell since a replacement was ordered, not since ever', () => {
    const policy = policyWith({}, { upgrades: { gates: { nodesAndPods: true } } });
    const order = { launchedBefore: NOW - HOUR, why: 'So it is.', until: NOW + HOUR, since: NOW - 2 * HOUR };
    const members = [member('i-1', { launchedAt: NOW - 9 * HOUR })];
    const ordered = seen({ order, wanted: { kind: 'named', candidates: [] } }, { members });
    const since = decide(ordered, circumstances(policy)).dependsOnWorkloads!;
    const pending = (at: number) => {
      const found = { kind: 'found' as const, nodes: [], pods: [{ namespace: 'a', name: 'b', since: at }] };
      const workloads = workloadGate(new Map([['shop', found]]), since, NOW);
      return decide(ordered, circumstances(policy, { workloads }));
    };
    expect(said(pending(NOW - 3 * HOUR))).toBe('acted refresh-started');
    const closed = pending(NOW - HOUR);
    expect([said(closed), closed.message]).toEqual([
      'waiting workload-gate-closed',
      'Since the replacement was ordered: in shop, 1 pod is pending (a/b).',
    ]);
  });

  it('matters to nobody who would not start: no gate is read for that', () => {
    const policy = policyWith({ mode: 'observe' }, { upgrades: { gates: { alarms: ['errors'] } } });
    const proposed = decide(seen(), circumstances(policy));
    expect([said(proposed), proposed.dependsOnGates]).toEqual(['would-act would-refresh', undefined]);
    const full = decide(seen(), circumstances(gated, { underWay: new Set(['shop/self-managed:other']) }));
    expect([said(full), full.dependsOnGates]).toEqual(['waiting refresh-waits-for-slot', undefined]);
  });

  it('that AWS is too busy to tell of is waited for', () => {
    const busy = { kind: 'unreadable' as const, error: 'Throttling: slow', code: 'Throttling', isThrottled: true };
    const gates = { ...read('OK', true), alarms: new Map([['errors', busy]]) };
    expect(said(decide(seen(), circumstances(gated, { gates })))).toBe('waiting gate-unreadable');
  });
});
