import type { ReasonEntry } from '../records/reason-entry.ts';

/** Reasons of functions that handle AMI releases. */
export const RELEASE_REASONS = {
  'release-not-yet-seen': {
    meaning: 'watch-ami-releases has recorded no release of the AMI type and Kubernetes version yet.',
    hint: 'Nothing to do: watch-ami-releases records it on its next run. If this stays, check its alarms.',
  },
  'release-incomparable': {
    meaning: 'The versions do not tell whether the recommended release is newer than the running one.',
    hint: 'Upgrade this node group by hand once. Later releases can then be compared.',
  },
  'newer-than-recommended': {
    meaning: 'The node group runs a newer release than the recommended one. It is never moved back.',
  },
  'release-withdrawn': {
    meaning: 'Amazon recommends an older release than the newest one seen. The newer one was withdrawn.',
    hint: 'Nothing to do: no node group moves to it. A node group that runs it moves on when a newer release has baked.',
  },
  'no-release-for-version': {
    meaning: 'Amazon publishes no AMI release of this type for this Kubernetes version.',
    hint: 'The message says what is known of the AMI type.',
  },
  'unknown-ami-type': {
    meaning: 'This version of the remediator does not know the releases of the AMI type.',
    hint: 'Update EKS Host Remediator.',
  },
} as const satisfies Record<string, ReasonEntry>;
