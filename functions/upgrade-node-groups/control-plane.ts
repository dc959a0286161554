import type { Update } from '@aws-sdk/client-eks';
import { minorOf } from '../shared/fleet/kubernetes-version.ts';
import type { Unreadable } from '../shared/fleet/reading.ts';
import { type Mode, stricter } from '../shared/policy/mode.ts';
import type { Target } from '../shared/releases/target-release.ts';
import type { Policy } from './policy.ts';

/** How the version of a control plane stands, by the updates of its cluster. */
export interface ControlPlane {
  readonly kind: 'control-plane';
  /** The update that is changing its version or its certificate authority; absent: none is. */
  readonly changing?: { readonly type: string; readonly updateId: string };
  /** It was rolled back, and has not been upgraded since. */
  readonly isRolledBack: boolean;
  /** Since when its version is what an operator wants, epoch milliseconds. */
  readonly since: number;
  /** It has been upgraded since the cluster was created, as far as EKS tells. */
  readonly isUpgraded: boolean;
}

/** What an upgrade insight of EKS says against a Kubernetes version. */
export interface InsightError {
  readonly name: string;
  /** EKS's reason for its status. */
  readonly why: string;
}

/** A newer Kubernetes version of the control plane, to which a node group can follow it. */
export interface NextVersion {
  /** Such as `1.34`: one minor version at a time. */
  readonly version: string;
  /** The releases of its AMI type for that version. */
  readonly target: Target;
  readonly controlPlane: ControlPlane | Unreadable;
  /** The insights with status ERROR; absent: nobody has read them. */
  readonly insights?: readonly InsightError[] | Unreadable;
}

/** Updates of a cluster that change its version or its certificate authority (EKS API reference, Update). */
const CHANGES: ReadonlySet<string> = new Set(['VersionUpdate', 'VersionRollback', 'CertificateAuthorityUpdate']);

/**
 * What the updates of a cluster say of its version; a pure function. Of those that have ended the latest counts: an upgrade
 * that succeeded, or a rollback. One that failed, or was cancelled, leaves the version and begins the time to wait anew: somebody wanted it back.
 *
 * @param createdAt when the cluster was created, epoch milliseconds
 */
export function controlPlaneOf(updates: readonly Update[], createdAt: number): ControlPlane {
  const relevant = updates.filter(({ type = '' }) => CHANGES.has(type));
  const running = relevant.find(({ status }) => status === 'InProgress');
  const ended = relevant.filter(
    ({ type, status }) =>
      (type === 'VersionUpdate' && status === 'Successful') || (type === 'VersionRollback' && status !== 'InProgress'),
  );
  const last = ended.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
  return {
    kind: 'control-plane',
    isRolledBack: last?.type === 'VersionRollback' && last.status === 'Successful',
    since: last === undefined ? createdAt : timeOf(last),
    isUpgraded: last !== undefined,
    ...(running !== undefined && { changing: { type: running.type ?? '', updateId: running.id ?? '' } }),
  };
}

/**
 * The Kubernetes version for which a node group with a custom AMI takes its AMI: until the control plane cannot be rolled back any
 * more, the one before its upgrade.
 *
 * @param version the one that the control plane runs
 */
export function versionForImages(
  version: string,
  { since, isUpgraded, isRolledBack }: ControlPlane,
  followAfter: number,
  now: number,
): string {
  if (!isUpgraded || isRolledBack || since + followAfter <= now) return version;
  return `1.${minorOf(version) - 1}`;
}

const timeOf = ({ createdAt }: Update): number => createdAt?.getTime() ?? 0;

/** The mode in which a node group follows its control plane, bounded by that of all upgrades. */
export const followingMode = ({ upgrades }: Pick<Policy, 'upgrades'>): Mode =>
  stricter(upgrades.mode, upgrades.controlPlane.mode);

/**
 * From when on a node group takes releases of the next version, epoch milliseconds, as far as is known: from the time on from which its
 * control plane cannot be rolled back. Undefined: it only proposes to, or the control plane was rolled back.
 *
 * @param policy the one that holds where it is
 * @param isChosen its move to the next version is approved, or was tried: then it counts where it only proposes, too
 */
export function takesNextFrom({ controlPlane }: NextVersion, policy: Policy, isChosen: boolean): number | undefined {
  const mode = followingMode(policy);
  if (mode === 'off' || (mode === 'observe' && !isChosen)) return undefined;
  if (controlPlane.kind === 'unreadable') return 0;
  return controlPlane.isRolledBack ? undefined : controlPlane.since + policy.upgrades.controlPlane.followAfter;
}
