import type { ControlPlane } from '../../shared/fleet/control-plane.ts';
import type { Unreadable } from '../../shared/fleet/reading.ts';
import { type Mode, stricter } from '../../shared/policy/mode.ts';
import type { Target } from '../../shared/releases/target-release.ts';
import type { Policy } from '../policy.ts';

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
