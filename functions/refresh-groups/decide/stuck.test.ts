import { expect, it } from 'vitest';
import { begun, circumstances, HOUR, known, NOW, policyWith, said, seen, under } from '../model/observation.fixture.ts';
import type { KnownRefresh } from '../model/observation.ts';
import { decide } from './decide.ts';

/** A group that looks at the same refresh again and again, and what is said of it. */
function look(state: ReturnType<typeof under>, each: (now: number) => KnownRefresh, policy = policyWith()) {
  let remembered = state;
  return (hours: number) => {
    const now = NOW + hours * HOUR;
    const decision = decide(seen({ state: remembered, refreshes: [each(now)] }), circumstances(policy, { now }));
    remembered = { ...remembered, refresh: undefined, foreign: undefined, ...decision.memory };
    return decision;
  };
}

it.each<[string, number]>([
  ['that has begun', NOW],
  ['that is pending, without a start', 0],
])('a refresh of somebody else %s is told once it has lasted for a day', (_what, startedAt) => {
  const foreign = known('Pending', { id: 'r-9', startedAt, isAsBegunHere: false });
  const at = look({ outcomes: 0, revision: 0 }, () => foreign);
  expect([0, 1, 23.9].map((hours) => said(at(hours)))).toEqual(Array(3).fill('waiting foreign-refresh'));
  const told = at(24);
  expect([said(told), told.act]).toEqual(['refused refresh-stuck', undefined]);
  expect(told.message).toMatch(/r-9.*2026-07-14T12:00.*Pending/);
  expect(at(48).variant).toBe(told.variant);
});

it('another refresh of somebody else begins to count anew', () => {
  let id = 'r-8';
  const at = look({ outcomes: 0, revision: 0 }, () => known('Pending', { id, startedAt: 0 }));
  at(0);
  id = 'r-9';
  expect(said(at(24))).toBe('waiting foreign-refresh');
  expect(said(at(48))).toBe('refused refresh-stuck');
});

it('the own refresh is told once it replaces nothing any more, and keeps its place', () => {
  const at = look(under(), () => known('InProgress'));
  expect([0, 1, 6.9].map((hours) => said(at(hours)))).toEqual(Array(3).fill('waiting refresh-under-way'));
  const told = at(7);
  expect([said(told), told.memory.refresh?.target]).toEqual(['failed refresh-stuck', begun.target]);
  expect(at(30).variant).toBe(told.variant);
});

it.each<[string, (now: number) => Partial<KnownRefresh>, object]>([
  ['slowly', (now) => ({ percent: Math.floor((now - NOW) / (2 * HOUR)) }), {}],
  ['after a long pause at a checkpoint', () => ({}), { checkpointDelay: '48h' }],
  ['after it has baked for long', () => ({ status: 'Baking' }), { bakeTime: '48h' }],
])('the own refresh that goes on %s is not told', (_what, seenAt, refreshes) => {
  const at = look(under(), (now) => known('InProgress', seenAt(now)), policyWith(refreshes));
  for (let hours = 0; hours <= 48; hours += 1) expect(said(at(hours))).toBe('waiting refresh-under-way');
});
