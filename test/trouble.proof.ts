import { describe, expect, it } from 'vitest';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import { CLIENT_DEFAULTS } from '../functions/shared/runtime/aws-client.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, nodeGroupOf, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { sampled } from './sampled.ts';

/**
 * Everything that AWS may do to a function at once: repetitions, delays, throttles, errors, lost requests and replies.
 */
const faults = (seed: number) => ({
  duplicateMessages: seed % 2 === 0,
  duplicateEvents: seed % 3 === 0,
  deliveryDelayMs: 20_000,
  throttleRate: 0.05,
  serverErrorRate: 0.03,
  lostRequestRate: 0.02,
  lostReplyRate: 0.03,
});
/**
 * The errors of invocations in which no call failed at every attempt. Where one did, the messages come again: there is no
 * dead letter.
 */
function failedOtherwise({ errors, calls }: Run): string[] {
  const lines = errors.map((line) => ({ line, ...(JSON.parse(line) as Failed) }));
  const excused = new Set(
    lines.flatMap(({ service, requestId, timestamp }) => {
      const before = calls.filter((call) => call.function === service && call.at <= timestamp);
      const attempts = Map.groupBy(before, ({ operation, input }) => `${operation} ${JSON.stringify(input)}`);
      const isGivenUp = [...attempts.values()].some(
        (all) =>
          all.length >= CLIENT_DEFAULTS.maxAttempts &&
          all.slice(-CLIENT_DEFAULTS.maxAttempts).every(({ outcome }) => outcome !== 'ok') &&
          Date.parse(timestamp) - Date.parse(all.at(-1)?.at ?? '') < MINUTE,
      );
      return isGivenUp ? requestId : [];
    }),
  );
  return lines.flatMap(({ line, requestId }) => (excused.has(requestId) ? [] : line));
}

interface Failed {
  readonly requestId: string;
  readonly timestamp: string;
  /** Absent in the line that Lambda itself writes. */
  readonly service?: string;
}

/** The content of a record, without its time. */
const saidIn = ({ time: _, ...said }: RemediationRecord): object => said;

const policy = { upgrades: { bakeAge: '2h', concurrency: { perCluster: 1, perAccount: 2 } } };

// Seeds 102 and 105 once made two reconciles of the same workers record the same outcome, and one sweep count twice.
const SEEDS = [100, 102, 105];

const PLAYS = ['demo', 'mixed', 'ssm-agent'].flatMap((fleet) => SEEDS.map((seed) => ({ fleet, seed })));

describe('a troubled account', () => {
  it.each(sampled(PLAYS, 4))(
    'ends as in a quiet one, inside its budget, each outcome told once (fleet $fleet, seed $seed)',
    async ({ fleet, seed }) => {
      const quiet = await start({ fleet, seed, policy, inProcess: true, play: '16h' });
      const run = await start({ fleet, seed, policy, inProcess: true, faults: faults(seed) });
      for (let slice = 0; slice < 16 * 6; slice++) {
        await run.account.play(HOUR / 6);
        const groups = run.account.snapshot().clusters.flatMap(({ nodeGroups }) => nodeGroups);
        const underUpdate = groups.filter(({ updates }) => updates.some(({ status }) => status === 'InProgress'));
        expect(underUpdate.length).toBeLessThanOrEqual(2);
      }
      // Where two reconciles meet, the second may find an outcome before the first has saved that it is recorded. It is
      // then recorded again, with the same id and content, and readers count it once.
      const told = new Map(run.records.map((record) => [record.id, saidIn(record)]));
      for (const record of run.records) expect(saidIn(record)).toEqual(told.get(record.id));
      expect(run.records.length - told.size).toBeLessThan(run.records.length / 50);
      expect(deadLetterCount(run)).toBe(0);
      expect(failedOtherwise(run)).toEqual([]);
      expect(await deniedCalls(run.account, run.calls)).toEqual([]);
      expect(run.account.kubernetes.daemonSets()).toEqual(quiet.account.kubernetes.daemonSets());
      expect(run.account.onlineAgents().length).toBe(quiet.account.onlineAgents().length);
      for (const { name, nodeGroups } of quiet.account.snapshot().clusters) {
        for (const { name: group, releaseVersion, status } of nodeGroups) {
          expect(nodeGroupOf(run, name, group)).toMatchObject({ releaseVersion, status });
        }
      }
    },
  );
});
