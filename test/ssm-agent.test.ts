import { describe, expect, it } from 'vitest';
import { playThrough } from './harness.ts';
import { agentOf, changes, KINDS, launch, ours, outcomes } from './ssm-agent.fixture.ts';

describe.each(KINDS)('a launched worker of kind %s', (kind) => {
  it('whose agent registers is verified, once, by reads only', async () => {
    const run = await playThrough(launch(kind, {}));
    expect(outcomes(run)).toEqual(['done agent-verified']);
    expect(changes(run)).toEqual([]);
    expect(ours(run)[0]).toMatchObject({ cluster: 'shop', instance: expect.stringMatching(/^i-/) });
  });

  it('whose role lacks the rights gets the policy attached, and is done when the agent answers', async () => {
    const run = await playThrough({ ...launch(kind, { managedPolicy: false }), inProcess: true });
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'acted policy-attached', 'done agent-cured']);
    expect(changes(run)).toEqual(['iam AttachRolePolicy']);
    expect(await agentOf(run)).toBeDefined();
    expect(new Set(ours(run).map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  it.each<[string, object, object, string]>([
    ['no-instance-profile', { instanceProfile: false }, {}, 'no instance profile'],
    ['no-network-path', { network: 'none' }, {}, 'no default route'],
    [
      'no-network-path',
      {},
      { network: { endpoints: { services: ['ssm', 'ec2messages'] } } },
      'no endpoint for ssmmessages',
    ],
    // Current agents need no ec2messages, so its absence is no cause.
    [
      'imds-unreachable',
      { imds: 'disabled' },
      { network: { endpoints: { services: ['ssm', 'ssmmessages'] } } },
      'metadata',
    ],
    ['no-network-path', {}, { network: { endpoints: { admits: 'others' } } }, 'does not admit 10.'],
    ['no-network-path', {}, { network: { endpoints: { privateDns: false } } }, 'has private DNS off'],
    ['imds-unreachable', { imds: 'disabled' }, {}, 'metadata endpoint'],
  ])('with %s (%j %j) is told of, with the exact piece, and nothing is changed', async (cause, ssm, cluster, piece) => {
    const run = await playThrough({ ...launch(kind, ssm, cluster), inProcess: true });
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', `failed ${cause}`]);
    expect(ours(run).at(-1)?.message).toContain(piece);
    expect(new Set(ours(run).map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(changes(run)).toEqual([]);
  });

  it('whose agent fell silent is told of', async () => {
    const run = await playThrough({ ...launch(kind, { agent: 'dead' }), inProcess: true, play: '3h' });
    expect(outcomes(run).at(-1)).toBe('failed connection-lost');
    expect(changes(run)).toEqual([]);
  });

  it('whose agent is old is updated by a command, and is done when the version is the latest', async () => {
    const run = await playThrough({ ...launch(kind, { latest: false }), inProcess: true });
    expect(outcomes(run)).toEqual(['acted agent-update-started', 'done agent-updated']);
    expect(changes(run)).toEqual(['ssm SendCommand']);
  });
});
