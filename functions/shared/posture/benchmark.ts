/**
 * The node section of the CIS Amazon EKS Benchmark, as data. The ids and titles of 1.5.0 to 1.8.0 are from
 * aquasecurity/kube-bench, cfg/eks-1.8.0/node.yaml and earlier: the same thirteen, all automated. The text of 2.0.0 is
 * not public; its checks are assumed to be the same, which reports mention.
 */

/** The thirteen checks of the benchmark, and one of our own. */
export type CheckId =
  | '3.1.1'
  | '3.1.2'
  | '3.1.3'
  | '3.1.4'
  | '3.2.1'
  | '3.2.2'
  | '3.2.3'
  | '3.2.4'
  | '3.2.5'
  | '3.2.6'
  | '3.2.7'
  | '3.2.8'
  | '3.2.9'
  | 'EHR.1';

export interface Check {
  readonly id: CheckId;
  readonly title: string;
  /** What to do about a FAIL. */
  readonly todo: string;
  /** The equivalent check of the CIS Kubernetes Benchmark, which Bottlerocket reports. */
  readonly kubernetes?: string;
  /** Matches the title of the equivalent check in any report: ids have changed between versions, subjects have not. */
  readonly about?: RegExp;
}

const RENEW =
  'Set it where the node gets its configuration (NodeConfig, launch template or Bottlerocket setting) and replace the node. ';

/** All checks, in display order. */
export const CHECKS: readonly Check[] = [
  {
    id: '3.1.1',
    title: 'The kubeconfig file has mode 644 or stricter',
    todo: 'Run chmod 0644 on the file that --kubeconfig names.',
    kubernetes: '4.1.5',
    about: /kubeconfig(?!.*proxy).*permissions/i,
  },
  {
    id: '3.1.2',
    title: 'The kubeconfig file belongs to root:root',
    todo: 'Run chown root:root on the file that --kubeconfig names.',
    kubernetes: '4.1.6',
    about: /kubeconfig(?!.*proxy).*ownership/i,
  },
  {
    id: '3.1.3',
    title: 'The kubelet configuration file has mode 644 or stricter',
    todo: 'Run chmod 0644 on the file that --config names.',
    kubernetes: '4.1.9',
    about: /(kubelet.*configuration file|config\.yaml).*permissions/i,
  },
  {
    id: '3.1.4',
    title: 'The kubelet configuration file belongs to root:root',
    todo: 'Run chown root:root on the file that --config names.',
    kubernetes: '4.1.10',
    about: /(kubelet.*configuration file|config\.yaml).*ownership/i,
  },
  {
    id: '3.2.1',
    title: 'The kubelet refuses anonymous requests',
    todo: `${RENEW}Key: authentication.anonymous.enabled false; remove --anonymous-auth=true.`,
    kubernetes: '4.2.1',
    about: /anonymous.?auth/i,
  },
  {
    id: '3.2.2',
    title: 'The kubelet does not allow every request',
    todo: `${RENEW}Key: authorization.mode Webhook; remove --authorization-mode=AlwaysAllow.`,
    kubernetes: '4.2.2',
    about: /authorization-mode/i,
  },
  {
    id: '3.2.3',
    title: 'The kubelet knows the CA of its clients',
    todo: `${RENEW}Key: authentication.x509.clientCAFile, the path of the cluster's CA.`,
    kubernetes: '4.2.3',
    about: /client.?ca.?file/i,
  },
  {
    id: '3.2.4',
    title: 'The read-only port is off',
    todo: `${RENEW}Key: readOnlyPort 0; remove --read-only-port.`,
    kubernetes: '4.2.4',
    about: /read-?only-?port/i,
  },
  {
    id: '3.2.5',
    title: 'Idle streaming connections end',
    todo: 'Remove --streaming-connection-idle-timeout=0 from the flags of the kubelet, and replace the node.',
    kubernetes: '4.2.5',
    about: /streaming-?connection-?idle-?timeout/i,
  },
  {
    id: '3.2.6',
    title: 'The kubelet keeps its iptables chains',
    todo: `${RENEW}Key: makeIPTablesUtilChains true, or none.`,
    kubernetes: '4.2.6',
    about: /make-?iptables-?util-?chains/i,
  },
  {
    id: '3.2.7',
    title: 'Events are recorded at a fitting rate',
    todo: `${RENEW}Key: eventRecordQPS 0 or more, or none (50).`,
    kubernetes: '4.2.8',
    about: /event-?(record)?-?qps/i,
  },
  {
    id: '3.2.8',
    title: 'Rotation of client certificates is not switched off',
    todo: `${RENEW}Key: rotateCertificates true, or none.`,
    kubernetes: '4.2.10',
    about: /rotate-?certificates/i,
  },
  {
    id: '3.2.9',
    title: 'The kubelet rotates its server certificate',
    todo: `${RENEW}Keys: serverTLSBootstrap true; featureGates.RotateKubeletServerCertificate true, or none.`,
    kubernetes: '4.2.11',
    about: /RotateKubeletServerCertificate/i,
  },
  {
    id: 'EHR.1',
    title: "Only root can write the kubelet's drop-ins",
    todo: 'Give the directory of --config-dir to root:root with mode 0755, and its files mode 0644. Whoever writes such a file controls the kubelet.',
  },
];

export interface Benchmark {
  readonly version: string;
  /** A caveat about its use, if there is one. */
  readonly caveat?: string;
}

const ASSUMED = 'its text is not public; that it has the checks of 1.8.0 is assumed';

/**
 * Benchmarks by minor version of Kubernetes 1.x, with the lowest of each span. (kube-bench, cmd/util.go and issue 2142,
 * for 2.0.0.)
 */
const VERSIONS: ReadonlyArray<readonly [since: number, benchmark: Benchmark]> = [
  [36, { version: '2.0.0', caveat: `${ASSUMED}; it is made for 1.34 and 1.35` }],
  [34, { version: '2.0.0', caveat: ASSUMED }],
  [32, { version: '1.8.0' }],
  [29, { version: '1.7.0' }],
  [0, { version: '1.5.0', caveat: 'older than the benchmarks that are kept up' }],
];

/** The benchmark for a version of Kubernetes, such as `1.34` or `v1.34.2-eks-1a2b3c4`. */
export function benchmarkFor(kubernetesVersion: string | null | undefined): Benchmark {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(kubernetesVersion ?? '') ?? [];
  if (major === undefined || minor === undefined)
    return { version: '1.8.0', caveat: 'the version of Kubernetes is not known' };
  const at = Number(major) > 1 ? Number.POSITIVE_INFINITY : Number(minor);
  return VERSIONS.find(([since]) => at >= since)?.[1] ?? { version: '1.5.0' };
}
