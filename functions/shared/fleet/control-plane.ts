import type { Update } from '@aws-sdk/client-eks';
import { minorOf } from './kubernetes-version.ts';

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
 * An update of which EKS does not tell when it was created may be the latest, and of this moment: node groups wait.
 *
 * @param createdAt when the cluster was created, epoch milliseconds
 * @param now epoch milliseconds
 */
export function controlPlaneOf(updates: readonly Update[], createdAt: number, now: number): ControlPlane {
  const relevant = updates.filter(({ type = '' }) => CHANGES.has(type));
  const running = relevant.find((update) => !hasEnded(update));
  const ended = relevant.filter(
    (update) =>
      (update.type === 'VersionUpdate' && update.status === 'Successful') ||
      (update.type === 'VersionRollback' && hasEnded(update)),
  );
  const timeOf = ({ createdAt: at }: Update): number => at?.getTime() ?? now;
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
 * The Kubernetes version for which a group takes an AMI of its owner. After an upgrade of the control plane that is the
 * version before, until `followAfter` has passed, and while the control plane is rolled back.
 *
 * @param version the version that the control plane runs
 * @param followAfter how long node groups wait after an upgrade of the control plane, ms
 */
export function versionForImages(
  version: string,
  { since, isUpgraded, isRolledBack, changing }: ControlPlane,
  followAfter: number,
  now: number,
): string {
  if (!isUpgraded || isRolledBack) return version;
  if (since + followAfter <= now && changing?.type !== 'VersionRollback') return version;
  return `1.${minorOf(version) - 1}`;
}
