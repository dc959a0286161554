import type { TriedRelease } from '../shared/rollouts/tried-release.ts';
import type { NodeGroupView } from './observation.ts';

/**
 * Bottlerocket names its releases the same for every Kubernetes version, and has an AMI for each: what fails with the one says
 * nothing about the other.
 *
 * @param kubernetesVersion the version that the node group moves to
 */
export const triedRelease = (
  releaseVersion: string,
  { amiType, version }: Pick<NodeGroupView, 'amiType' | 'version'>,
  kubernetesVersion: string = version,
): TriedRelease => ({ releaseVersion, ...(amiType.startsWith('BOTTLEROCKET_') && { kubernetesVersion }) });

/** The Kubernetes version that the upgrade of a view would move to; undefined where it stays as it is. */
export const kubernetesVersionOf = ({ version, movesFrom }: NodeGroupView): string | undefined =>
  movesFrom === undefined ? undefined : version;

/**
 * What a proposal is about. Bottlerocket names its releases the same for every Kubernetes version, and who approves one of them
 * within the present version has not approved the next one.
 */
export const proposedTarget = (releaseVersion: string, kubernetesVersion: string | undefined): string =>
  kubernetesVersion === undefined ? releaseVersion : `${releaseVersion} for Kubernetes ${kubernetesVersion}`;

/**
 * What a proposal is about where the upgrade may also leave the key pair out: who approves the upgrade alone has not approved
 * that.
 */
export const withoutKeyPairTarget = (target: string): string => `${target} without key pair`;

/** Whether two proposals are about the same upgrade, whatever they do about the key pair. */
export const isSameUpgrade = (a: string, b: string): boolean =>
  a === b || a === withoutKeyPairTarget(b) || withoutKeyPairTarget(a) === b;
