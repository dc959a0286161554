import { describe, expect, it } from 'vitest';
import { playThrough, type Scenario, start } from './harness.ts';
import { sampled } from './sampled.ts';
import { agentOf, daemonSets, launch, ours, outcomes, RELEASES } from './ssm-agent.fixture.ts';

describe('a thousand launches within ten seconds', () => {
  it('give each worker exactly one outcome, for reads at most a sixteenth of the events', async () => {
    const fleet = {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          nodeGroups: [
            { name: 'g', desiredSize: 0, maxSize: 450 },
            { name: 'h', desiredSize: 0, maxSize: 450 },
            { name: 'i', desiredSize: 0, maxSize: 450 },
          ],
        },
      ],
      launches: ['g', 'h', 'i'].map((nodeGroup, index) => ({
        at: '+1m',
        cluster: 'shop',
        nodeGroup,
        count: index === 0 ? 334 : 333,
        withinSeconds: 10,
      })),
    };
    const run = await playThrough({ fleet, inProcess: true, play: '20m', faults: { throttleRate: 0.02 } });
    const final = ours(run).filter(({ decision }) => decision !== 'waiting');
    expect(final).toHaveLength(1000);
    expect(new Set(final.map(({ instance }) => instance)).size).toBe(1000);
    expect(new Set(final.map(({ reason }) => reason))).toEqual(new Set(['agent-verified']));
    const reads = run.calls.filter(
      ({ function: name, operation, outcome }) =>
        name === 'manage-ssm-agent' && outcome === 'ok' && /^(Describe|Get|List|BatchGet|Query)/.test(operation),
    );
    // Two events per launch: EC2's and Auto Scaling's. Four of the reads concern each node role: its owner, and its
    // rights.
    expect(reads.length).toBeLessThanOrEqual(2000 / 16);
  });
});

describe('manage-ssm-agent dies at its n-th call of the longest path', () => {
  const scenario = (crash?: object): Scenario => ({
    ...launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS' }),
    inProcess: true,
    play: '3h',
    ...(crash !== undefined && { faults: { crash } as NonNullable<Scenario['faults']> }),
  });

  it.each(['before', 'after'] as const)(
    '%s the call is done: the agent answers in the end, and no DaemonSet is left',
    async (when) => {
      const undisturbed = await start(scenario());
      const calls = undisturbed.calls.filter((call) => call.function === 'manage-ssm-agent');
      const longest = calls.findIndex(({ operation }) => operation === 'DELETE daemonsets') + 5;
      expect(longest).toBeGreaterThan(20);
      const numbers = Array.from({ length: longest }, (_, index) => index + 1);
      for (const call of sampled(numbers, 4)) {
        const run = await start(scenario({ function: 'manage-ssm-agent', call, when }));
        const where = `call ${call}`;
        expect(await agentOf(run), where).toBeDefined();
        expect(daemonSets(run), where).toEqual([]);
        expect(outcomes(run).at(-1), where).toMatch(/^done/);
      }
    },
  );
});
