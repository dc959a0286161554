import type { CheckId } from '../../shared/posture/benchmark.ts';
import { EffectiveConfig } from '../judge/effective-config.ts';
import { FileTree } from '../judge/file-tree.ts';
import { TLS_CERT } from '../judge/judge-settings.ts';
import type { Node } from '../judge/node.ts';

/**
 * Where kube-bench (0.15) looks for the kubelet's configuration. The first path that exists is used, whatever --config
 * says (aquasecurity/kube-bench, cfg/config.yaml).
 */
const CONFIGS = [
  '/etc/kubernetes/kubelet-config.yaml',
  '/var/lib/kubelet/config.yaml',
  '/var/lib/kubelet/config.yml',
  '/etc/kubernetes/kubelet/kubelet-config.json',
  '/etc/kubernetes/kubelet/config.json',
  '/etc/kubernetes/kubelet/config',
];

const MODES: readonly CheckId[] = ['3.1.1', '3.1.3'];
const FILES: readonly CheckId[] = ['3.1.1', '3.1.2', '3.1.3', '3.1.4'];
const OF_CONFIG: readonly CheckId[] = ['3.1.3', '3.1.4'];
const SETTINGS: readonly CheckId[] = ['3.2.1', '3.2.2', '3.2.3', '3.2.4', '3.2.5', '3.2.6', '3.2.7', '3.2.8', '3.2.9'];
/** Checks for which kube-bench requires the key to be present, whereas the benchmark accepts the kubelet's default. */
const MUST_BE_PRESENT: readonly CheckId[] = ['3.2.1', '3.2.2', '3.2.3', '3.2.4', '3.2.9'];

const FLAG_OF: Partial<Record<CheckId, string>> = {
  '3.2.1': 'anonymous-auth',
  '3.2.2': 'authorization-mode',
  '3.2.3': 'client-ca-file',
  '3.2.4': 'read-only-port',
  '3.2.5': 'streaming-connection-idle-timeout',
  '3.2.6': 'make-iptables-util-chains',
  '3.2.7': 'event-qps',
  '3.2.8': 'rotate-certificates',
};

/** A known reason why kube-bench's verdict differs from the correct one. */
export interface KnownDifference {
  readonly of: readonly CheckId[];
  /** The verdict of kube-bench in this case. */
  readonly theirs: 'PASS' | 'FAIL' | 'either';
  readonly why: string;
  /** Whether the difference applies to this node. */
  readonly holds: (node: Node, check: CheckId, benchmark: string) => boolean;
}

const configOf = (node: Node) => EffectiveConfig.of(node, new FileTree(node.files));
const isSetting = (check: CheckId) => check.startsWith('3.2.');

/** Whether the path that the kubelet names for the file of this check leads to no gathered file. */
const hasNothingThere: KnownDifference['holds'] = (node, check) => {
  const path = configOf(node)?.flags.path(OF_CONFIG.includes(check) ? 'config' : 'kubeconfig');
  return path !== undefined && 'missing' in new FileTree(node.files).resolve(path);
};

/** The differences, from the most specific to the most general. The first that applies is named. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    of: MODES,
    theirs: 'FAIL',
    why: 'kube-bench runs stat without -L: the file is a link, whose own mode is always 777',
    holds: (node, check) => {
      const path = configOf(node)?.flags.path(check === '3.1.1' ? 'kubeconfig' : 'config');
      return path !== undefined && new FileTree(node.files).resolve(path).links.length > 0;
    },
  },
  {
    of: [...OF_CONFIG, ...SETTINGS],
    theirs: 'either',
    why: 'the kubelet has no --config: kube-bench reads a file that the kubelet does not',
    holds: (node) => node.kubeletFlags !== null && configOf(node)?.hasFile === false,
  },
  {
    of: [...OF_CONFIG, ...SETTINGS],
    theirs: 'either',
    why: 'kube-bench takes the first file of its own list that exists, not the one that --config names: it read a left-over',
    holds: (node) => {
      const path = configOf(node)?.flags.path('config');
      const first = CONFIGS.find((known) => node.files.some((file) => file.path === known));
      return path !== undefined && first !== undefined && first !== path;
    },
  },
  {
    of: FILES,
    theirs: 'FAIL',
    why: 'nothing is at the path: kube-bench gets no output and says FAIL, where the benchmark says "if it exists"',
    holds: hasNothingThere,
  },
  {
    of: FILES,
    theirs: 'PASS',
    why: 'nothing is at the path that the kubelet names: kube-bench may have looked at another one of its list',
    holds: hasNothingThere,
  },
  {
    of: ['3.2.9'],
    theirs: 'either',
    why: 'the kubelet has a certificate of its own: there is nothing for it to rotate',
    holds: (node) => configOf(node)?.setting(TLS_CERT).kind === 'set',
  },
  {
    of: ['3.1.2', '3.1.4'],
    theirs: 'PASS',
    why: 'kube-bench looks for "root:root" anywhere in the name: "xroot:root" passes',
    holds: (node) =>
      node.files.some(({ owner, group }) => /.root$/.test(String(owner)) || /^root./.test(String(group))),
  },
  {
    of: SETTINGS,
    theirs: 'FAIL',
    why: 'no kubelet runs that kube-bench sees: it says FAIL where nothing is known',
    holds: (node) => node.kubeletFlags === null,
  },
  {
    of: SETTINGS,
    theirs: 'either',
    why: 'the flag is given more than once: kube-bench takes the first, the kubelet the last',
    holds: (node, check) => (configOf(node)?.flags.all(FLAG_OF[check] ?? '') ?? []).length > 1,
  },
  {
    of: SETTINGS,
    theirs: 'either',
    why: 'the flag is written with "_": the kubelet takes it for "-", kube-bench does not see it',
    holds: (node, check) =>
      configOf(node)
        ?.flags.last(FLAG_OF[check] ?? '')
        ?.shown.match(/^--\w*_/) != null,
  },
  {
    of: SETTINGS,
    theirs: 'either',
    why: 'the kubelet has a --config-dir, whose drop-ins change its configuration: kube-bench reads none',
    holds: (node) => configOf(node)?.flags.path('config-dir') !== undefined,
  },
  {
    of: ['3.2.9'],
    theirs: 'FAIL',
    why: 'kube-bench compares all that follows the gate in --feature-gates with "true"',
    holds: (node) => configOf(node)?.gate('RotateKubeletServerCertificate').kind === 'set',
  },
  {
    of: ['3.2.9'],
    theirs: 'FAIL',
    why: 'the gate is on by default since Kubernetes 1.12; serverTLSBootstrap, which kube-bench does not know, decides',
    holds: () => true,
  },
  {
    of: ['3.2.5'],
    theirs: 'PASS',
    why: 'kube-bench compares with the text "0": "0s" passes',
    holds: (node) =>
      /[1-9]/.test(configOf(node)?.flags.last('streaming-connection-idle-timeout')?.text ?? '0') === false,
  },
  {
    of: ['3.2.5'],
    theirs: 'FAIL',
    why: 'zero in a file counts as none: the kubelet has its default, 4h',
    holds: (node) => configOf(node)?.flags.last('streaming-connection-idle-timeout') === undefined,
  },
  {
    of: ['3.2.7'],
    theirs: 'FAIL',
    why: 'eks-1.5.0 of kube-bench wants eventRecordQPS to be there; the default, 50, is as good',
    holds: (_node, _check, benchmark) => benchmark === 'eks-1.5.0',
  },
  {
    of: MUST_BE_PRESENT,
    theirs: 'FAIL',
    why: "kube-bench wants the key to be there; with --config, the kubelet's default is the safe one",
    holds: () => true,
  },
  {
    of: MODES,
    theirs: 'FAIL',
    why: 'this benchmark is not that of EKS: it asks 600, the EKS benchmark 644',
    holds: (_node, _check, benchmark) => !benchmark.startsWith('eks-'),
  },
  {
    of: ['3.2.8'],
    theirs: 'FAIL',
    why: 'the EKS benchmark accepts that it is not given: the kubelet authenticates with IAM, without a client certificate',
    holds: (_node, check) => isSetting(check),
  },
];
