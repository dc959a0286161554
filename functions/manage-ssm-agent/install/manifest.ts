import type { V1DaemonSet } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../shared/kubernetes/client.ts';
import { INSTALL_SCRIPT } from './script.ts';

/** Where the DaemonSet lives: its own namespace, and one name, so that there is one a cluster. */
export const INSTALLER = { namespace: 'eks-host-remediator', name: 'ssm-agent-installer' } as const;

/**
 * How many nodes one DaemonSet may name. Kubernetes takes 1.5 MiB for an object, of which 1,000 of the longest names
 * make 0.4; and its controller compares each of a cluster's nodes with every name, at each change.
 */
export const INSTALLER_NODE_LIMIT = 1000;

export interface InstallerOptions {
  /** Names of the nodes that lack the agent. */
  readonly nodeNames: readonly string[];
  /** Region of the bucket from which the packages come. */
  readonly region: string;
  /** A container image with sh, coreutils, curl and gpg, for amd64 and arm64. */
  readonly image: string;
}

/**
 * The DaemonSet that installs the agent on just these nodes. A pod is ready once the agent runs on its node; until then
 * its container ends with a reason in its termination message, and is started again. It needs what it is given: it
 * works in the host's root, mounts and processes, so it is privileged; Bottlerocket and others refuse it themselves.
 *
 * No priority class: nobody's pod shall be evicted for it. A node without room for 32 MiB stays without, and is reported.
 *
 * @throws RangeError for no node, since without names it would run on all, and for more than {@link INSTALLER_NODE_LIMIT}
 */
export function installerDaemonSet({ nodeNames, region, image }: InstallerOptions): KubernetesObject {
  const names = [...new Set(nodeNames)].sort();
  if (names.length === 0 || names.length > INSTALLER_NODE_LIMIT) {
    throw new RangeError(`The installer takes 1 to ${INSTALLER_NODE_LIMIT} nodes at a time, not ${names.length}.`);
  }
  const labels = { 'app.kubernetes.io/name': INSTALLER.name, 'app.kubernetes.io/managed-by': 'eks-host-remediator' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { ...INSTALLER, labels },
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': INSTALLER.name } },
      revisionHistoryLimit: 1,
      // Naming another node changes the template. That must not restart the pods that are at work on theirs.
      updateStrategy: { type: 'OnDelete' },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: onlyOn(names) } },
          // Whatever taint a node has, it shall be reachable.
          tolerations: [{ operator: 'Exists' }],
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // In the host's mounts, /proc is the host's: without its process IDs, /proc/self would not exist.
          hostPID: true,
          // The agent's own way out: neither network policies nor the cluster's DNS stand between.
          hostNetwork: true,
          dnsPolicy: 'Default',
          // The script lets a package manager finish.
          terminationGracePeriodSeconds: 120,
          containers: [
            {
              name: 'install',
              image,
              command: ['/bin/sh', '-c', verbatim(INSTALL_SCRIPT)],
              env: [
                { name: 'REGION', value: verbatim(region) },
                { name: 'HOST_ROOT', value: '/host' },
                { name: 'WORK', value: '/work' },
                { name: 'TERMINATION_LOG', value: '/dev/termination-log' },
              ],
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'FallbackToLogsOnError',
              // Privileged: chroot into the host, enter its mounts, install packages, start a service.
              securityContext: { privileged: true, runAsUser: 0, readOnlyRootFilesystem: true },
              // The limit is for dnf, which reads the metadata of a whole repository.
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '1', memory: '512Mi' } },
              readinessProbe: { exec: { command: ['cat', '/work/ready'] }, periodSeconds: 5 },
              volumeMounts: [
                { name: 'host', mountPath: '/host' },
                { name: 'work', mountPath: '/work' },
              ],
            },
          ],
          volumes: [
            { name: 'host', hostPath: { path: '/', type: 'Directory' } },
            { name: 'work', emptyDir: { sizeLimit: '512Mi' } },
          ],
        },
      },
    },
  } satisfies V1DaemonSet;
}

/**
 * A term for each name, since terms are ORed, and `matchFields` takes just one name each. The label
 * `kubernetes.io/hostname` would take many, but is not the name of the node: a custom AMI's kubelet may set it
 * otherwise, anybody may change it, and it ends at 63 characters.
 *
 * @see https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#nodeselectorterm-v1-core
 */
const onlyOn = (names: readonly string[]) => ({
  nodeSelectorTerms: names.map((name) => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
  })),
});

/** Kubernetes replaces `$(NAME)` in commands and environment variables, and `$$` by `$`: so each `$` is written twice. */
const verbatim = (text: string): string => text.replaceAll('$', () => '$$');
