import type { CoreV1Api, V1Container, V1EphemeralContainer, V1Pod } from '@kubernetes/client-node';
import { allPages } from './all-pages.ts';
import { controllerOf } from './pod-metadata.ts';

/** The effective security context of a container: its own fields override those of its pod. */
export interface ContainerSecurity {
  readonly name: string;
  readonly privileged: boolean;
  /** Whether the container sets any SELinux option. */
  readonly asksForLabel: boolean;
  readonly seLinuxType?: string;
  readonly seLinuxLevel?: string;
  /** Whether the container asks AppArmor not to confine it. */
  readonly isUnconfinedByAppArmor: boolean;
}

/** A pod that runs or will run, with what matters for its confinement. */
export interface PodSecurity {
  readonly namespace: string;
  readonly name: string;
  /** The controller of the pod, or the pod itself, so that replicas count as one. */
  readonly owner: string;
  readonly containers: readonly ContainerSecurity[];
}

/** Lists the pods of every namespace that are bound to a node and have not ended. */
export async function listPodSecurity(core: CoreV1Api, nodeName: string): Promise<PodSecurity[]> {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const hasEnded = ({ status }: V1Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const pods = await allPages(
    (page) => core.listPodForAllNamespaces({ fieldSelector, ...page }),
    (pod) => (hasEnded(pod) ? [] : [podSecurityOf(pod)]),
  );
  return pods.flat();
}

/**
 * AppArmor's annotation in versions before 1.30 (Kubernetes, "Restrict a Container's Access to Resources with
 * AppArmor").
 */
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export function podSecurityOf({ metadata, spec }: V1Pod): PodSecurity {
  const { namespace = '', name = '', annotations = {} } = metadata ?? {};
  const controller = controllerOf(metadata);
  const ofPod = spec?.securityContext;
  const securityOf = (container: V1Container | V1EphemeralContainer): ContainerSecurity => {
    const own = container.securityContext;
    const label = own?.seLinuxOptions ?? ofPod?.seLinuxOptions ?? {};
    const profile = own?.appArmorProfile ?? ofPod?.appArmorProfile;
    const { type, level } = label;
    return {
      name: container.name,
      privileged: own?.privileged === true,
      asksForLabel: Object.values(label).some((value) => value !== undefined && value !== ''),
      ...(type !== undefined && type !== '' && { seLinuxType: type }),
      ...(level !== undefined && level !== '' && { seLinuxLevel: level }),
      isUnconfinedByAppArmor:
        profile === undefined
          ? annotations[`${APPARMOR_ANNOTATION}${container.name}`] === 'unconfined'
          : profile.type === 'Unconfined',
    };
  };
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
  return {
    namespace,
    name,
    owner: controller === undefined ? `${namespace}/Pod/${name}` : `${namespace}/${controller.kind}/${controller.name}`,
    containers: [...initContainers, ...containers, ...ephemeralContainers].map(securityOf),
  };
}
