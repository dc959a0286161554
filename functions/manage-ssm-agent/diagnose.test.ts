import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { findings, LACKING, nodeRole, ONLINE, worker } from './observation.fixture.ts';
import type { Findings, WorkerView } from './observation.ts';

const CLOSED = { kind: 'closed', missing: 'Subnet subnet-1 has no default route.' } as const;
const UNSEEN = { kind: 'unseen', missing: 'Subnet subnet-1 has no default route.' } as const;
const UNSURE = { kind: 'unsure', doubt: 'The default route leads to tgw-1.' } as const;
const SILENT = { agent: { ...ONLINE, online: false } };
const DOUBTFUL = {
  name: 'p',
  role: nodeRole({ allows: 'unsure', registers: 'unsure', why: 'it hangs on aws:SourceVpc' }),
};

describe('diagnose names the first cause', () => {
  it.each<[string, Partial<Findings>, Partial<WorkerView>]>([
    ['registered-elsewhere', { registeredAs: 'mi-0123456789abcdef0', network: CLOSED }, {}],
    ['no-instance-profile', { profile: undefined as never, network: CLOSED }, {}],
    ['role-lacks-ssm', { profile: LACKING, network: CLOSED }, {}],
    ['role-lacks-ssm', { profile: { name: 'empty' } }, {}],
    ['no-instance-profile', { profile: { name: 'gone', gone: true } }, SILENT],
    ['role-lacks-ssm', { profile: { name: 'p', role: nodeRole({ distrusts: true }) } }, {}],
    ['role-lacks-ssm', { profile: { name: 'p', role: nodeRole({ distrusts: true }) } }, SILENT],
    ['no-network-path', { network: CLOSED, metadata: { enabled: false, version2: false } }, {}],
    ['no-network-path', { network: CLOSED }, SILENT],
    ['no-network-path', { network: UNSEEN }, {}],
    ['imds-unreachable', { metadata: { enabled: false, version2: false } }, {}],
    ['imds-unreachable', { metadata: { enabled: false, version2: false }, network: UNSURE }, {}],
    ['cause-unclear', { network: UNSURE }, {}],
    ['cause-unclear', { network: UNSURE }, SILENT],
    // The agent has answered before, so there was a path.
    ['cause-unclear', { network: UNSEEN }, SILENT],
    ['cause-unclear', { profile: DOUBTFUL }, {}],
    ['agent-missing', {}, {}],
    ['connection-lost', {}, SILENT],
    ['connection-lost', { profile: DOUBTFUL }, SILENT],
    ['role-lacks-ssm', { profile: LACKING }, SILENT],
    // The agent lacks the rights for sessions, but still registers.
    ['connection-lost', { profile: { name: 'p', role: nodeRole({ allows: 'no' }) } }, SILENT],
  ])('%s', (cause, found, view) => {
    const all = findings(found);
    const { profile, ...rest } = all;
    const without = profile === undefined ? rest : all;
    expect(diagnose(worker(view), without).cause).toBe(cause);
  });

  it.each([
    ['f1', LACKING, 'connection-lost'],
    ['f2', LACKING, 'role-lacks-ssm'],
    ['f1', DOUBTFUL, 'connection-lost'],
    ['f2', DOUBTFUL, 'cause-unclear'],
    ['f2', { name: 'p', role: nodeRole() }, 'connection-lost'],
  ])('and takes a role that was enough for one as long as it is the same: %s', (roleFingerprint, profile, cause) => {
    expect(diagnose(worker(SILENT), findings({ profile }), { roleFingerprint }).cause).toBe(cause);
  });

  it('and what else was found, but for what is the agent’s own', () => {
    const found = findings({ profile: LACKING, network: CLOSED, metadata: { enabled: false, version2: false } });
    expect(diagnose(worker(), found)).toEqual({
      cause: 'role-lacks-ssm',
      message: 'Role shop-node does not allow what the agent needs.',
      also: 'Also: Subnet subnet-1 has no default route. The metadata endpoint of the instance is disabled.',
    });
    expect(diagnose(worker(), findings({ profile: LACKING }))).not.toHaveProperty('also');
  });

  it('and says doubt as doubt, with what else it may be', () => {
    expect(diagnose(worker(), findings({ network: UNSEEN }))).toEqual({
      cause: 'no-network-path',
      message:
        'No way to Systems Manager is found: subnet subnet-1 has no default route. ' +
        'A proxy or a private hosted zone could not be seen.',
      also: 'Also: No agent has ever registered: it may be missing or stopped as well.',
    });
    expect(diagnose(worker(SILENT), findings({ network: UNSURE, profile: DOUBTFUL }))).toEqual({
      cause: 'cause-unclear',
      message: 'It cannot be told whether the instance reaches Systems Manager: the default route leads to tgw-1.',
      also: 'The agent registered once: it may also hang.',
    });
    const both = diagnose(worker(), findings({ network: UNSURE, profile: DOUBTFUL }));
    expect(both.message).toBe(
      'It cannot be told whether role shop-node allows what the agent needs: it hangs on aws:SourceVpc.',
    );
    expect(both.also).toContain('tgw-1');
  });

  const why = 'Default Host Management names role D, which does not exist any more.';
  const useless = { defaultHostManagement: false, hostManagementRole: { answer: 'no', why, gone: true } } as const;

  it('does not count Default Host Management whose role gives agents nothing, and says so', () => {
    const { profile: _, ...without } = findings(useless);
    expect(diagnose(worker(), without)).toEqual({
      cause: 'no-instance-profile',
      message: `The instance has no instance profile. ${why}`,
    });
    expect(diagnose(worker(), findings({ profile: LACKING, ...useless }))).toEqual({
      cause: 'role-lacks-ssm',
      message: `Role shop-node does not allow what the agent needs. ${why}`,
    });
    // Whose own role is enough needs no other.
    expect(diagnose(worker(), findings(useless)).cause).toBe('agent-missing');
  });

  it('names the metadata service that is off, and not the profile, where Default Host Management needs nothing else', () => {
    const off = { defaultHostManagement: true, metadata: { enabled: false, version2: false } };
    const { profile: _, ...without } = findings(off);
    expect(diagnose(worker(), without)).toEqual({
      cause: 'imds-unreachable',
      message: 'The metadata endpoint of the instance is disabled.',
    });
  });

  it('and blames nothing where nobody knows what the role of Default Host Management gives', () => {
    const doubtful = { defaultHostManagement: true, hostManagementRole: { answer: 'unsure', why: 'D.' } } as const;
    expect(diagnose(worker(), findings({ profile: LACKING, ...doubtful }))).toMatchObject({
      cause: 'cause-unclear',
      message: 'D.',
    });
    expect(diagnose(worker(), findings(doubtful)).cause).toBe('agent-missing');
  });

  it.each([
    ['3.2.582.0', 'connection-lost'],
    ['3.2.581.9', 'role-lacks-ssm'],
    ['3.10.0.0', 'connection-lost'],
  ])('counts Default Host Management for agents that know it: %s', (version, cause) => {
    const found = findings({ profile: LACKING, defaultHostManagement: true });
    const diagnosis = diagnose(worker({ agent: { ...ONLINE, online: false, version } }), found);
    expect(diagnosis.cause).toBe(cause);
  });
});
