import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOST_CHECKS, type HostCheckId } from '../../shared/posture/host-checks.ts';
import { readHost } from './host.ts';
import type { InstanceFacts, RegionFacts } from './instance-facts.ts';
import { judgeHost } from './judge-host.ts';
import { doorsIn } from './observe-instances.ts';

const NOW = Date.parse('2026-07-14T00:00:00Z');
const FACTS: InstanceFacts = {
  httpTokens: 'required',
  httpEndpoint: 'enabled',
  hopLimit: 1,
  metadataTags: 'disabled',
  vpc: 'vpc-1',
  hasPublicAddress: false,
  doors: [],
};
const selinux = (mode: string, more: object = {}) => ({
  mode,
  configured: mode,
  policy: 'targeted',
  booleans: [],
  runtime: true,
  ...more,
});
const SSH = { running: true, keysCommand: '', certificates: '', authorizedKeys: [] };
const REGION: RegionFacts = {
  connectEndpoints: new Map(),
  networks: new Map([['vpc-1', ['10.1.0.0/16', '2001:db8:1::/56']]]),
};
const verdict = (
  id: HostCheckId,
  host: object,
  facts: InstanceFacts | undefined = FACTS,
  region: RegionFacts = REGION,
) => judgeHost(readHost(host), facts, region, NOW)[id];
const cis = (status: string) => ({ cis: { results: { br010501: { id: '1.5.1', status } } } });
const label = (type: string, level = 's0:c1,c2', pods = 1) => ({
  label: `system_u:system_r:${type}:${level}`,
  processes: 3,
  pods,
});

describe('judgeHost', () => {
  it.each([
    ['SELINUX.1', { os: 'rhel', selinux: selinux('enforcing') }, 'PASS'],
    ['SELINUX.1', { os: 'rhel', selinux: selinux('permissive') }, 'FAIL'],
    // It enforces until the next start only.
    ['SELINUX.1', { os: 'rhel', selinux: selinux('enforcing', { configured: 'permissive' }) }, 'FAIL'],
    ['SELINUX.1', { os: 'al2023', selinux: selinux('enforcing', { configured: 'disabled' }) }, 'FAIL'],
    ['SELINUX.1', { os: 'rhel', selinux: selinux('enforcing', { configured: '' }) }, 'PASS'],
    // AL2 and AL2023 cannot simply be switched.
    ['SELINUX.1', { os: 'al2023', selinux: selinux('permissive') }, 'MANUAL'],
    ['SELINUX.1', { os: 'al2', selinux: selinux('disabled') }, 'MANUAL'],
    ['SELINUX.1', { os: 'al2023', selinux: selinux('enforcing') }, 'PASS'],
    ['SELINUX.1', { os: 'ubuntu', selinux: selinux('disabled'), apparmor: true }, 'PASS'],
    ['SELINUX.1', { os: 'ubuntu', apparmor: false }, 'FAIL'],
    ['SELINUX.1', { os: 'ubuntu' }, 'MANUAL'],
    ['SELINUX.1', { os: 'rhel' }, 'MANUAL'],
    ['SELINUX.1', { os: 'rhel', selinux: 'enforcing' }, 'MANUAL'],
    ['SELINUX.1', { os: 'bottlerocket', report: cis('PASS') }, 'PASS'],
    ['SELINUX.1', { os: 'bottlerocket', report: cis('FAIL') }, 'FAIL'],
    ['SELINUX.1', { os: 'bottlerocket', report: cis('SKIP') }, 'MANUAL'],
    ['SELINUX.1', { os: 'bottlerocket' }, 'MANUAL'],
    ['SELINUX.2', { os: 'al2023', selinux: selinux('permissive'), labels: [label('spc_t')] }, 'N/A'],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing') }, 'MANUAL'],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing'), labels: [label('container_t')] }, 'PASS'],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing'), labels: [label('spc_t', 's0', 2)] }, 'MANUAL'],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing'), labels: [label('container_t', 's0')] }, 'FAIL'],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing'), labels: [label('container_t', 's0:c1', 2)] }, 'FAIL'],
    // Who has all categories reaches everybody's.
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing'), labels: [label('container_t', 's0:c0.c1023')] }, 'FAIL'],
    [
      'SELINUX.2',
      { os: 'rocky', selinux: selinux('enforcing'), labels: [label('container_t', 's0-s0:c0.c1023')] },
      'FAIL',
    ],
    [
      'SELINUX.2',
      { os: 'rhel', selinux: selinux('enforcing', { permissive: ['container_t'] }), labels: [label('container_t')] },
      'FAIL',
    ],
    ['SELINUX.2', { os: 'rhel', selinux: selinux('enforcing', { permissive: ['container_t'] }) }, 'FAIL'],
    [
      'SELINUX.2',
      { os: 'rhel', selinux: selinux('enforcing', { permissive: ['web.process'] }), labels: [label('web.process')] },
      'FAIL',
    ],
    [
      'SELINUX.2',
      { os: 'rhel', selinux: selinux('enforcing', { permissive: ['httpd_t'] }), labels: [label('container_t')] },
      'PASS',
    ],
    // SLES 16 has SELinux, where 15 has AppArmor.
    ['SELINUX.1', { os: 'sles', selinux: selinux('enforcing'), apparmor: false }, 'PASS'],
    ['SELINUX.1', { os: 'sles', selinux: selinux('permissive'), apparmor: false }, 'FAIL'],
    ['SELINUX.1', { os: 'sles', selinux: selinux('disabled'), apparmor: true }, 'PASS'],
    ['SELINUX.1', { os: 'debian', selinux: selinux('permissive'), apparmor: true }, 'PASS'],
    [
      'SELINUX.2',
      { os: 'sles', selinux: selinux('enforcing'), apparmor: false, labels: [label('container_t', 's0')] },
      'FAIL',
    ],
    ['SELINUX.3', { os: 'sles', selinux: selinux('enforcing'), apparmor: false }, 'PASS'],
    ['SELINUX.3', { os: 'rhel', selinux: selinux('enforcing') }, 'PASS'],
    ['SELINUX.3', { os: 'rhel', selinux: selinux('enforcing', { runtime: false }) }, 'FAIL'],
    ['SELINUX.3', { os: 'rhel', selinux: selinux('enforcing', { runtime: null }) }, 'MANUAL'],
    ['SELINUX.3', { os: 'al2023', selinux: selinux('permissive') }, 'MANUAL'],
    ['SELINUX.3', { os: 'ubuntu', apparmor: true }, 'N/A'],
    ['SSH.1', { os: 'al2023', ssh: SSH }, 'PASS'],
    ['SSH.1', { os: 'al2023', ssh: { ...SSH, authorizedKeys: [{ user: 'a', path: '/a', keys: 0 }] } }, 'PASS'],
    ['SSH.1', { os: 'al2023', ssh: { ...SSH, authorizedKeys: [{ user: 'a', path: '/a', keys: 1 }] } }, 'FAIL'],
    [
      'SSH.1',
      { os: 'al2023', ssh: { ...SSH, running: false, authorizedKeys: [{ user: 'a', path: '/a', keys: 1 }] } },
      'PASS',
    ],
    ['SSH.1', { os: 'ubuntu', ssh: { ...SSH, certificates: '/etc/ssh/ca.pub' } }, 'FAIL'],
    // Keys of SSSD, of systemd's user records, or of anything else, and those of EC2 Instance Connect: see SSH.5.
    ['SSH.1', { os: 'rhel', ssh: { ...SSH, keysCommand: '/usr/bin/sss_ssh_authorizedkeys' } }, 'MANUAL'],
    ['SSH.1', { os: 'rocky', ssh: { ...SSH, keysCommand: '/usr/bin/userdbctl' } }, 'MANUAL'],
    ['SSH.1', { os: 'rhel', ssh: { ...SSH, running: false, keysCommand: '/usr/bin/userdbctl' } }, 'PASS'],
    ['SSH.1', { os: 'al2023', ssh: { ...SSH, keysCommand: '/opt/aws/bin/eic_run_authorized_keys' } }, 'PASS'],
    ['SSH.5', { os: 'rhel', ssh: { ...SSH, keysCommand: '/usr/bin/sss_ssh_authorizedkeys' } }, 'MANUAL'],
    ['SSH.1', { os: 'al2023' }, 'MANUAL'],
    ['SSH.1', { os: 'bottlerocket' }, 'N/A'],
    ['SSH.4', { os: 'bottlerocket', adminContainer: true }, 'FAIL'],
    ['SSH.4', { os: 'bottlerocket', adminContainer: false }, 'PASS'],
    ['SSH.4', { os: 'bottlerocket', adminContainer: null }, 'MANUAL'],
    ['SSH.4', { os: 'al2023' }, 'N/A'],
    ['SSH.5', { os: 'al2023', ssh: { ...SSH, keysCommand: '/opt/aws/bin/eic_run_authorized_keys' } }, 'MANUAL'],
    ['SSH.5', { os: 'al2023', ssh: SSH }, 'PASS'],
    ['OS.1', { os: 'bottlerocket' }, 'PASS'],
    ['OS.1', { os: 'al2023' }, 'MANUAL'],
    ['OS.2', { os: 'al2' }, 'FAIL'],
    ['OS.2', { os: 'al2023' }, 'PASS'],
    ['OS.2', { os: 'ubuntu', osVersion: '20.04' }, 'FAIL'],
    ['OS.2', { os: 'ubuntu', osVersion: '24.04' }, 'PASS'],
    ['OS.2', { os: 'ubuntu', osVersion: '26.04' }, 'PASS'],
    ['OS.2', { os: 'ubuntu', osVersion: '25.10' }, 'FAIL'],
    ['OS.2', { os: 'ubuntu', osVersion: '23.10' }, 'MANUAL'],
    ['OS.2', { os: 'rhel', osVersion: '7.9' }, 'FAIL'],
    ['OS.2', { os: 'rhel', osVersion: '8.10' }, 'PASS'],
    ['OS.2', { os: 'rhel', osVersion: '10.1' }, 'PASS'],
    ['OS.2', { os: 'rhel', osVersion: '70' }, 'MANUAL'],
    ['OS.1', { os: 'rhel', osVersion: '9.4' }, 'MANUAL'],
    ['OS.2', { os: 'slackware' }, 'MANUAL'],
  ] as const)('%s of %j: %s', (id, host, expected) => {
    expect(verdict(id, host).verdict).toBe(expected);
  });

  it.each([
    ['10.1.2.0/24', 'PASS'],
    ['10.1.0.0/16', 'PASS'],
    ['2001:db8:1:2::/64', 'PASS'],
    ['10.0.0.0/8', 'MANUAL'],
    ['10.2.0.0/16', 'MANUAL'],
    ['2001:db8:2::/64', 'FAIL'],
    ['0.0.0.0/0', 'FAIL'],
    ['pl-1', 'MANUAL'],
  ] as const)('SSH.3 of %s into a VPC of 10.1.0.0/16: %s', (from, expected) => {
    const doors = [{ group: 'sg-1', port: 22, from }];
    expect(verdict('SSH.3', { os: 'al2023' }, { ...FACTS, doors }).verdict).toBe(expected);
    // Without the blocks of the VPC nothing is taken for inside.
    if (expected === 'PASS')
      expect(verdict('SSH.3', { os: 'al2023' }, { ...FACTS, doors }, {}).verdict).not.toBe('PASS');
  });

  it('says of a rule for the Internet whether a route leads to the instance today', () => {
    const evidence = (hasPublicAddress: boolean) =>
      verdict(
        'SSH.3',
        { os: 'al2023' },
        { ...FACTS, hasPublicAddress, doors: [{ group: 'sg-1', port: 22, from: '::/0' }] },
      )
        .evidence.map(({ value }) => value)
        .join('; ');
    expect(evidence(false)).toContain('has no public address');
    expect(evidence(true)).toBe('sg-1 lets ::/0 in at 22');
  });

  it('tells of EC2 Instance Connect Endpoints in the VPC of the instance', () => {
    const endpoints = (vpc: string) => ({ ...REGION, connectEndpoints: new Map([[vpc, ['eice-1']]]) });
    expect(verdict('SSH.5', { os: 'rhel', ssh: SSH }, FACTS, endpoints('vpc-1'))).toMatchObject({
      verdict: 'MANUAL',
      evidence: [{ value: expect.stringContaining('eice-1 in vpc-1 leads to 22') }],
    });
    expect(verdict('SSH.5', { os: 'rhel', ssh: SSH }, FACTS, endpoints('vpc-2')).verdict).toBe('PASS');
    expect(verdict('SSH.5', { os: 'rhel', ssh: SSH }, FACTS, {}).verdict).toBe('MANUAL');
  });

  it.each([
    [undefined, 'MANUAL'],
    ['none', 'PASS'],
    [{ key: 'ops', sourceGroups: [] }, 'FAIL'],
    [{ key: 'ops', sourceGroups: ['sg-1'] }, 'MANUAL'],
  ] as const)('SSH.6 of a group with remoteAccess %j: %s', (remoteAccess, expected) => {
    expect(judgeHost(readHost({ os: 'al2023' }), FACTS, REGION, NOW, { remoteAccess })['SSH.6'].verdict).toBe(expected);
  });

  it('counts the last day of a system as a whole, and says where to go', () => {
    const at = (time: string) =>
      judgeHost(readHost({ os: 'ubuntu', osVersion: '24.04' }), FACTS, {}, Date.parse(time))['OS.2'];
    expect(at('2029-05-31T23:59:59Z').verdict).toBe('PASS');
    expect(at('2029-06-01T00:00:00Z')).toEqual({
      verdict: 'FAIL',
      evidence: [{ value: 'ubuntu 24.04 got fixes until 2029-05-31; move to Bottlerocket' }],
    });
  });

  it.each([
    ['SSH.2', {}, 'PASS'],
    ['SSH.2', { keyName: 'ops' }, 'FAIL'],
    ['IMDS.1', {}, 'PASS'],
    ['IMDS.1', { httpTokens: 'optional' }, 'FAIL'],
    ['IMDS.1', { httpTokens: 'optional', httpEndpoint: 'disabled' }, 'N/A'],
    ['IMDS.2', {}, 'PASS'],
    ['IMDS.2', { hopLimit: 2 }, 'MANUAL'],
    // Version 1 knows no hop limit.
    ['IMDS.2', { httpTokens: 'optional' }, 'MANUAL'],
    ['IMDS.3', {}, 'PASS'],
    ['IMDS.3', { metadataTags: 'enabled' }, 'MANUAL'],
    ['IMDS.3', { httpEndpoint: 'disabled' }, 'MANUAL'],
  ] as const)('%s of an instance with %j: %s', (id, change, expected) => {
    expect(verdict(id, { os: 'al2023' }, { ...FACTS, ...change }).verdict).toBe(expected);
  });

  it.each([
    ['0.0.0.0/0', 'FAIL'],
    ['::/0', 'FAIL'],
    ['203.0.113.4/32', 'FAIL'],
    ['172.0.0.0/8', 'FAIL'],
    ['192.168.0.0/15', 'FAIL'],
    ['2001:db8::/32', 'FAIL'],
    ['10.0.0.0/8', 'MANUAL'],
    ['172.16.0.0/12', 'MANUAL'],
    ['100.64.0.0/10', 'MANUAL'],
    ['fd00::/8', 'MANUAL'],
    ['pl-0123456789abcdef0', 'MANUAL'],
    ['sg-0123456789abcdef0', 'PASS'],
  ])('SSH.3 of a rule for %s: %s', (from, expected) => {
    expect(verdict('SSH.3', { os: 'al2023' }, { ...FACTS, doors: [{ group: 'sg-1', port: 22, from }] }).verdict).toBe(
      expected,
    );
  });

  const volume = (isEncrypted: boolean) => ({ id: 'vol-1', device: '/dev/xvda', isEncrypted });
  const untold = { id: 'vol-2', device: '/dev/xvdb' };
  const image = { id: 'ami-1', owner: '111122223333', isAmazons: false, isOwn: true, isPublic: false };
  it.each([
    ['EBS.1', { volumes: [volume(true)] }, 'PASS'],
    ['EBS.1', { volumes: [volume(true), volume(false)] }, 'FAIL'],
    ['EBS.1', { volumes: [] }, 'MANUAL'],
    ['EBS.1', { volumes: [volume(true), untold] }, 'MANUAL'],
    ['EBS.1', { volumes: [untold, volume(false)] }, 'FAIL'],
    ['AMI.1', { image }, 'PASS'],
    ['AMI.1', { image: { ...image, isPublic: true } }, 'FAIL'],
    ['AMI.1', { image: { ...image, isOwn: false, isAmazons: true, isPublic: true } }, 'PASS'],
    ['AMI.1', { image: { ...image, isOwn: false } }, 'MANUAL'],
    ['AMI.1', { image: { id: 'ami-1', owner: '1', isAmazons: false, isOwn: true } }, 'MANUAL'],
    ['AMI.1', {}, 'MANUAL'],
  ] as const)('%s of an instance that has %j: %s', (id, change, expected) => {
    expect(verdict(id, { os: 'al2023' }, { ...FACTS, ...change }).verdict).toBe(expected);
  });

  const logged = { cloudWatchLogGroupName: '/sessions', cloudWatchEncryptionEnabled: true };
  it.each([
    ['EBS.2', { encryptsByDefault: true }, 'PASS'],
    ['EBS.2', { encryptsByDefault: false }, 'FAIL'],
    ['EBS.2', {}, 'MANUAL'],
    ['SESSIONS.1', {}, 'MANUAL'],
    ['SESSIONS.1', { sessions: {} }, 'FAIL'],
    ['SESSIONS.1', { sessions: logged }, 'PASS'],
    ['SESSIONS.1', { sessions: { ...logged, s3BucketName: 'logs' } }, 'FAIL'],
    ['SESSIONS.1', { sessions: { s3BucketName: 'logs', s3EncryptionEnabled: true } }, 'PASS'],
  ] as const)('%s of a region with %j: %s', (id, region, expected) => {
    expect(verdict(id, { os: 'al2023' }, FACTS, region).verdict).toBe(expected);
  });

  it('tells how sessions run beside where they are logged', () => {
    const sessions = { ...logged, kmsKeyId: 'k', runAsEnabled: true, runAsDefaultUser: 'ops', idleSessionTimeout: '5' };
    expect(verdict('SESSIONS.1', { os: 'al2023' }, FACTS, { sessions }).evidence.at(-1)?.value).toBe(
      'encrypted under way by the key k; run as ops; idle ones end after 5 minutes',
    );
  });

  it('is not decided where EC2 did not tell', () => {
    const judgements = judgeHost(readHost({ os: 'al2023' }), undefined, {}, NOW);
    for (const id of ['SSH.2', 'SSH.3', 'IMDS.1', 'IMDS.2', 'IMDS.3'] as const)
      expect(judgements[id].verdict).toBe('MANUAL');
    expect(verdict('SSH.3', { os: 'al2023' }, {}).verdict).toBe('MANUAL');
  });

  it('never throws, nor passes what it cannot read', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('rhel', 'bottlerocket', 'al2023'), (junk, os) => {
        const members = ['selinux', 'ssh', 'labels', 'report', 'osVersion'].map((name) => [name, junk]);
        const judgements = judgeHost(readHost({ os, ...Object.fromEntries(members) }), undefined, {}, NOW);
        expect(Object.keys(judgements)).toEqual(HOST_CHECKS.map(({ id }) => id));
        for (const { evidence } of Object.values(judgements)) expect(evidence.length).toBeGreaterThan(0);
        expect(judgements['SELINUX.1'].verdict).not.toBe('PASS');
        expect(readHost(junk).os).toBeTypeOf('string');
      }),
    );
  });
});

describe('doorsIn', () => {
  const anybody = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  it.each([
    [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...anybody }, [22]],
    [{ IpProtocol: 'tcp', FromPort: 0, ToPort: 65535, ...anybody }, [22, 3389]],
    [{ IpProtocol: '6', FromPort: 3000, ToPort: 4000, ...anybody }, [3389]],
    [{ IpProtocol: '-1', ...anybody }, [22, 3389]],
    [{ IpProtocol: 'udp', FromPort: 22, ToPort: 22, ...anybody }, []],
    [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, ...anybody }, []],
  ])('of %j: %j', (rule, ports) => {
    expect(doorsIn('sg-1', rule).map(({ port }) => port)).toEqual(ports);
  });

  it('names each source', () => {
    const rule = {
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      IpRanges: [{ CidrIp: '10.0.0.0/8' }],
      Ipv6Ranges: [{ CidrIpv6: '::/0' }],
      PrefixListIds: [{ PrefixListId: 'pl-1' }],
      UserIdGroupPairs: [{ GroupId: 'sg-2' }],
    };
    expect(doorsIn('sg-1', rule).map(({ from }) => from)).toEqual(['10.0.0.0/8', '::/0', 'pl-1', 'sg-2']);
  });
});
