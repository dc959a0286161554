import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';

/** Titles of cfg/eks-1.8.0/node.yaml in aquasecurity/kube-bench. */
const TITLES: Readonly<Partial<Record<CheckId, string>>> = {
  '3.1.1': 'Ensure that the kubeconfig file permissions are set to 644 or more restrictive (Automated)',
  '3.1.2': 'Ensure that the kubelet kubeconfig file ownership is set to root:root (Automated)',
  '3.1.3': 'Ensure that the kubelet configuration file has permissions set to 644 or more restrictive (Automated)',
  '3.1.4': 'Ensure that the kubelet configuration file ownership is set to root:root (Automated)',
  '3.2.1': 'Ensure that the Anonymous Auth is Not Enabled (Automated)',
  '3.2.2': 'Ensure that the --authorization-mode argument is not set to AlwaysAllow (Automated)',
  '3.2.3': 'Ensure that a Client CA File is Configured (Automated)',
  '3.2.4': 'Ensure that the --read-only-port is disabled (Automated)',
  '3.2.5': 'Ensure that the --streaming-connection-idle-timeout argument is not set to 0 (Automated)',
  '3.2.6': 'Ensure that the --make-iptables-util-chains argument is set to true (Automated)',
  '3.2.7':
    'Ensure that the --eventRecordQPS argument is set to 0 or a level which ensures appropriate event capture (Automated)',
  '3.2.8': 'Ensure that the --rotate-certificates argument is not present or is set to true (Automated)',
  '3.2.9': 'Ensure that the RotateKubeletServerCertificate argument is set to true (Automated)',
};

/** The output of `kube-bench run --targets node --json`, with the statuses of a test. */
export function kubeBenchJson(statuses: Readonly<Partial<Record<CheckId, string>>> = {}, version = 'eks-1.8.0') {
  const results = CHECKS.filter(({ id }) => TITLES[id] !== undefined).map(({ id }) => ({
    test_number: id,
    test_desc: TITLES[id] ?? '',
    audit: '/bin/ps -fC kubelet',
    AuditEnv: '',
    AuditConfig: '/bin/cat /etc/kubernetes/kubelet/config.json',
    type: '',
    remediation: '',
    test_info: [''],
    status: statuses[id] ?? 'PASS',
    actual_value: '',
    scored: true,
    IsMultiple: false,
    expected_result: '',
  }));
  const section = (prefix: string) => results.filter((result) => result.test_number.startsWith(prefix));
  return {
    Controls: [
      {
        id: '3',
        version,
        detected_version: '1.33',
        text: 'Worker Nodes',
        node_type: 'node',
        tests: [
          { section: '3.1', desc: 'Worker Node Configuration Files', results: section('3.1.') },
          { section: '3.2', desc: 'Kubelet', results: section('3.2.') },
        ],
        total_pass: 13,
        total_fail: 0,
        total_warn: 0,
        total_info: 0,
      },
    ],
    Totals: { total_pass: 13, total_fail: 0, total_warn: 0, total_info: 0 },
  };
}
