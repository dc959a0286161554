import {
  AL2023_FLAGS,
  al2,
  al2023,
  al2023Config,
  BOTTLEROCKET_CONFIG,
  bottlerocket,
  bottlerocketHost,
  CONFIG,
  cisReport,
  DROP_INS,
  directory,
  dropIn,
  file,
  KUBECONFIG,
  link,
  type NodeInput,
  WITH_DROP_INS,
} from '../../../sandbox/account/ssm/node-systems.ts';
import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import type { Verdict } from '../../shared/posture/verdict.ts';

export interface NodeFixture {
  readonly name: string;
  /** The source of its facts. */
  readonly origin: string;
  readonly node: NodeInput;
  /** Each check's verdict. */
  readonly verdicts: Readonly<Record<CheckId, Verdict>>;
  /** The verdicts of kube-bench 0.15 (eks-1.8.0) that differ, by its source. */
  readonly kubeBench?: Readonly<Partial<Record<CheckId, 'PASS' | 'FAIL'>>>;
}

const all = (verdict: Verdict, changes: Partial<Record<CheckId, Verdict>> = {}): Record<CheckId, Verdict> => ({
  ...(Object.fromEntries(CHECKS.map(({ id }) => [id, verdict])) as Record<CheckId, Verdict>),
  ...changes,
});

/** All checks pass. There is no --config-dir unless a fixture sets one. */
const pass = (changes: Partial<Record<CheckId, Verdict>> = {}) => all('PASS', { 'EHR.1': 'N/A', ...changes });
const SETTINGS: readonly CheckId[] = ['3.2.1', '3.2.2', '3.2.3', '3.2.4', '3.2.5', '3.2.6', '3.2.7', '3.2.8', '3.2.9'];
const settings = (verdict: Verdict) => Object.fromEntries(SETTINGS.map((id) => [id, verdict]));

const NODEADM = 'awslabs/amazon-eks-ami, nodeadm/internal/kubelet';
const AL2 = 'awslabs/amazon-eks-ami, AL2 bootstrap.sh and kubelet-config.json';
const BOTTLEROCKET = 'bottlerocket-core-kit, packages/kubernetes-1.x';
const REPORT = 'bottlerocket-core-kit, sources/bloodhound';
const KUBELET = 'kubernetes/kubernetes, cmd/kubelet/app/server.go';
const KUBE_BENCH = 'aquasecurity/kube-bench, check/test.go and cfg/';

/** AL2023 with drop-ins: the text by the name below the directory. */
const withDropIns = (dropIns: Readonly<Record<string, string>>, config?: string) =>
  al2023({
    ...(config === undefined ? {} : { config }),
    flags: WITH_DROP_INS,
    files: [
      directory(DROP_INS),
      ...Object.entries(dropIns).map(([name, text]) => file(`${DROP_INS}/${name}`, '0644', text)),
    ],
  });

const withFlags = (...flags: string[]) => al2023({ flags: [...AL2023_FLAGS, ...flags] });
const dropIns = (changes: Partial<Record<CheckId, Verdict>> = {}) => all('PASS', changes);

export const NODES: readonly NodeFixture[] = [
  { name: 'AL2023 as it comes', origin: NODEADM, node: al2023(), verdicts: pass() },
  {
    name: 'AL2023 launched by Karpenter, whose drop-in registers taints',
    origin: `${NODEADM}; karpenter, pkg/providers/amifamily/bootstrap/nodeadm.go`,
    node: withDropIns({
      '40-nodeadm.conf': dropIn({
        maxPods: 29,
        registerWithTaints: [{ key: 'karpenter.sh/unregistered', effect: 'NoExecute' }],
      }),
    }),
    verdicts: dropIns(),
  },
  {
    name: 'AL2023 before v20250620, whose drop-in is called 00-nodeadm.conf',
    origin: `${NODEADM}, pull request 2297`,
    node: withDropIns({ '00-nodeadm.conf': dropIn({ maxPods: 58 }) }),
    verdicts: dropIns(),
  },
  {
    name: 'AL2023 1.35: flags as before',
    origin: NODEADM,
    node: al2023({ kubernetesVersion: '1.35' }),
    verdicts: pass(),
  },
  {
    name: 'AL2023 on Outposts: bootstrap-kubeconfig, the kubeconfig not written yet',
    origin: NODEADM,
    node: al2023({
      files: [],
      flags: [
        `--config=${CONFIG}`,
        '--bootstrap-kubeconfig=/var/lib/kubelet/bootstrap-kubeconfig',
        '--kubeconfig=/var/lib/kubelet/not-yet',
        '--rotate-certificates=true',
      ],
    }),
    verdicts: pass({ '3.1.1': 'MANUAL', '3.1.2': 'MANUAL' }),
    kubeBench: { '3.1.1': 'PASS', '3.1.2': 'PASS' },
  },
  { name: 'AL2 as it comes', origin: AL2, node: al2(), verdicts: pass() },
  {
    name: 'AL2 with the read-only port opened by KUBELET_EXTRA_ARGS',
    origin: `${AL2}; seen in public user data`,
    node: al2({ extraArgs: ['--read-only-port=10255'] }),
    verdicts: pass({ '3.2.4': 'FAIL' }),
  },
  {
    name: 'AL2 whose port is opened and shut again: the last flag counts',
    origin: KUBELET,
    node: al2({ extraArgs: ['--read-only-port=10255', '--read-only-port', '0'] }),
    verdicts: pass(),
    kubeBench: { '3.2.4': 'FAIL' },
  },
  {
    name: 'AL2 whose port is opened with an underscore',
    origin: `${KUBELET}; ${KUBE_BENCH}`,
    node: al2({ extraArgs: ['--read_only_port=10255'] }),
    verdicts: pass({ '3.2.4': 'FAIL' }),
    kubeBench: { '3.2.4': 'PASS' },
  },
  {
    name: 'Ubuntu EKS: the files of AL2, the kubelet as a snap',
    origin: 'Canonical, Ubuntu on EKS (kubelet-eks snap)',
    node: { ...al2(), os: 'ubuntu' },
    verdicts: pass(),
  },
  {
    name: 'Ubuntu whose configuration eksctl moved over with the mode of a temporary file',
    origin: 'eksctl, pkg/nodebootstrap, for Ubuntu',
    node: {
      ...al2(),
      os: 'ubuntu',
      files: al2().files.map((one) => (one.content === undefined ? one : { ...one, mode: '0664', group: 'ubuntu' })),
    },
    verdicts: pass({ '3.1.3': 'FAIL', '3.1.4': 'FAIL' }),
  },
  {
    name: 'RHEL built after aws-samples, as AL2023',
    origin: 'aws-samples/amazon-eks-ami-rhel',
    node: { ...al2023(), os: 'rhel9', kubernetesVersion: 'v1.32.3-eks-473151a' },
    verdicts: pass(),
  },
  {
    name: 'RHEL whose /etc/kubernetes is a link to another disk',
    origin: 'path_resolution(7)',
    node: {
      ...al2023(),
      os: 'rhel',
      files: [
        link('/etc/kubernetes', '/srv/kubernetes'),
        file('/srv/kubernetes/kubelet/config.json', '0600', al2023Config()),
        file(KUBECONFIG, '0600'),
      ],
    },
    verdicts: pass(),
  },
  {
    name: 'Bottlerocket as the admin container sees it',
    origin: BOTTLEROCKET,
    node: bottlerocketHost(),
    verdicts: pass(),
    kubeBench: { '3.2.9': 'FAIL' },
  },
  {
    name: 'Bottlerocket with an event rate of 0',
    origin: BOTTLEROCKET,
    node: bottlerocketHost(`${BOTTLEROCKET_CONFIG}eventRecordQPS: 0\n`),
    verdicts: pass(),
    kubeBench: { '3.2.9': 'FAIL' },
  },
  {
    name: 'Bottlerocket in standalone mode',
    origin: BOTTLEROCKET,
    node: bottlerocketHost(
      BOTTLEROCKET_CONFIG.replace('enabled: false', 'enabled: true').replace('mode: Webhook', 'mode: AlwaysAllow'),
    ),
    verdicts: pass({ '3.2.1': 'FAIL', '3.2.2': 'FAIL' }),
    kubeBench: { '3.2.9': 'FAIL' },
  },
  {
    name: 'Bottlerocket without server-tls-bootstrap',
    origin: BOTTLEROCKET,
    node: bottlerocketHost(BOTTLEROCKET_CONFIG.replace('serverTLSBootstrap: true', 'serverTLSBootstrap: false')),
    verdicts: pass({ '3.2.9': 'FAIL' }),
  },
  {
    name: 'Bottlerocket by its report, benchmark 1.8.0',
    origin: REPORT,
    node: bottlerocket(),
    verdicts: all('PASS', { '3.2.7': 'MANUAL', '3.2.8': 'MANUAL', 'EHR.1': 'MANUAL' }),
  },
  {
    name: 'Bottlerocket by its report, benchmark 1.11.1, which fails 4.2.10 where the key is absent',
    origin: `${REPORT}, pull request 563`,
    node: bottlerocket(
      cisReport({ '4.2.10': { status: 'FAIL', error: 'Kubelet rotateCertificates is disabled' } }, '1.11.1'),
    ),
    verdicts: all('PASS', { '3.2.7': 'MANUAL', '3.2.8': 'MANUAL', 'EHR.1': 'MANUAL' }),
  },
  {
    name: 'Bottlerocket whose configuration has 644, which fails its own check of 600',
    origin: REPORT,
    node: bottlerocket(
      cisReport({
        '4.1.9': { status: 'FAIL', error: 'file /etc/kubernetes/kubelet/config has extra permissions: 0x644' },
      }),
    ),
    verdicts: all('PASS', { '3.2.7': 'MANUAL', '3.2.8': 'MANUAL', 'EHR.1': 'MANUAL' }),
  },
  {
    name: 'Bottlerocket whose kubeconfig has 666',
    origin: REPORT,
    node: bottlerocket(
      cisReport({
        '4.1.5': { status: 'FAIL', error: 'file /etc/kubernetes/kubelet/kubeconfig has extra permissions: 0x666' },
      }),
    ),
    verdicts: all('PASS', { '3.1.1': 'FAIL', '3.2.7': 'MANUAL', '3.2.8': 'MANUAL', 'EHR.1': 'MANUAL' }),
  },
  {
    name: 'Bottlerocket whose report is a text, as apiclient prints it, and could not read the configuration',
    origin: REPORT,
    node: bottlerocket(
      JSON.stringify(
        cisReport(
          Object.fromEntries(
            ['4.2.1', '4.2.4'].map((id) => [id, { status: 'SKIP', error: 'unable to parse kubelet config' }]),
          ),
        ),
      ),
    ),
    verdicts: all('PASS', {
      '3.2.1': 'MANUAL',
      '3.2.4': 'MANUAL',
      '3.2.7': 'MANUAL',
      '3.2.8': 'MANUAL',
      'EHR.1': 'MANUAL',
    }),
  },
  {
    name: 'Bottlerocket whose control container is off: no evidence',
    origin: BOTTLEROCKET,
    node: { os: 'bottlerocket', kubernetesVersion: '1.33', files: [], kubeletFlags: null },
    verdicts: all('MANUAL'),
  },
  {
    name: 'Windows: the benchmark is not about it',
    origin: 'CIS Amazon EKS Benchmark, scope',
    node: { os: 'Windows Server 2022 Core', kubernetesVersion: '1.33', files: [], kubeletFlags: null },
    verdicts: all('N/A'),
  },
  {
    name: 'No kubelet runs: nothing is known, whatever files lie about',
    origin: KUBE_BENCH,
    node: al2023({ flags: null }),
    verdicts: all('MANUAL'),
    kubeBench: settings('FAIL'),
  },
  {
    name: 'Kubeconfig by a link to a file of 0600',
    origin: KUBE_BENCH,
    node: al2023({
      files: [
        link('/etc/kubernetes/kubelet.kubeconfig', '../../var/lib/kubelet/real'),
        file('/var/lib/kubelet/real', '0600'),
      ],
      flags: [`--config=${CONFIG}`, '--kubeconfig=/etc/kubernetes/kubelet.kubeconfig'],
    }),
    verdicts: pass(),
    kubeBench: { '3.1.1': 'FAIL' },
  },
  {
    name: 'Modes are bits: 0700 of the kubeconfig is too much',
    origin: KUBE_BENCH,
    node: { ...al2023(), files: [file(KUBECONFIG, '0700'), file(CONFIG, '0644', al2023Config())] },
    verdicts: pass({ '3.1.1': 'FAIL' }),
  },
  {
    name: 'Set-user-id of the kubeconfig is too much, 0400 of the configuration is not',
    origin: KUBE_BENCH,
    node: { ...al2023(), files: [file(KUBECONFIG, '4644'), file(CONFIG, '0400', al2023Config())] },
    verdicts: pass({ '3.1.1': 'FAIL' }),
  },
  {
    name: 'Owners by number, and one that only sounds like root',
    origin: KUBE_BENCH,
    node: {
      ...al2023(),
      files: [
        file(KUBECONFIG, '0644', undefined, { owner: '0', group: 0 }),
        file(CONFIG, '0644', al2023Config(), { owner: 'xroot', group: 'root' }),
      ],
    },
    verdicts: pass({ '3.1.4': 'FAIL' }),
    kubeBench: { '3.1.4': 'PASS' },
  },
  {
    name: 'A left-over kubelet-config.json beside the configuration that counts',
    origin: KUBE_BENCH,
    node: al2023({
      files: [
        file(
          '/etc/kubernetes/kubelet/kubelet-config.json',
          '0777',
          al2023Config({ authorization: { mode: 'AlwaysAllow' } }),
        ),
      ],
    }),
    verdicts: pass(),
    kubeBench: { '3.1.3': 'FAIL', '3.2.2': 'FAIL' },
  },
  {
    name: 'No --config: the old defaults of the flags',
    origin: 'kubernetes/kubernetes, cmd/kubelet/app/options/options.go, applyLegacyDefaults',
    node: al2023({ flags: [`--kubeconfig=${KUBECONFIG}`] }),
    verdicts: pass({
      '3.1.3': 'N/A',
      '3.1.4': 'N/A',
      '3.2.1': 'FAIL',
      '3.2.2': 'FAIL',
      '3.2.3': 'FAIL',
      '3.2.4': 'FAIL',
      '3.2.9': 'FAIL',
    }),
    kubeBench: {
      '3.1.3': 'PASS',
      '3.1.4': 'PASS',
      '3.2.1': 'PASS',
      '3.2.2': 'PASS',
      '3.2.3': 'PASS',
      '3.2.4': 'PASS',
      '3.2.9': 'PASS',
    },
  },
  {
    name: 'Only --config-dir: the old defaults are its base, and a drop-in deletes one',
    origin: 'kubernetes/kubernetes, issue 131355',
    node: al2023({
      flags: [`--kubeconfig=${KUBECONFIG}`, `--config-dir=${DROP_INS}`],
      files: [
        directory(DROP_INS),
        file(`${DROP_INS}/10-own.conf`, '0644', dropIn({ authorization: null, serverTLSBootstrap: true })),
      ],
    }),
    verdicts: all('PASS', { '3.1.3': 'N/A', '3.1.4': 'N/A', '3.2.1': 'FAIL', '3.2.3': 'FAIL', '3.2.4': 'FAIL' }),
    kubeBench: { '3.1.3': 'PASS', '3.1.4': 'PASS', '3.2.1': 'PASS', '3.2.3': 'PASS', '3.2.4': 'PASS' },
  },
  {
    name: 'All by flags, without a file',
    origin: KUBELET,
    node: al2023({
      flags: [
        '--kubeconfig',
        KUBECONFIG,
        '--anonymous-auth=false',
        '--authorization-mode=Webhook',
        '--authentication-token-webhook',
        '--client-ca-file=/etc/kubernetes/pki/ca.crt',
        '--read-only-port=0',
        '--rotate-server-certificates',
      ],
    }),
    verdicts: pass({ '3.1.3': 'N/A', '3.1.4': 'N/A' }),
    kubeBench: { '3.1.3': 'PASS', '3.1.4': 'PASS' },
  },
  {
    name: 'A drop-in that lets anybody in',
    origin: KUBELET,
    node: withDropIns({
      '99-debug.conf': dropIn({ authentication: { anonymous: { enabled: true } }, readOnlyPort: 10255 }),
    }),
    verdicts: dropIns({ '3.2.1': 'FAIL', '3.2.4': 'FAIL' }),
    kubeBench: { '3.2.1': 'PASS', '3.2.4': 'PASS' },
  },
  {
    name: 'A drop-in that mends a bad configuration',
    origin: KUBELET,
    node: withDropIns(
      {
        '50-hardening.conf': 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 0\n',
      },
      al2023Config({ readOnlyPort: 10255 }),
    ),
    verdicts: dropIns(),
    kubeBench: { '3.2.4': 'FAIL' },
  },
  {
    name: 'Drop-ins go by byte: 9 comes after 10, and upper case before lower',
    origin: 'Go, path/filepath, WalkDir',
    node: withDropIns({
      '10-open.conf': dropIn({ readOnlyPort: 10255 }),
      '9-shut.conf': dropIn({ readOnlyPort: 0 }),
      'A.conf': dropIn({ makeIPTablesUtilChains: true }),
      'B.conf': dropIn({ makeIPTablesUtilChains: false }),
      'a.conf': dropIn({ makeIPTablesUtilChains: true }),
    }),
    verdicts: dropIns(),
  },
  {
    name: 'Subdirectories in their place, and other names left out',
    origin: 'Go, path/filepath, WalkDir',
    node: {
      ...withDropIns({
        '10-a.conf': dropIn({ rotateCertificates: false }),
        '20-b/50.conf': dropIn({ rotateCertificates: true }),
        '20-b.yaml': dropIn({ readOnlyPort: 10255 }),
        '30.conf.bak': dropIn({ readOnlyPort: 10255 }),
      }),
    },
    verdicts: dropIns(),
  },
  {
    name: 'A null in a drop-in takes the key away: the default holds',
    origin: 'RFC 7386',
    node: withDropIns(
      {
        '10-null.conf': dropIn({
          authentication: { anonymous: null },
          rotateCertificates: null,
          makeIPTablesUtilChains: null,
        }),
      },
      al2023Config({
        authentication: { anonymous: { enabled: true }, x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
        rotateCertificates: false,
        makeIPTablesUtilChains: false,
      }),
    ),
    verdicts: dropIns(),
    kubeBench: { '3.2.1': 'FAIL', '3.2.6': 'FAIL', '3.2.8': 'FAIL' },
  },
  {
    name: 'A flag wins over a drop-in that wins over the file',
    origin: KUBELET,
    node: {
      ...withDropIns({ '10-open.conf': dropIn({ authorization: { mode: 'AlwaysAllow' } }) }),
      kubeletFlags: [...WITH_DROP_INS, '--authorization-mode', 'Webhook'],
    },
    verdicts: dropIns(),
  },
  {
    name: 'A drop-in without kind, with which the kubelet does not start',
    origin: KUBELET,
    node: withDropIns({ '10-bare.conf': '{"readOnlyPort": 0}' }),
    verdicts: dropIns(settings('MANUAL')),
    kubeBench: settings('PASS'),
  },
  {
    name: 'A --config-dir that is a link, which the kubelet does not go into',
    origin: 'Go, path/filepath, WalkDir',
    node: al2023({
      flags: WITH_DROP_INS,
      files: [
        link(DROP_INS, '/srv/drop-ins'),
        directory('/srv/drop-ins'),
        file('/srv/drop-ins/10.conf', '0644', dropIn({ readOnlyPort: 10255 })),
      ],
    }),
    verdicts: dropIns(),
  },
  {
    name: 'A drop-in directory that a group may write',
    origin: 'CIS Kubernetes 2.1.0, 4.1.11',
    node: al2023({ flags: WITH_DROP_INS, files: [directory(DROP_INS, '0775', { group: 'operators' })] }),
    verdicts: dropIns({ 'EHR.1': 'FAIL' }),
  },
  {
    name: 'A drop-in that is a link to a file of somebody else',
    origin: 'CIS Kubernetes 2.1.0, 4.1.11',
    node: al2023({
      flags: WITH_DROP_INS,
      files: [
        directory(DROP_INS),
        link(`${DROP_INS}/50-tuning.conf`, '/opt/tuning/kubelet.conf'),
        file('/opt/tuning/kubelet.conf', '0644', dropIn({ maxPods: 50 }), { owner: 'tuner', group: 'tuner' }),
      ],
    }),
    verdicts: dropIns({ 'EHR.1': 'FAIL' }),
  },
  {
    name: 'A drop-in directory that was not gathered',
    origin: KUBELET,
    node: al2023({ flags: WITH_DROP_INS }),
    verdicts: dropIns({ ...settings('MANUAL'), 'EHR.1': 'MANUAL' }),
    kubeBench: settings('PASS'),
  },
  {
    name: 'Streams that never end, by flag',
    origin: KUBE_BENCH,
    node: withFlags('--streaming-connection-idle-timeout=0s'),
    verdicts: pass({ '3.2.5': 'FAIL' }),
    kubeBench: { '3.2.5': 'PASS' },
  },
  {
    name: 'Zero in a file counts as none',
    origin: 'kubernetes/kubernetes, pkg/kubelet/apis/config/v1beta1/defaults.go',
    node: al2023({ config: al2023Config({ streamingConnectionIdleTimeout: '0h0m0s' }) }),
    verdicts: pass(),
  },
  {
    name: 'A number where a duration must be: the kubelet does not read it',
    origin: 'apimachinery, metav1.Duration',
    node: al2023({ config: al2023Config({ streamingConnectionIdleTimeout: 0 }) }),
    verdicts: pass({ '3.2.5': 'MANUAL' }),
    kubeBench: { '3.2.5': 'FAIL' },
  },
  {
    name: 'A boolean in quotes: the kubelet does not read it',
    origin: KUBELET,
    node: al2023({
      config: al2023Config({ authentication: { anonymous: { enabled: 'false' }, x509: { clientCAFile: '/ca' } } }),
    }),
    verdicts: pass({ '3.2.1': 'MANUAL' }),
    kubeBench: { '3.2.1': 'PASS' },
  },
  {
    name: 'Booleans of YAML 1.1',
    origin: 'sigs.k8s.io/yaml (goyaml.v2)',
    node: bottlerocketHost(
      BOTTLEROCKET_CONFIG.replace('enabled: false', 'enabled: off').replace(
        'serverTLSBootstrap: true',
        'serverTLSBootstrap: yes',
      ),
    ),
    verdicts: pass(),
    kubeBench: { '3.2.9': 'FAIL' },
  },
  {
    name: 'Keys that are absent have their safe defaults',
    origin: 'kubernetes/kubernetes, pkg/kubelet/apis/config/v1beta1/defaults.go',
    node: al2023({
      config: al2023Config({
        authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
        authorization: undefined,
        readOnlyPort: undefined,
        featureGates: undefined,
      }),
    }),
    verdicts: pass(),
    kubeBench: { '3.2.1': 'FAIL', '3.2.2': 'FAIL', '3.2.4': 'FAIL', '3.2.9': 'FAIL' },
  },
  {
    name: 'No client CA',
    origin: KUBELET,
    node: al2023({ config: al2023Config({ authentication: { anonymous: { enabled: false } } }) }),
    verdicts: pass({ '3.2.3': 'FAIL' }),
  },
  {
    name: 'The gate among others, by flag',
    origin: KUBE_BENCH,
    node: al2023({
      config: al2023Config({ featureGates: { RotateKubeletServerCertificate: false } }),
      flags: [...AL2023_FLAGS, '--feature-gates=NodeSwap=true,RotateKubeletServerCertificate=true,AllBeta=false'],
    }),
    verdicts: pass(),
    kubeBench: { '3.2.9': 'FAIL' },
  },
  {
    name: 'The gate off',
    origin: KUBELET,
    node: al2023({
      config: al2023Config({ featureGates: { RotateKubeletServerCertificate: false }, serverTLSBootstrap: false }),
    }),
    verdicts: pass({ '3.2.9': 'FAIL' }),
  },
  {
    name: 'A certificate of its own: nothing to rotate',
    origin: KUBELET,
    node: withFlags('--tls-cert-file=/etc/pki/kubelet.crt', '--tls-private-key-file=/etc/pki/kubelet.key'),
    verdicts: pass({ '3.2.9': 'N/A' }),
    kubeBench: { '3.2.9': 'PASS' },
  },
  {
    name: 'What should not be switched off is: iptables, rotation; and events below zero',
    origin: KUBELET,
    node: al2023({
      config: al2023Config({ makeIPTablesUtilChains: false, rotateCertificates: false, eventRecordQPS: -1 }),
    }),
    verdicts: pass({ '3.2.6': 'FAIL', '3.2.7': 'FAIL', '3.2.8': 'FAIL' }),
  },
  {
    name: 'A configuration that is no JSON: only what flags say is known',
    origin: KUBELET,
    node: al2023({
      config: '{"kind": "KubeletConfiguration",',
      flags: [...AL2023_FLAGS, '--anonymous-auth', '--event-qps=0'],
    }),
    verdicts: pass({ ...settings('MANUAL'), '3.2.1': 'FAIL', '3.2.7': 'PASS' }),
  },
];
