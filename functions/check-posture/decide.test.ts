import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AL2023_FLAGS, al2023 } from '../../sandbox/account/ssm/node-systems.ts';
import { CHECKS } from '../shared/posture/benchmark.ts';
import type { Verdict } from '../shared/posture/verdict.ts';
import { decideGroup, decideUnreadable, firstExpiry } from './decide.ts';
import type { Looked } from './decide-check.ts';
import { judge } from './judge/judge.ts';
import { readNode } from './judge/node.ts';
import type { Waiver } from './policy.ts';
import { type GroupState, NEW_GROUP } from './posture-ledger.ts';

const KEY = { cluster: 'shop', nodegroup: 'web' };
const DAY = 86_400_000;
const NOW = Date.parse('2026-07-14T00:00:00Z');

const host = (...flags: string[]): Looked => ({
  instanceId: 'i-0123456789abcdef0',
  kubernetesVersion: '1.34',
  judgements: judge(readNode(al2023({ flags: [...AL2023_FLAGS, ...flags] }))),
});
const WELL = host();
const OPEN = host('--read-only-port=10255');
const UNSURE = host('--read-only-port=ten');

const waiver = (changes: Partial<Waiver> = {}): Waiver => ({
  id: 'W-1',
  check: '3.2.4',
  reason: 'a probe needs it',
  who: 'platform',
  until: NOW + 7 * DAY,
  ...changes,
});

/** Plays checks one after the other. @returns what each told, and the state at the end */
function play(...steps: ReadonlyArray<{ looked: readonly Looked[]; waivers?: Waiver[]; at?: number; mute?: string }>) {
  let state: GroupState = NEW_GROUP;
  const told = steps.map(({ looked, waivers = [], at = NOW, mute }) => {
    const decided = decideGroup(KEY, looked, { waivers, now: at, mute }, state);
    state = decided.state;
    return decided.news.map(({ decision, reason }) => `${decision} ${reason}`);
  });
  return { told, state };
}

describe('decideGroup', () => {
  it('tells nothing of what is well', () => {
    expect(play({ looked: [WELL] }).told).toEqual([[]]);
  });

  it('tells a failure once, and its end once', () => {
    const { told } = play({ looked: [OPEN] }, { looked: [OPEN] }, { looked: [WELL] }, { looked: [WELL] });
    expect(told).toEqual([['refused posture-failed'], [], ['done posture-passed'], []]);
  });

  it('goes by the worst of several workers', () => {
    expect(play({ looked: [WELL, OPEN] }).told).toEqual([['refused posture-failed']]);
  });

  it('neither begins nor ends anything by doubt', () => {
    const { told } = play({ looked: [UNSURE] }, { looked: [OPEN] }, { looked: [UNSURE] }, { looked: [OPEN] });
    expect(told).toEqual([[], ['refused posture-failed'], [], []]);
  });

  describe('of a worker that failed, and tells nothing any more while another one passes,', () => {
    const other = { ...WELL, instanceId: 'i-other' };
    const failed = decideGroup(KEY, [OPEN], { waivers: [], now: NOW }, NEW_GROUP).state;
    const silent = new Set([OPEN.instanceId]);
    const then = (around: object, state = failed) =>
      decideGroup(KEY, [other], { waivers: [], now: NOW + DAY, silent, ...around }, state);

    it('keeps the finding, with its evidence, for as long as that worker exists', () => {
      const kept = then({});
      expect(kept.news).toEqual([]);
      expect(kept.state.verdicts['3.2.4']).toBe('FAIL');
      expect(kept.state.findings['3.2.4']).toEqual(failed.findings['3.2.4']);
      expect(then({ silent: new Set() }, kept.state).news).toMatchObject([{ reason: 'posture-passed' }]);
    });

    it('ends it once that worker passes', () => {
      const cured = decideGroup(KEY, [WELL, other], { waivers: [], now: NOW, silent: new Set() }, then({}).state);
      expect(cured.news).toMatchObject([{ reason: 'posture-passed' }]);
    });

    it('tells a waiver, and the finding again when it ends, of the worker that failed', () => {
      const waived = then({ waivers: [waiver()] });
      expect(waived.news).toMatchObject([{ reason: 'posture-waived', details: { instance: OPEN.instanceId } }]);
      expect(then({ now: NOW + 7 * DAY }, waived.state).news).toMatchObject([
        {
          reason: 'posture-failed',
          message: expect.stringContaining('--read-only-port'),
          details: { instance: OPEN.instanceId },
        },
      ]);
    });

    it('remembers a few workers of any number', () => {
      const many = Array.from({ length: 3_000 }, (_, n) => ({ ...OPEN, instanceId: `i-${n}` }));
      const { state } = decideGroup(KEY, many, { waivers: [], now: NOW }, NEW_GROUP);
      expect(state.findings['3.2.4']?.hosts).toHaveLength(10);
    });
  });

  it('tells a waiver once, and the finding again when it ends', () => {
    const waivers = [waiver()];
    const { told, state } = play({ looked: [OPEN], waivers }, { looked: [OPEN], waivers });
    expect(told).toEqual([['skipped posture-waived'], []]);
    expect(firstExpiry(state)).toBe(NOW + 7 * DAY);
    const after = decideGroup(KEY, [OPEN], { waivers, now: NOW + 7 * DAY }, state);
    expect(after.news).toMatchObject([
      { reason: 'posture-failed', message: expect.stringContaining('W-1 does not cover it any more') },
    ]);
    expect(firstExpiry(after.state)).toBe(Number.POSITIVE_INFINITY);
  });

  it('waives an open finding, within the same incident', () => {
    const first = decideGroup(KEY, [OPEN], { waivers: [], now: NOW }, NEW_GROUP);
    const second = decideGroup(KEY, [OPEN], { waivers: [waiver()], now: NOW + 1 }, first.state);
    expect(second.news).toMatchObject([{ decision: 'skipped', correlationId: first.news[0]?.correlationId }]);
  });

  it.each([
    ['another check', { check: '3.2.1' as const }],
    ['another cluster', { cluster: 'other' }],
    ['another group', { nodegroup: 'other' }],
    ['a day that is over', { until: NOW }],
  ])('takes no waiver for %s', (_what, changes) => {
    expect(play({ looked: [OPEN], waivers: [waiver(changes)] }).told).toEqual([['refused posture-failed']]);
  });

  it('tells after a day, once, that nothing is known, and that something is known again', () => {
    const none = { looked: [] };
    const { told } = play(
      none,
      { ...none, at: NOW + DAY - 1 },
      { ...none, at: NOW + DAY },
      { ...none, at: NOW + 2 * DAY },
      { looked: [WELL], at: NOW + 3 * DAY },
    );
    expect(told).toEqual([[], [], ['waiting posture-unknown'], [], ['done posture-passed']]);
    const since = { ...NEW_GROUP, unknownSince: NOW };
    const messages = [since, { ...since, checkedAt: NOW - DAY }].map(
      (state) => decideGroup(KEY, [], { waivers: [], now: NOW + DAY }, state).news[0]?.message,
    );
    const unknown = `No worker could be checked since ${new Date(NOW).toISOString()}.`;
    expect(messages).toEqual([
      `${unknown} None was ever checked.`,
      `${unknown} The last check was at ${new Date(NOW - DAY).toISOString()}.`,
    ]);
  });

  it('tells people of hosts whose agents answer and who tell nothing', () => {
    const none = { looked: [], mute: 'What i-1 printed is not what the command prints.' };
    const { told } = play(
      none,
      { ...none, at: NOW + DAY },
      { ...none, at: NOW + 2 * DAY },
      { looked: [WELL], at: NOW + 3 * DAY },
    );
    expect(told).toEqual([[], ['failed posture-untold'], [], ['done posture-passed']]);
  });

  it('tells people of a host that begins to tell nothing when its agent answers again', () => {
    const silent = { looked: [] };
    const mute = { looked: [], mute: 'The command failed on i-1.' };
    const { told } = play(
      silent,
      { ...silent, at: NOW + DAY },
      { ...mute, at: NOW + 2 * DAY },
      { ...silent, at: NOW + 3 * DAY },
      { ...mute, at: NOW + 4 * DAY },
      { looked: [WELL], at: NOW + 5 * DAY },
      mute,
    );
    expect(told).toEqual([
      [],
      ['waiting posture-unknown'],
      ['failed posture-untold'],
      [],
      [],
      ['done posture-passed'],
      [],
    ]);
  });

  it('never tells the same twice, and ends only what it began', () => {
    const verdict = fc.constantFrom<Verdict>('PASS', 'FAIL', 'MANUAL', 'N/A');
    const looked = fc.array(verdict, { minLength: 1, maxLength: 3 }).map((verdicts) =>
      verdicts.map(
        (each): Looked => ({
          ...WELL,
          judgements: { ...WELL.judgements, '3.2.4': { verdict: each, evidence: [{ value: 'x' }] } },
        }),
      ),
    );
    const step = fc.record({ looked: fc.oneof(looked, fc.constant([])), waived: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let state: GroupState = NEW_GROUP;
        const prints: string[] = [];
        const open = new Set<string>();
        for (const [index, { looked: hosts, waived }] of steps.entries()) {
          const now = NOW + index * 1000;
          const decided = decideGroup(KEY, hosts, { waivers: waived ? [waiver()] : [], now }, state);
          state = decided.state;
          for (const { decision, correlationId, fingerprint } of decided.news) {
            prints.push(`${index} ${fingerprint}`);
            if (decision === 'done') expect(open.delete(correlationId)).toBe(true);
            else open.add(correlationId);
          }
          expect(open.size).toBe(Object.keys(state.findings).length);
        }
        expect(new Set(prints).size).toBe(prints.length);
        expect(Object.keys(state.verdicts).length === 0 || Object.keys(state.verdicts).length === CHECKS.length).toBe(
          true,
        );
      }),
    );
  });
});

describe('a group of which AWS does not tell', () => {
  const denied = (id: number) => `AccessDeniedException: no, request ${id}`;

  it('is told of once, again by another code, and its end when it can be looked at', () => {
    const first = decideUnreadable(KEY, denied(1), NOW, NEW_GROUP);
    const again = decideUnreadable(KEY, denied(2), NOW + DAY, first.state);
    const other = decideUnreadable(KEY, 'ServerException: x', NOW + DAY, again.state);
    const over = decideGroup(KEY, [WELL], { waivers: [], now: NOW + 2 * DAY }, other.state);
    const told = [first, again, other, over].map(({ news }) =>
      news.map(({ decision, reason }) => `${decision} ${reason}`),
    );
    expect(told).toEqual([['failed unreadable'], [], ['failed unreadable'], ['done posture-passed']]);
    const incidents = [first, other, over].flatMap(({ news }) => news.map(({ correlationId }) => correlationId));
    expect(new Set(incidents).size).toBe(1);
    expect(over.state).not.toHaveProperty('unreadable');
  });

  it('keeps what is known of it, and is not told of for mere throttling', () => {
    const { state } = decideGroup(KEY, [OPEN], { waivers: [], now: NOW }, NEW_GROUP);
    const { state: after } = decideUnreadable(KEY, denied(1), NOW + DAY, state);
    expect(after).toMatchObject({ verdicts: state.verdicts, findings: state.findings });
    expect(decideUnreadable(KEY, 'ThrottlingException: slow down', NOW, state)).toEqual({ state, news: [] });
  });
});
