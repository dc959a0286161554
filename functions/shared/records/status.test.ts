import { describe, expect, it } from 'vitest';
import { exampleRecord } from './record.fixture.ts';
import type { ReadRecord } from './record-line.ts';
import { statusOf } from './status.ts';

const record = (reason: string, more: Partial<ReadRecord> = {}): ReadRecord => ({
  ...exampleRecord,
  remediation: 'quarantine-workers',
  instance: 'i-0f3a5c7e9b1d2f4a6',
  decision: 'done',
  message: `It is ${reason}.`,
  reason,
  ...more,
});

describe('how a worker stands', () => {
  it('is the last word on it', () => {
    expect(statusOf([record('quarantine-started'), record('quarantined')])).toEqual([
      expect.stringContaining('done quarantined'),
    ]);
  });

  it.each(['request-refused', 'request-granted'])('is not told by a request: %s', (reason) => {
    const answer = record(reason, { decision: 'refused' });
    expect(statusOf([record('quarantined'), answer])).toEqual([expect.stringContaining('done quarantined')]);
    // Where there is nothing else, at least that.
    expect(statusOf([answer])).toEqual([expect.stringContaining(reason)]);
  });

  it('tells what keeps anybody from acting on it', () => {
    const stopped = record('kill-switch', { decision: 'skipped' });
    expect(statusOf([record('quarantined'), stopped])).toEqual([expect.stringContaining('kill-switch')]);
  });
});
