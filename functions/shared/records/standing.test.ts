import { describe, expect, it } from 'vitest';
import { exampleRecord } from './record.fixture.ts';
import type { ReadRecord } from './record-line.ts';
import { endOf, standingLines, standingsOf } from './standing.ts';

const record = (reason: string, more: Partial<ReadRecord> = {}): ReadRecord => ({
  ...exampleRecord,
  remediation: 'quarantine-workers',
  instance: 'i-0f3a5c7e9b1d2f4a6',
  decision: 'done',
  message: `It is ${reason}.`,
  reason,
  ...more,
});
const ofAgents = (reason: string, more: Partial<ReadRecord> = {}): ReadRecord =>
  record(reason, { remediation: 'manage-ssm-agent', ...more });

describe('how a worker stands', () => {
  it('is one state, that of the gravest open concern, until it ends; what others said stands below', () => {
    const held = record('quarantined', { details: { expiresAt: '2026-07-22T00:12:00.000Z' } });
    for (const records of [
      [held, ofAgents('agent-verified')],
      [ofAgents('agent-verified'), held],
    ]) {
      expect(standingLines(records)).toEqual([
        expect.stringMatching(
          /^Now: \S+: in quarantine since \S+ \S+, until 2026-07-22 00:12: It is quarantined\. \(quarantined\)/,
        ),
        expect.stringMatching(/^Besides, manage-ssm-agent: done since .*\(agent-verified\)/),
      ]);
    }
  });

  it.each(['request-refused', 'request-granted'])('is not told by a request: %s', (reason) => {
    const answer = record(reason, { decision: 'refused' });
    expect(standingsOf([record('quarantined'), answer])).toMatchObject([{ state: 'quarantined', others: [] }]);
    // An answer counts where there is nothing else.
    expect(standingsOf([answer])).toMatchObject([{ record: { reason } }]);
  });

  it('stays in quarantine under a guard, and the guard is told, too', () => {
    const stopped = record('kill-switch', { decision: 'skipped' });
    const lines = standingLines([record('quarantined'), stopped]);
    expect(lines).toEqual([
      expect.stringContaining('in quarantine since'),
      expect.stringMatching(/^Besides, quarantine-workers: .*\(kill-switch\)/),
    ]);
  });

  it('is still failed under a kill switch, and no longer once a tag leaves it alone', () => {
    const agents = { remediation: 'manage-ssm-agent' };
    const failed = record('agent-missing', { ...agents, decision: 'failed' });
    const stopped = record('kill-switch', { ...agents, decision: 'skipped' });
    expect(standingsOf([failed, stopped])).toMatchObject([{ state: 'failed', others: [{ reason: 'kill-switch' }] }]);
    const left = record('opted-out', { ...agents, decision: 'skipped' });
    expect(standingsOf([failed, left])).toMatchObject([{ state: 'skipped', others: [] }]);
  });

  it('counts under one id where only some of its records name its group', () => {
    const { nodegroup: _, ...alone } = record('quarantine-started', { decision: 'acted' });
    expect(standingsOf([alone, record('quarantined')])).toHaveLength(1);
  });
});

describe('how a cluster stands', () => {
  const worker = (instance: string, reason: string, more: Partial<ReadRecord> = {}) =>
    record(reason, { instance, ...more });

  it('is told by what is open in it, the gravest first, and the rest is counted', () => {
    const lines = standingLines([
      worker('i-1', 'not-exposed'),
      worker('i-2', 'quarantine-budget', { decision: 'waiting' }),
      worker('i-3', 'quarantined'),
      worker('i-4', 'not-exposed'),
    ]);
    expect(lines).toEqual([
      expect.stringMatching(/^Now: \S+i-2: exposed since/),
      expect.stringMatching(/^Now: \S+i-3: in quarantine since/),
      'Now: 2 more done or skipped.',
    ]);
  });

  it('is not told by what is said of the whole account', () => {
    const { cluster: _c, nodegroup: _n, instance: _i, ...account } = record('release-seen', { decision: 'acted' });
    expect(standingsOf([account, worker('i-1', 'not-exposed')])).toHaveLength(1);
    expect(standingLines([account])).toEqual([expect.stringMatching(/^Now: the account: acted since/)]);
  });
});

it('nothing stands by no records', () => {
  expect([standingsOf([]), standingLines([])]).toEqual([[], []]);
});

it('takes no text for an end', () => {
  expect(endOf({ details: { expiresAt: 'soon' } })).toBeUndefined();
  expect(endOf({})).toBeUndefined();
});
