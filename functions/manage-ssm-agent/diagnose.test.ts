import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { findings, ONLINE, worker } from './observation.fixture.ts';
import type { Findings, WorkerView } from './observation.ts';

const CLOSED = { kind: 'closed', missing: 'Subnet subnet-1 has no default route.' } as const;

describe('diagnose names the first cause', () => {
  it.each<[string, Partial<Findings>, Partial<WorkerView>]>([
    ['no-instance-profile', { profile: undefined as never, network: CLOSED }, {}],
    ['role-lacks-ssm', { roleAllowsAgent: false, network: CLOSED }, {}],
    ['role-lacks-ssm', { profile: { name: 'empty' }, roleAllowsAgent: false }, {}],
    ['no-network-path', { network: CLOSED, metadata: { enabled: false, version2: false } }, {}],
    ['imds-unreachable', { metadata: { enabled: false, version2: false } }, {}],
    ['agent-missing', {}, {}],
    ['connection-lost', {}, { agent: { ...ONLINE, online: false } }],
    ['role-lacks-ssm', { roleAllowsAgent: false }, { agent: { ...ONLINE, online: false } }],
  ])('%s', (cause, found, view) => {
    const all = findings(found);
    const { profile, ...rest } = all;
    const without = profile === undefined ? rest : all;
    expect(diagnose(worker(view), without).cause).toBe(cause);
  });

  it('and what else was found, but for what is the agent’s own', () => {
    const found = findings({ roleAllowsAgent: false, network: CLOSED, metadata: { enabled: false, version2: false } });
    expect(diagnose(worker(), found)).toEqual({
      cause: 'role-lacks-ssm',
      message: 'Role shop-node does not allow what the agent needs.',
      also: 'Also: Subnet subnet-1 has no default route. The metadata endpoint of the instance is disabled.',
    });
    expect(diagnose(worker(), findings({ roleAllowsAgent: false }))).not.toHaveProperty('also');
  });

  it.each([
    ['3.2.582.0', 'agent-missing'],
    ['3.2.581.9', 'role-lacks-ssm'],
    ['3.10.0.0', 'agent-missing'],
  ])('counts Default Host Management for agents that know it: %s', (version, cause) => {
    const found = findings({ roleAllowsAgent: false, defaultHostManagement: true });
    const diagnosis = diagnose(worker({ agent: { ...ONLINE, online: false, version } }), found);
    expect(diagnosis.cause).toBe(cause === 'agent-missing' ? 'connection-lost' : cause);
  });
});
