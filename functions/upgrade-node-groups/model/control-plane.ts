import type { Update } from '@aws-sdk/client-eks';
import { minorOf } from '../../shared/fleet/kubernetes-version.ts';
import type { Unreadable } from '../../shared/fleet/reading.ts';
import { type Mode, stricter } from '../../shared/policy/mode.ts';
import type { Target } from '../../shared/releases/target-release.ts';
import type { Policy } from '../policy.ts';

/** The state of a control plane's version, by the updates of its cluster. */
export interface ControlPlane {
  readonly kind: 'control-plane';
  /** The update that is changing the version or the certificate authority; absent: none is. */
  readonly changing?: { readonly type: string; readonly updateId: string };
  /** Whether the control plane was rolled back, and has not been upgraded since. */
  readonly isRolledBack: boolean;
  /** Since when the version is what an operator wants, epoch milliseconds. */
  readonly since: number;
  /** Whether the control plane has been upgraded since the cluster was created, as far as EKS tells. */
  readonly isUpgraded: boolean;
}

/** What an upgrade insight of EKS says against a Kubernetes version. */
export interface InsightError {
  readonly name: string;
  /** EKS's reason for the insight's status. */
  readonly why: string;
}

/** A newer Kubernetes version of the control plane, to which a node group can follow. */
export interface NextVersion {
  /** The version, such as `1.34`, by `nextVersion`. */
  readonly version: string;
  /** The releases of the node group's AMI type for that version. */
  readonly target: Target;
  readonly controlPlane: ControlPlane | Unreadable;
  /** The insights with status ERROR; absent: nobody has read them. */
  readonly insights?: readonly InsightError[] | Unreadable;
}

/** Updates of a cluster that change its version or its certificate authority (EKS API reference, Update). */
const CHANGES: ReadonlySet<string> = new Set(['VersionUpdate', 'VersionRollback', 'CertificateAuthorityUpdate']);

/** Whether an update has ended. A status that is newer than this code is no end (EKS API reference, Update). */
const hasEnded = ({ status }: Update): boolean =>
  status === 'Successful' || status === 'Failed' || status === 'Cancelled';

/**
 * Says what the updates of a cluster tell of its version; a pure function. The latest counts of the upgrades that
 * succeeded and the rollbacks that have ended. A rollback that failed or was cancelled leaves the version, but somebody
 * wanted the old one back, so the time to wait begins anew.
 *
 * @param createdAt when the cluster was created, epoch milliseconds
 */
export function controlPlaneOf(updates: readonly Update[], createdAt: number): ControlPlane {
  const relevant = updates.filter(({ type = '' }) => CHANGES.has(type));
  const running = relevant.find((update) => !hasEnded(update));
  const ended = relevant.filter(
    (update) =>
      (update.type === 'VersionUpdate' && update.status === 'Successful') ||
      (update.type === 'VersionRollback' && hasEnded(update)),
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
 * The Kubernetes version for which a node group with a custom AMI takes its AMI. After an upgrade of the control plane
 * that is the version before, until `followAfter` has passed.
 *
 * @param version the version that the control plane runs
 * @param followAfter how long node groups wait after an upgrade of the control plane, ms
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
 * The time from which a node group takes releases of the next version, epoch milliseconds, as far as is known. It
 * comes `followAfter` after the last change of the control plane. Undefined: the node group only proposes the move, or
 * does not follow, or the control plane was rolled back.
 *
 * @param policy the policy that holds where the node group is
 * @param isChosen whether the move to the next version is approved, or was tried; it then counts in mode observe, too
 */
export function takesNextFrom({ controlPlane }: NextVersion, policy: Policy, isChosen: boolean): number | undefined {
  const mode = followingMode(policy);
  if (mode === 'off' || (mode === 'observe' && !isChosen)) return undefined;
  if (controlPlane.kind === 'unreadable') return 0;
  return controlPlane.isRolledBack ? undefined : controlPlane.since + policy.upgrades.controlPlane.followAfter;
}
