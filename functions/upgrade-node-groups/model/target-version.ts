import { nameOf, type TriedRelease } from '../../shared/rollouts/tried-release.ts';
import type { NodeGroupView } from './observation.ts';

/**
 * A release, as attempts at it are remembered. Bottlerocket names its releases the same for every Kubernetes version,
 * and has an AMI for each version: a failure with one AMI says nothing about another.
 *
 * @param kubernetesVersion the version that the node group moves to
 */
export const triedRelease = (
  releaseVersion: string,
  { amiType, version }: Pick<NodeGroupView, 'amiType' | 'version'>,
  kubernetesVersion: string = version,
): TriedRelease => ({ releaseVersion, ...(amiType.startsWith('BOTTLEROCKET_') && { kubernetesVersion }) });

/** The Kubernetes version that the upgrade of a view would move to; undefined where the version stays. */
export const kubernetesVersionOf = ({ version, movesFrom }: NodeGroupView): string | undefined =>
  movesFrom === undefined ? undefined : version;

/**
 * What a proposal is about. Bottlerocket names its releases the same for every Kubernetes version. An operator who
 * approves a release within the present version has not approved it for the next one. Nor has an operator who approved
 * an upgrade to a release approved that nodes are replaced with it again.
 *
 * @param replaces set where nodes that were launched before this time are replaced with the release that they run
 */
export const proposedTarget = (
  releaseVersion: string,
  kubernetesVersion: string | undefined,
  replaces?: number,
): string => `${nameOf({ releaseVersion, kubernetesVersion })}${replaces === undefined ? '' : ' again'}`;

/**
 * What a proposal is about where the upgrade may also leave the key pair out. An operator who approves the upgrade
 * alone has not approved that the key pair goes.
 */
export const withoutKeyPairTarget = (target: string): string => `${target} without key pair`;

/** Whether two proposals are about the same upgrade, whatever they do about the key pair. */
export const isSameUpgrade = (a: string, b: string): boolean =>
  a === b || a === withoutKeyPairTarget(b) || withoutKeyPairTarget(a) === b;

/** What an attempt is for, after `to`. */
export const aimOf = (releaseVersion: string, replaces: number | undefined): string =>
  replaces === undefined ? `move to ${releaseVersion}` : `replace nodes with the same release ${releaseVersion}`;
