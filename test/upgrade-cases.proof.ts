import { beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { incidentOf, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';

const X86 = 'AL2023_x86_64_STANDARD';
const release = (
  kubernetesVersion: string,
  amiType: string,
  releaseVersion: string,
  at: string,
  more: object = {},
) => ({
  at,
  kubernetesVersion,
  amiType,
  releaseVersion,
  ...more,
});
const [OLD, NEW] = ['1.34.1-20260601', '1.34.2-20260620'];
/** A cluster with one node group, which runs the older of two releases unless specified otherwise. */
const cluster = (name: string, group: object, version = '1.34') => ({
  name,
  version,
  nodeGroups: [{ name: 'web', releaseVersion: OLD, desiredSize: 1, ...group }],
});
const degraded = (code: string, more: object = {}) => ({ status: 'DEGRADED', health: [{ code }], ...more });
const quiet = { ssmAgent: { mode: 'off' }, quarantine: { mode: 'off' }, findings: { mode: 'off' } };
const policy = { ...quiet, upgrades: { bakeAge: '1h', concurrency: { perCluster: 1, perAccount: 50 } } };

describe('a node group that no upgrade can just be started on', () => {
  let run: Run;
  const told = (name: string) => incidentOf(run, name, 'web').filter((line) => !line.startsWith('waiting'));
  const messageOf = (name: string, reason: string) =>
    run.records.find((record) => record.cluster === name && record.reason === reason)?.message ?? '';
  const callsOf = (name: string) => upgradeCalls(run).filter(({ input }) => input.clusterName === name);

  beforeAll(async () => {
    run = await playThrough({
      inProcess: true,
      play: '9h',
      policy,
      fleet: {
        startsAt: '2026-07-01T00:00:00Z',
        releases: [
          { history: 'eks-ami-releases', from: '2025-06-20', to: '2025-12-31' },
          release('1.31', X86, '1.31.15-20260620', '-3d'),
          release('1.34', X86, OLD, '-20d'),
          release('1.34', X86, NEW, '-3d'),
          release('1.34', X86, '1.34.2-20260701', '+5h'),
          release('1.36', X86, '1.36.0-20260624', '-1h', { withdrawnAt: '+3h' }),
          release('1.36', 'BOTTLEROCKET_x86_64_NVIDIA', '1.60.0-1a2b3c4d', '-1h', { withdrawnAt: '+3h' }),
          release('1.33', 'WINDOWS_CORE_2022_x86_64', '1.33-2026.02.10', '-141d'),
        ],
        clusters: [
          cluster('al2-latest', { amiType: 'AL2_x86_64', releaseVersion: '1.32.9-20251209' }, '1.32'),
          cluster('al2-old', { amiType: 'AL2_x86_64', releaseVersion: '1.32.3-20250620' }, '1.32'),
          cluster('al2-too-new', { amiType: 'AL2_x86_64', releaseVersion: '1.33.1-20250601' }, '1.33'),
          cluster('windows-ended', { amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.33-2026.02.10' }, '1.33'),
          cluster('skewed', { version: '1.31', releaseVersion: '1.31.13-20260601' }, '1.35'),
          cluster('withdrawn', { releaseVersion: '1.36.0-20260624' }, '1.36'),
          cluster(
            'withdrawn-gpu',
            { amiType: 'BOTTLEROCKET_x86_64_NVIDIA', releaseVersion: '1.60.0-1a2b3c4d' },
            '1.36',
          ),
          cluster('ami-gone', degraded('AmiIdNotFound', { updates: { whileDegraded: 'accepted' } })),
          cluster('ami-gone-refused', degraded('AmiIdNotFound', { updates: { whileDegraded: 'refused' } })),
          cluster('role-gone', degraded('IamNodeRoleNotFound', { updates: { whileDegraded: 'accepted' } })),
          cluster(
            'empty',
            degraded('AsgInstanceLaunchFailures', { desiredSize: 0, updates: { whileDegraded: 'accepted' } }),
          ),
          cluster('breaks', {
            desiredSize: 2,
            updates: { fails: [{ errorCode: 'NodeCreationFailure', degrades: true }], whileDegraded: 'accepted' },
          }),
        ],
      },
    });
  });

  it('at the end of its AMIs gets the last release, and is told of once, with the move that helps', () => {
    expect(told('al2-latest')).toEqual(['refused end-of-life']);
    expect(told('al2-old')).toEqual(['acted upgrade-started', 'done upgraded', 'refused end-of-life']);
    expect(told('al2-too-new')).toEqual(['refused end-of-life']);
    expect(told('windows-ended')).toEqual(['refused end-of-life']);
    expect(messageOf('al2-old', 'end-of-life')).toMatch(/AL2023 or Bottlerocket/);
    expect(messageOf('windows-ended', 'end-of-life')).toMatch(/since 2026-02-10.*newer Windows Server type/);
    expect(run.records.find(({ reason }) => reason === 'end-of-life')).toMatchObject({ severity: 'high' });
  });

  it('too far behind its control plane is told of once, whatever releases come, and no call is made', () => {
    expect(told('skewed')).toEqual(['refused version-skew']);
    expect(messageOf('skewed', 'version-skew')).toMatch(/1\.35.*1\.31.*Move the node group to Kubernetes 1\.35 first/);
    expect(callsOf('skewed')).toEqual([]);
  });

  it('that runs the only release, withdrawn, is told so in the words of its own type', () => {
    for (const name of ['withdrawn', 'withdrawn-gpu']) {
      expect(told(name)).toEqual(['done up-to-date', 'skipped runs-withdrawn-release']);
      expect(messageOf(name, 'runs-withdrawn-release')).not.toContain('AL2');
    }
  });

  it('whose health an upgrade may cure is upgraded, once a release, where EKS takes that', () => {
    expect(told('ami-gone').slice(0, 2)).toEqual(['acted upgrade-started', 'done upgraded']);
    expect(nodeGroupOf(run, 'ami-gone', 'web')).toMatchObject({ status: 'ACTIVE', health: [] });
    expect(told('ami-gone-refused')).toEqual(['refused node-group-unhealthy']);
    expect(callsOf('ami-gone-refused').map(({ input }) => input.releaseVersion)).toEqual([NEW, '1.34.2-20260701']);
  });

  it('whose health no upgrade cures is told of once, and left alone', () => {
    expect(told('role-gone')).toEqual(['refused node-group-unhealthy']);
    expect(callsOf('role-gone')).toEqual([]);
  });

  it('without nodes is upgraded, however unhealthy', () => {
    expect(told('empty').slice(0, 2)).toEqual(['acted upgrade-started', 'done upgraded']);
  });

  it('that our upgrade has made unhealthy is said to be that, and promised no attempt; a newer release is tried', () => {
    expect(told('breaks')).toEqual([
      'acted upgrade-started',
      'failed upgrade-failed',
      'refused degraded-by-upgrade',
      'acted upgrade-started',
      'done upgraded',
    ]);
    expect(messageOf('breaks', 'upgrade-failed')).toContain('No further attempt is made until it is healthy');
    const broken = run.records.find(({ reason }) => reason === 'degraded-by-upgrade');
    expect(broken).toMatchObject({
      severity: 'high',
      message: expect.stringContaining(`the upgrade to ${NEW} failed`),
    });
  });
});
