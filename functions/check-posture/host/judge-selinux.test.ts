import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { podSecurityOf } from '../../shared/kubernetes/pod-security.ts';
import { type Host, readHost } from './host.ts';
import { judgeConfinement, judgeLabels } from './judge-selinux.ts';
import type { Pods } from './observe-pods.ts';

const selinux = (mode: string, runtime: boolean | null = true) => ({
  mode,
  configured: mode,
  policy: 'targeted',
  booleans: [],
  runtime,
});
const RHEL = readHost({ os: 'rhel', selinux: selinux('enforcing'), labels: [] });
const AL2023 = readHost({ os: 'al2023', selinux: selinux('permissive') });
const UBUNTU = readHost({ os: 'ubuntu', apparmor: true });
const BOTTLEROCKET = readHost({ os: 'bottlerocket' });

/** A pod with one container. */
const pod = (
  name: string,
  securityContext: object = {},
  more: { owner?: string; spec?: object; annotations?: object } = {},
) =>
  podSecurityOf({
    metadata: {
      namespace: 'team',
      name,
      annotations: { ...more.annotations },
      ...(more.owner !== undefined && {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: more.owner, uid: 'u', controller: true }],
      }),
    },
    spec: { containers: [{ name: 'main', securityContext }], ...more.spec },
  } as V1Pod);
const found = (...pods: Array<ReturnType<typeof pod>>): Pods => ({ found: pods });
const UNTOLD: Pods = { untold: 'The Kubernetes API of shop answered 401: Unauthorized.' };
const told = ({ verdict, evidence }: ReturnType<typeof judgeLabels>) => [
  verdict,
  ...evidence.map(({ value }) => value),
];
const labelled = (seLinuxOptions: object) => ({ seLinuxOptions });

describe('judgeConfinement', () => {
  it.each([
    ['rhel', RHEL],
    ['al2023', AL2023],
    ['bottlerocket', BOTTLEROCKET],
  ] as const)('names privileged containers on %s', (_, host) => {
    expect(told(judgeConfinement(host, found(pod('a', { privileged: true }), pod('b'))))).toEqual([
      'MANUAL',
      'privileged: team/a (main)',
    ]);
  });

  it.each(['spc_t', 'unconfined_t', 'super_t', 'control_t'])('names containers that ask for %s', (type) => {
    expect(told(judgeConfinement(RHEL, found(pod('a', labelled({ type })))))).toEqual([
      'MANUAL',
      `ask for ${type}: team/a (main)`,
    ]);
  });

  it('looks at init and ephemeral containers, and takes what the pod asks for where a container asks for nothing', () => {
    const spec = {
      securityContext: labelled({ type: 'spc_t' }),
      initContainers: [{ name: 'init', securityContext: { privileged: true } }],
      containers: [{ name: 'main' }, { name: 'own', securityContext: labelled({ type: 'container_t' }) }],
      ephemeralContainers: [{ name: 'debug' }],
    };
    expect(told(judgeConfinement(RHEL, found(pod('a', {}, { spec }))))).toEqual([
      'MANUAL',
      'privileged: team/a (init)',
      'ask for spc_t: team/a (init), team/a (main), team/a (debug)',
    ]);
  });

  it('fails levels by hand that keep nobody apart, where the host enforces', () => {
    const level = labelled({ level: 's0:c1,c2' });
    const shared = found(pod('a', level, { owner: 'one' }), pod('b', level, { owner: 'two' }));
    expect(told(judgeConfinement(RHEL, shared))).toEqual([
      'FAIL',
      'share the level s0:c1,c2 by hand: team/a (main), team/b (main)',
    ]);
    expect(judgeConfinement(AL2023, shared).verdict).toBe('N/A');
    // Replicas of one thing share theirs on purpose.
    expect(
      judgeConfinement(RHEL, found(pod('a', level, { owner: 'one' }), pod('b', level, { owner: 'one' }))).verdict,
    ).toBe('PASS');
    expect(told(judgeConfinement(RHEL, found(pod('a', labelled({ level: 's0' })))))[1]).toContain('reaches all others');
    expect(told(judgeConfinement(RHEL, found(pod('a', labelled({ level: 's0:c0.c1023' })))))[1]).toContain(
      'reaches all others',
    );
  });

  it('counts AppArmor where the system has it, by field and by annotation', () => {
    const byField = pod('a', { appArmorProfile: { type: 'Unconfined' } });
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' };
    const byAnnotation = pod('b', {}, { annotations });
    expect(told(judgeConfinement(UBUNTU, found(byField, byAnnotation)))[1]).toBe(
      'unconfined by AppArmor: team/a (main), team/b (main)',
    );
    expect(judgeConfinement(RHEL, found(byField)).verdict).toBe('PASS');
  });

  it('names pods by what the host shows where the cluster is not open', () => {
    const seen = (label: string, pods: number, names?: string[]) =>
      readHost({ os: 'rhel', selinux: selinux('enforcing'), labels: [{ label, processes: 4, pods, names }] });
    const said = (...given: Parameters<typeof seen>) => told(judgeConfinement(seen(...given), UNTOLD))[1];
    const loose = 'system_u:system_r:spc_t:s0';
    expect(said(loose, 1, ['ops/agent'])).toBe(`${loose}: 4 processes unconfined of ops/agent`);
    expect(said(loose, 3, ['ops/agent', 'ops/b'])).toBe(
      `${loose}: 4 processes unconfined of ops/agent, ops/b and others`,
    );
    expect(said(loose, 3)).toBe(`${loose}: 4 processes unconfined`);
    const shared = 'system_u:system_r:container_t:s0:c1,c2';
    expect(said(shared, 2, ['a/x', 'a/y'])).toBe(`${shared}: a level that 2 pods share: a/x, a/y`);
  });

  it('says doubt as doubt where the cluster is not open', () => {
    expect(told(judgeConfinement(BOTTLEROCKET, UNTOLD))).toEqual([
      'MANUAL',
      'the control container does not see the processes of pods',
      'what pods ask for is not known: The Kubernetes API of shop answered 401: Unauthorized.',
    ]);
  });

  it('names a few of many, and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, at) => pod(`p${at}`, { privileged: true }));
    expect(told(judgeConfinement(RHEL, found(...many)))[1]).toMatch(/p7 \(main\) and 22 more$/);
  });
});

describe('judgeLabels', () => {
  const asking = found(pod('a', labelled({ type: 'container_t' })), pod('b'));
  it.each<[string, Host, Pods, string]>([
    ['permissive, and a pod asks', AL2023, asking, 'FAIL'],
    ['permissive, and none asks', AL2023, found(pod('b')), 'PASS'],
    ['permissive, and nobody knows', AL2023, UNTOLD, 'MANUAL'],
    ['of AppArmor, and a pod asks', UBUNTU, asking, 'FAIL'],
    ['of AppArmor, and none asks', UBUNTU, found(pod('b')), 'N/A'],
    ['enforcing', RHEL, asking, 'PASS'],
    ['enforcing, the runtime off', readHost({ os: 'rhel', selinux: selinux('enforcing', false) }), found(), 'FAIL'],
    ['Bottlerocket', BOTTLEROCKET, asking, 'PASS'],
    ['not seen', readHost({ os: 'rhel' }), asking, 'MANUAL'],
  ])('of a host that is %s', (_, host, pods, verdict) => {
    expect(judgeLabels(host, pods).verdict).toBe(verdict);
  });

  it('names the pods whose labels do nothing', () => {
    expect(told(judgeLabels(AL2023, asking))).toEqual([
      'FAIL',
      'seLinuxOptions: team/a (main) do nothing',
      'SELinux is permissive: seLinuxOptions of pods do nothing',
    ]);
  });
});
