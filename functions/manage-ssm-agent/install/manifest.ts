import type { V1DaemonSet } from '@kubernetes/client-node';
import type { DaemonSetManifest } from '../../shared/kubernetes/client.ts';
import { INSTALL_SCRIPT } from './script.ts';

/** Namespace and name of the DaemonSet. They are fixed, so that there is one per cluster. */
export const INSTALLER = { namespace: 'eks-host-remediator', name: 'ssm-agent-installer' } as const;

/**
 * How many nodes one DaemonSet may name. Kubernetes limits an object to 1.5 MiB, of which 1,000 names of maximum length
 * take 0.4. The DaemonSet controller compares every node with every name at each change.
 */
export const INSTALLER_NODE_LIMIT = 1000;

export interface InstallerOptions {
  /** Names of the nodes without an agent. */
  readonly nodeNames: readonly string[];
  /** Region of the bucket that the packages come from. */
  readonly region: string;
  /** A container image with sh, coreutils, curl and gpg, for amd64 and arm64. */
  readonly image: string;
}

/**
 * The DaemonSet that installs the agent on exactly these nodes. A pod is ready once the agent runs on its node. Until
 * then its container exits with a reason in its termination message and is restarted. It is privileged because it works
 * in the host's root, mounts and processes; Bottlerocket and other unsupported systems are refused by the script
 * itself.
 *
 * It has no priority class, so that it evicts nobody's pods. A node without 32 MiB to spare gets no agent, and is
 * reported.
 *
 * @throws RangeError for no nodes, since without names it would run on all, and for more than {@link
 * INSTALLER_NODE_LIMIT}
 */
export function installerDaemonSet({ nodeNames, region, image }: InstallerOptions): DaemonSetManifest {
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
      // Naming another node changes the template. That must not restart the pods that are still working.
      updateStrategy: { type: 'OnDelete' },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: onlyOn(names) } },
          // The pod must run on nodes with any taint.
          tolerations: [{ operator: 'Exists' }],
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // In the host's mounts, /proc is the host's: without its process IDs, /proc/self would not exist.
          hostPID: true,
          // The pod uses the same network path as the agent, past network policies and the cluster's DNS.
          hostNetwork: true,
          dnsPolicy: 'Default',
          // A running package manager has time to finish.
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
              // Privileged: it must chroot into the host, enter its mounts, install packages and start a service.
              securityContext: { privileged: true, runAsUser: 0, readOnlyRootFilesystem: true },
              // dnf needs this limit, because it reads the metadata of a whole repository.
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
  } satisfies V1DaemonSet & DaemonSetManifest;
}

/**
 * One term per name: terms are ORed, and `matchFields` takes only one name each. The label `kubernetes.io/hostname`
 * would take many values, but it is not the node's name: a custom AMI's kubelet may set it differently, anybody may
 * change it, and it is limited to 63 characters.
 *
 * @see https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#nodeselectorterm-v1-core
 */
const onlyOn = (names: readonly string[]) => ({
  nodeSelectorTerms: names.map((name) => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
  })),
});

/**
 * Doubles every `$`, because Kubernetes expands `$(NAME)` in commands and environment variables, and turns `$$` into
 * `$`.
 */
const verbatim = (text: string): string => text.replaceAll('$', () => '$$');
