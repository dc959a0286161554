import { failureCount, type NodeGroupState } from '../ledger/node-group-ledger.ts';

/** A release, as a failed attempt at it is remembered. */
export interface TriedRelease {
  readonly releaseVersion: string;
  /** The Kubernetes version that the release is for, where its name does not tell. Items of former versions lack it. */
  readonly kubernetesVersion?: string | undefined;
}

/** A release in words. Its Kubernetes version is named where the name of the release does not tell it. */
export const nameOf = ({ releaseVersion, kubernetesVersion }: TriedRelease): string =>
  kubernetesVersion === undefined ? releaseVersion : `${releaseVersion} for Kubernetes ${kubernetesVersion}`;

/** Whether both are the same release, as far as the Kubernetes versions are known. */
export const isSameRelease = (a: TriedRelease, b: TriedRelease): boolean =>
  a.releaseVersion === b.releaseVersion &&
  (a.kubernetesVersion === undefined ||
    b.kubernetesVersion === undefined ||
    a.kubernetesVersion === b.kubernetesVersion);

/** The release at which an attempt has failed, unless an operator has had the failure forgotten. */
export const failedRelease = ({ failures }: Pick<NodeGroupState, 'failures'>): TriedRelease | undefined =>
  failureCount(failures) > 0 ? failures : undefined;
