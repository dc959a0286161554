import { describe, expect, it } from 'vitest';
import { playThrough } from './harness.ts';
import { agentOf, changes, daemonSets, ENTRY, launch, outcomes } from './ssm-agent.fixture.ts';

describe('a missing agent', () => {
  const missing = (ssm: object = {}, cluster: object = {}) =>
    launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS', ...ssm }, cluster);

  it('is installed through Kubernetes on just that node, and the DaemonSet is gone when the agent answers', async () => {
    const run = await playThrough(missing());
    expect(outcomes(run)).toEqual([
      'waiting agent-not-yet-registered',
      'acted agent-install-started',
      'done agent-cured',
    ]);
    expect(changes(run)).toEqual(['kubernetes PATCH daemonsets', 'kubernetes DELETE daemonsets']);
    expect(await agentOf(run)).toBeDefined();
    expect(daemonSets(run)).toEqual([]);
  });

  it.each<[string, object, object, string]>([
    ['without an access entry', {}, { accessEntries: [] }, 'kubernetes-access-missing'],
    ['without the RBAC manifest', {}, { rbacApplied: false }, 'kubernetes-forbidden'],
    ['with a private endpoint only', {}, { endpointPublicAccess: false }, 'kubernetes-unreachable'],
    ['on an operating system that cannot be served', { osImage: 'NixOS 24.11' }, {}, 'agent-not-installable'],
  ])('%s is told of, and nothing is left behind', async (_what, ssm, cluster, reason) => {
    const run = await playThrough(missing(ssm, cluster));
    expect(outcomes(run)[1]).toBe(`failed ${reason}`);
    expect(daemonSets(run)).toEqual([]);
  });

  it('on Bottlerocket never gets the DaemonSet', async () => {
    const bottlerocket = {
      at: '-10d',
      kubernetesVersion: '1.33',
      amiType: 'BOTTLEROCKET_x86_64',
      releaseVersion: '1.42.0-ca9b9399',
    };
    const { fleet, play } = launch('nodeGroup', { agent: 'missing' });
    const clusters = [
      {
        name: 'shop',
        version: '1.33',
        accessEntries: [ENTRY],
        nodeGroups: [
          { name: 'g', amiType: 'BOTTLEROCKET_x86_64', desiredSize: 0, maxSize: 5, ssm: { agent: 'missing' } },
        ],
      },
    ];
    const run = await playThrough({
      inProcess: true,
      fleet: { ...(fleet as object), releases: [bottlerocket], clusters },
      play,
    });
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'failed agent-not-installable']);
    expect(changes(run)).toEqual([]);
  });

  it('that cannot be cured fails after its time, the DaemonSet is removed, and it is tried as often as the policy allows', async () => {
    const run = await playThrough({
      inProcess: true,
      ...missing({ agent: 'stopped' }),
      policy: { ssmAgent: { cureWithin: '10m', retryAfter: '15m', attempts: 2 } },
      play: '3h',
    });
    const told = outcomes(run).filter((line) => /agent-install-started|^failed/.test(line));
    expect(told).toEqual([
      'acted agent-install-started',
      'failed agent-missing',
      'acted agent-install-started',
      'failed agent-missing',
      'failed attempts-exhausted',
    ]);
    expect(daemonSets(run)).toEqual([]);
  });
});
