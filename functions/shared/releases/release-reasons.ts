import type { ReasonEntry } from '../records/reason-entry.ts';

/** Reasons of functions that handle AMI releases. */
export const RELEASE_REASONS = {
  'release-not-yet-seen': {
    meaning: 'watch-ami-releases has recorded no release of the AMI type and Kubernetes version yet.',
    hint: 'Nothing to do: the watcher records it on its next run. If this stays, look at its alarms.',
  },
  'release-incomparable': {
    meaning: 'Whether the recommended release is newer than the running one cannot be told from their versions.',
    hint: 'Upgrade this node group by hand once; later releases can then be compared.',
  },
  'newer-than-recommended': {
    meaning: 'The node group runs a newer release than the recommended one; it is never moved back.',
  },
  'release-withdrawn': {
    meaning: 'Amazon recommends an older release than the newest one seen: the newer one was withdrawn.',
    hint: 'Nothing to do: no node group moves to it; one that runs it moves on when a newer one has baked.',
  },
  'no-release-for-version': {
    meaning: 'Amazon publishes no AMI release of this type for this Kubernetes version.',
    hint: 'The message says what is known of the AMI type.',
  },
  'unknown-ami-type': {
    meaning: 'The AMI type is not one whose releases this version of the remediator knows.',
    hint: 'Update EKS Host Remediator.',
  },
} as const satisfies Record<string, ReasonEntry>;
