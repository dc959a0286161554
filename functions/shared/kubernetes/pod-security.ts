import type { CoreV1Api, V1Container, V1EphemeralContainer, V1Pod } from '@kubernetes/client-node';
import { allPages } from './all-pages.ts';

/** What a container asks for, as it counts: its own context goes before its pod's, field by field. */
export interface ContainerSecurity {
  readonly name: string;
  readonly privileged: boolean;
  /** Whether it asks for anything of SELinux. */
  readonly asksForLabel: boolean;
  readonly seLinuxType?: string;
  readonly seLinuxLevel?: string;
  /** Whether it asks that AppArmor leave it alone. */
  readonly isUnconfinedByAppArmor: boolean;
}

/** A pod that runs, or will, as far as its confinement goes. */
export interface PodSecurity {
  readonly namespace: string;
  readonly name: string;
  /** What made it, so that replicas of one thing count as one: its controller, or the pod itself. */
  readonly owner: string;
  readonly containers: readonly ContainerSecurity[];
}

/** All pods that are bound to a node and have not ended, of every namespace. */
export async function listPodSecurity(core: CoreV1Api, nodeName: string): Promise<PodSecurity[]> {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const pods = await allPages((page) => core.listPodForAllNamespaces({ fieldSelector, ...page }));
  return pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed').map(podSecurityOf);
}

/** The annotation of AppArmor, before 1.30 (Kubernetes, "Restrict a Container's Access to Resources with AppArmor"). */
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export function podSecurityOf({ metadata, spec }: V1Pod): PodSecurity {
  const { namespace = '', name = '', annotations = {}, ownerReferences = [] } = metadata ?? {};
  const controller = ownerReferences.find((owner) => owner.controller === true);
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
