import type { z } from 'zod';
import type { nodeSchema } from '../../../functions/check-posture/judge/node.ts';

type Input = z.input<typeof nodeSchema>;
export type FileInput = Input['files'][number];
export type NodeInput = Input;

/**
 * Typical nodes, modelled on public sources: awslabs/amazon-eks-ami (nodeadm/internal/kubelet, files/ of AL2),
 * bottlerocket-core-kit (packages/kubernetes-*, sources/bloodhound), aws-samples/amazon-eks-ami-rhel, karpenter
 * (pkg/providers/amifamily/bootstrap), kubernetes/kubernetes (cmd/kubelet/app).
 */
export const file = (path: string, mode: string, content?: string, more: Partial<FileInput> = {}): FileInput => ({
  path,
  mode,
  owner: 'root',
  group: 'root',
  ...(content === undefined ? {} : { content }),
  ...more,
});

export const directory = (path: string, mode = '0755', more: Partial<FileInput> = {}): FileInput =>
  file(path, mode, undefined, { type: 'dir', ...more });

export const link = (path: string, target: string): FileInput =>
  file(path, '0777', undefined, { type: 'symlink', target });

export const KUBECONFIG = '/var/lib/kubelet/kubeconfig';
export const CONFIG = '/etc/kubernetes/kubelet/config.json';
export const DROP_INS = `${CONFIG}.d`;

const HEAD = { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1' };

/** The config that nodeadm writes for AL2023, with a test's changes; undefined removes a key. */
export const al2023Config = (more: object = {}): string =>
  JSON.stringify(
    {
      ...HEAD,
      address: '0.0.0.0',
      authentication: {
        anonymous: { enabled: false },
        webhook: { cacheTTL: '2m0s', enabled: true },
        x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
      },
      authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
      cgroupDriver: 'systemd',
      cgroupRoot: '/',
      clusterDNS: ['10.100.0.10'],
      clusterDomain: 'cluster.local',
      containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
      evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%' },
      featureGates: { RotateKubeletServerCertificate: true },
      hairpinMode: 'hairpin-veth',
      kubeReserved: { cpu: '70m', 'ephemeral-storage': '1Gi', memory: '442Mi' },
      kubeReservedCgroup: '/runtime',
      logging: { flushFrequency: 0, verbosity: 2, options: { json: { infoBufferSize: '0' } } },
      maxPods: 17,
      protectKernelDefaults: true,
      providerID: 'aws:///eu-central-1a/i-0a1b2c3d4e5f60718',
      readOnlyPort: 0,
      serializeImagePulls: false,
      serverTLSBootstrap: true,
      systemReservedCgroup: '/system',
      tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
      ...more,
    },
    null,
    4,
  );

/** A drop-in as nodeadm and Karpenter write it: JSON in a file whose name ends in .conf. */
export const dropIn = (more: object): string => JSON.stringify({ ...HEAD, ...more }, null, 4);

export const AL2023_FLAGS = [
  '--cloud-provider=external',
  `--config=${CONFIG}`,
  '--hostname-override=ip-10-0-1-23.eu-central-1.compute.internal',
  `--kubeconfig=${KUBECONFIG}`,
  '--node-ip=10.0.1.23',
  '--node-labels=eks.amazonaws.com/nodegroup=web,eks.amazonaws.com/capacityType=ON_DEMAND',
];

export const WITH_DROP_INS = [...AL2023_FLAGS, `--config-dir=${DROP_INS}`];

/** AL2023: nodeadm, without a NodeConfig that has kubelet.config. */
export const al2023 = ({
  files = [],
  config = al2023Config(),
  flags = AL2023_FLAGS,
  ...more
}: Change = {}): NodeInput => ({
  os: 'al2023',
  kubernetesVersion: '1.33',
  files: [file(KUBECONFIG, '0644'), file(CONFIG, '0644', config), ...files],
  kubeletFlags: flags,
  ...more,
});

export interface Change extends Partial<Omit<NodeInput, 'kubeletFlags'>> {
  readonly files?: FileInput[];
  readonly config?: string;
  readonly flags?: string[] | null;
}

const AL2_CONFIG = '/etc/kubernetes/kubelet/kubelet-config.json';

/** AL2: bootstrap.sh, flags separated by blanks in two drop-ins of the unit. */
export const al2 = ({
  extraArgs = [],
  content = al2023Config(),
}: {
  extraArgs?: string[];
  content?: string;
} = {}): NodeInput => ({
  os: 'al2',
  kubernetesVersion: '1.31',
  files: [
    file(KUBECONFIG, '0644'),
    file(AL2_CONFIG, '0644', content),
    file('/etc/systemd/system/kubelet.service.d/10-kubelet-args.conf', '0644'),
  ],
  kubeletFlags: [
    '--cloud-provider',
    'external',
    '--hostname-override',
    'ip-10-0-1-7.eu-central-1.compute.internal',
    '--config',
    AL2_CONFIG,
    '--kubeconfig',
    KUBECONFIG,
    '--container-runtime-endpoint',
    'unix:///run/containerd/containerd.sock',
    '--image-credential-provider-config',
    '/etc/eks/image-credential-provider/config.json',
    '--image-credential-provider-bin-dir',
    '/etc/eks/image-credential-provider',
    '--node-ip=10.0.1.7',
    '--v=2',
    ...extraArgs,
  ],
});

/** Bottlerocket's kubelet-config template, YAML; it had the feature gate up to 1.27. */
export const BOTTLEROCKET_CONFIG = `---
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
address: 0.0.0.0
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 2m0s
    enabled: true
  x509:
    clientCAFile: "/etc/kubernetes/pki/ca.crt"
authorization:
  mode: Webhook
  webhook:
    cacheAuthorizedTTL: 5m0s
    cacheUnauthorizedTTL: 30s
clusterDomain: cluster.local
clusterDNS:
- "10.100.0.10"
resolvConf: "/run/netdog/resolv.conf"
hairpinMode: hairpin-veth
readOnlyPort: 0
cgroupDriver: systemd
cgroupRoot: "/"
runtimeRequestTimeout: 15m
protectKernelDefaults: true
serializeImagePulls: false
seccompDefault: false
serverTLSBootstrap: true
tlsCipherSuites:
- TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
volumePluginDir: "/var/lib/kubelet/plugins/volume/exec"
maxPods: 29
`;

/** Bottlerocket from its root, as the admin container sees it. */
export const bottlerocketHost = (config = BOTTLEROCKET_CONFIG, extra: string[] = []): NodeInput => ({
  os: 'bottlerocket',
  kubernetesVersion: '1.34',
  files: [file('/etc/kubernetes/kubelet/kubeconfig', '0600'), file('/etc/kubernetes/kubelet/config', '0600', config)],
  kubeletFlags: [
    '--cloud-provider',
    'external',
    '--kubeconfig',
    '/etc/kubernetes/kubelet/kubeconfig',
    '--config',
    '/etc/kubernetes/kubelet/config',
    '--container-runtime-endpoint=unix:///run/containerd/containerd.sock',
    '--root-dir',
    '/var/lib/kubelet',
    ...extra,
  ],
});

const TITLES: Readonly<Record<string, string>> = {
  '4.1.1': 'Ensure that the kubelet service file permissions are set to 600 or more restrictive',
  '4.1.2': 'Ensure that the kubelet service file ownership is set to root:root',
  '4.1.5': 'Ensure that the --kubeconfig kubelet.conf file permissions are set to 600 or more restrictive',
  '4.1.6': 'Ensure that the --kubeconfig kubelet.conf file ownership is set to root:root',
  '4.1.9':
    'If the kubelet config.yaml configuration file is being used validate permissions set to 600 or more restrictive',
  '4.1.10': 'If the kubelet config.yaml configuration file is being used validate file ownership is set to root:root',
  '4.2.1': 'Ensure that the --anonymous-auth argument is set to false',
  '4.2.2': 'Ensure that the --authorization-mode argument is not set to AlwaysAllow',
  '4.2.3': 'Ensure that the --client-ca-file argument is set as appropriate',
  '4.2.4': 'Verify that if defined, readOnlyPort is set to 0',
  '4.2.5': 'Ensure that the --streaming-connection-idle-timeout argument is not set to 0',
  '4.2.6': 'Ensure that the --make-iptables-util-chains argument is set to true',
  '4.2.7': 'Ensure that the --hostname-override argument is not set (not valid for Bottlerocket)',
  '4.2.8': 'Ensure that the eventRecordQPS argument is set to a level which ensures appropriate event capture',
  '4.2.9': 'Ensure that the --tls-cert-file and --tls-private-key-file arguments are set as appropriate',
  '4.2.10': 'Ensure that the --rotate-certificates argument is not set to false',
  '4.2.11': 'Verify that the RotateKubeletServerCertificate argument is set to true',
};

export interface Answer {
  readonly status: 'PASS' | 'FAIL' | 'SKIP';
  readonly error?: string;
}

/** The output of `apiclient report cis-k8s -f json -l 2`. */
export function cisReport(changes: Readonly<Record<string, Answer>> = {}, version = '1.8.0') {
  const manual = ['4.2.7', '4.2.8', ...(version === '1.11.1' ? [] : ['4.2.10'])];
  const results = Object.entries(TITLES).map(([id, title]) => {
    const name = `k8s${id
      .split('.')
      .map((part) => part.padStart(2, '0'))
      .join('')}00`;
    const answer: Answer = manual.includes(id)
      ? { status: 'SKIP', error: 'Manual check, see benchmark for audit details.' }
      : { status: 'PASS' };
    return [
      name,
      { name, id, level: id === '4.2.8' ? 2 : 1, title, mode: 'Automatic', error: '', ...answer, ...changes[id] },
    ] as const;
  });
  return {
    level: 2,
    total: results.length,
    passed: 12,
    skipped: manual.length,
    failed: 0,
    status: 'PASS',
    timestamp: '2026-06-01T09:00:00.000000000Z',
    name: 'CIS Kubernetes Benchmark (Worker Node)',
    version,
    url: 'https://www.cisecurity.org/benchmark/kubernetes',
    results: Object.fromEntries(results),
  };
}

/** Bottlerocket as Session Manager's agent sees it, in the control container: its report, and nothing of the host. */
export const bottlerocket = (report: unknown = cisReport(), kubernetesVersion = '1.34'): NodeInput =>
  ({
    os: 'bottlerocket',
    kubernetesVersion,
    files: [],
    kubeletFlags: null,
    report: { 'cis-k8s': report },
  }) as NodeInput;
