import { OPERATOR_COMMAND } from '../text/operator-command.ts';
import type { ReasonEntry } from './reason-entry.ts';

/** Reasons that any function may give: about the policy, the scope, and the state of a subject. */
export const SHARED_REASONS = {
  'retry-later': {
    meaning:
      'An earlier attempt failed; the next one waits (retryAfter of its section in the policy, doubled each time).',
  },
  'opted-out': {
    meaning: 'The cluster, node group or instance has the tag eks-host-remediator:ignore.',
    hint: 'Remove the tag to have it looked after again.',
  },
  'out-of-scope': { meaning: "The policy's scope does not name this cluster or account." },
  'kill-switch': {
    meaning: 'The policy has killSwitch on: nothing acts.',
    hint: 'Set killSwitch to false to resume.',
    // Somebody wanted exactly this.
    severity: 'low',
  },
  'mode-off': { meaning: 'The policy has this remediation off.' },
  'policy-invalid': {
    meaning: 'What the function goes by in the policy cannot be read: it does not act.',
    hint: 'Correct the policy parameter; the message names the field.',
    // Nothing is done at all until somebody corrects the policy.
    severity: 'high',
  },
  unreadable: {
    meaning: 'AWS refused to tell the state of the cluster or node group: doubt means no.',
    hint: 'Read the error in the message; a missing permission is the usual cause.',
  },
  'unknown-cluster': {
    meaning: 'The tags of the instance name a cluster or node group that EKS does not have: it is no EKS worker.',
    hint: 'Nothing to do for a node of another kind of cluster; take off its tag if the cluster is gone.',
  },
  'claims-to-be-worker': {
    meaning:
      'Tags claim that the instance is a worker, and nothing that others cannot set bears it out: it is left alone.',
    hint: 'Take off the tags if it is none. If it is one, give its role an access entry of type EC2_LINUX or EC2_WINDOWS.',
  },
  'auto-mode': { meaning: 'EKS Auto Mode: AWS replaces these nodes itself.' },
  'worker-not-running': { meaning: 'The instance is not running.' },
  'in-quarantine': { meaning: 'The worker is in quarantine and reaches nothing, by intent: it is left alone.' },
  'out-of-service': {
    meaning: 'Auto Scaling has the worker in standby, in a warm pool or on its way out: it is left alone.',
  },
  'proposal-rejected': {
    meaning: 'An operator rejected this proposal: it is not made again until something new is due.',
    hint: `To have it after all: ${OPERATOR_COMMAND} approve SUBJECT --why "…".`,
  },
  'request-granted': {
    meaning: 'An operator asked to approve, reject, resume or retry: the next reconcile goes by it.',
  },
  'request-refused': {
    meaning: 'An operator asked for something that the state or the policy does not allow; the message says why.',
    hint: `${OPERATOR_COMMAND} explain SUBJECT shows how it stands.`,
  },
  'sweep-finished': { meaning: 'Every cluster and node group was put up to be reconciled again.' },
  'invalid-event': {
    meaning: 'A message was not one of the events that this function takes; it is in the dead-letter queue.',
    hint: 'The message names the field. Correct the sender; the message can be redriven.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type SharedReason = keyof typeof SHARED_REASONS;
