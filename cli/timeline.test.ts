import { expect, it } from 'vitest';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { createTimeline } from './timeline.ts';

const verified = (instance: string, nodegroup = 'web'): ReadRecord => ({
  kind: 'record',
  version: 1,
  id: `verified ${instance}`,
  time: '2026-07-14T16:30:02.000Z',
  account: '111122223333',
  region: 'eu-central-1',
  cluster: 'shop',
  nodegroup,
  instance,
  remediation: 'manage-ssm-agent',
  decision: 'done',
  reason: 'agent-verified',
  message: 'The agent answers.',
  trigger: { id: 'sweep', type: 'Agent Reconcile Request (sweep)' },
  calls: [],
  correlationId: 'sweep',
  latencyMs: 0,
});

const linesOf = (records: readonly ReadRecord[]): string => {
  const written: string[] = [];
  const timeline = createTimeline((line) => written.push(line));
  for (const record of records) timeline.add(record);
  timeline.flush();
  return written.join('\n');
};

it('names the worker whose agent answers, and counts several of one group in one line', () => {
  expect(linesOf([verified('i-1')])).toContain('i-1: The agent answers.');
  const lines = linesOf([verified('i-1'), verified('i-2'), verified('i-3', 'batch')]);
  expect(lines).toContain('The agents of 2 workers answer.');
  expect(lines).toContain('i-3: The agent answers.');
  expect(lines).not.toContain('i-1');
});
