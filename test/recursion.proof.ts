import { describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, MINUTE, start } from './harness.ts';
import { outcomes, privateFleet, scenario } from './quarantine.fixture.ts';

/**
 * The largest number of invocations of a function in one chain of messages. Lambda stops the one after the sixteenth.
 */
const longestChain = (run: Run, name: string): number => run.account.lambda.longestChains.get(name) ?? 0;

describe('a chain of invocations in which each asks for the next one', () => {
  it('stays well below what Lambda stops, also where pods go slowly for twenty minutes', async () => {
    const workloads = [{ name: 'cart', replicas: 3, disruptionBudget: { maxUnavailable: 0 } }];
    const policy = { quarantine: { drain: { evict: true, within: '20m' } } };
    const changes = [{ at: '+2m', cluster: 'shop', associateAddress: true, nodeGroup: 'web' }];
    const run = await start(scenario(privateFleet({ workloads }, { changes }), policy, { inProcess: false }));
    await run.account.play(30 * MINUTE);
    expect(outcomes(run)).toEqual(['acted quarantine-started', 'waiting draining', 'done quarantined']);
    expect(longestChain(run, 'quarantine-workers')).toBeGreaterThan(5);
    expect(longestChain(run, 'quarantine-workers')).toBeLessThanOrEqual(12);
    expect(deadLetterCount(run)).toBe(0);
  });
});
