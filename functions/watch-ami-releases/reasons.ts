import type { ReasonEntry } from '../shared/records/reason-entry.ts';

/** What is said about AMI releases. */
export const AMI_RELEASE_REASONS = {
  'release-seen': { meaning: 'A newer AMI release of a pair that the fleet uses was seen for the first time.' },
  'release-withdrawn': {
    meaning: 'Amazon recommends an older release than the newest one seen: the newer one was withdrawn.',
    hint: 'Nothing to do: no node group moves until a release newer than the withdrawn one appears.',
  },
  'no-release-for-version': {
    meaning: 'Amazon publishes no AMI release of this type for this Kubernetes version.',
    hint: 'AL2 ends at Kubernetes 1.32: create a node group of an AL2023 or Bottlerocket type and move workloads to it.',
  },
  'unknown-ami-type': {
    meaning: 'The AMI type is not one whose releases this version of the remediator knows.',
    hint: 'Update EKS Host Remediator.',
  },
} as const satisfies Record<string, ReasonEntry>;
