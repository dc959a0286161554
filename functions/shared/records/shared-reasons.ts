import { OPERATOR_COMMAND } from '../text/operator-command.ts';
import type { ReasonEntry } from './reason-entry.ts';

/** Reasons that any function may give: about the policy, the scope, and the state of a subject. */
export const SHARED_REASONS = {
  'retry-later': {
    meaning:
      'An earlier attempt failed. The next one waits (retryAfter of its section in the policy, doubled each time).',
  },
  'opted-out': {
    meaning: 'The cluster, node group or instance has the tag eks-host-remediator:ignore.',
    hint: 'Remove the tag to have it looked after again.',
  },
  'out-of-scope': { meaning: "The policy's scope does not name this cluster or account." },
  'kill-switch': {
    meaning: 'The policy has killSwitch on. Nothing acts.',
    hint: 'Set killSwitch to false to resume.',
    // Somebody set the kill switch on purpose.
    severity: 'low',
  },
  'mode-off': { meaning: 'The policy has this remediation off.' },
  'policy-invalid': {
    meaning: 'The part of the policy that the function uses is invalid. The function does not act.',
    hint: 'Correct the policy parameter. The message names the field.',
    // Nothing is done at all until somebody corrects the policy.
    severity: 'high',
  },
  unreadable: {
    meaning: 'AWS did not return the state of the cluster or node group. Nothing is done while the state is unknown.',
    hint: 'Read the error in the message. Where access is denied, give the function the permission. Where calls are throttled, find who else calls this API so often. Other errors mostly end by themselves.',
  },
  'ledger-unreadable': {
    meaning:
      'An item of the ledger about the subject is not what a function has written. The function that reads it does nothing that depends on it, and the item is not written over. Later waves wait for a group whose state cannot be read.',
    hint: 'Read the item that the message names: aws dynamodb get-item. Put back what was changed, from a backup if need be; or delete the item: then the function knows nothing of the subject, and begins anew.',
    severity: 'high',
  },
  'ledger-readable': {
    meaning: 'An item of the ledger that could not be read can be read again, was changed, or was deleted.',
  },
  'unknown-cluster': {
    meaning:
      'The tags of the instance name a cluster or node group that EKS does not have. The instance is no EKS worker.',
    hint: 'Nothing to do for a node of another kind of cluster. If the cluster is gone, remove its tag.',
  },
  'claims-to-be-worker': {
    meaning:
      'Tags claim that the instance is a worker, but nothing that only AWS sets confirms it. The instance is left alone.',
    hint: 'Remove the tags if it is no worker. If it is one, give its role an access entry of type EC2_LINUX or EC2_WINDOWS, which needs an authentication mode that knows access entries.',
  },
  'auto-mode': { meaning: 'AWS itself replaces the nodes of EKS Auto Mode.' },
  'worker-not-running': { meaning: 'The instance is not running.' },
  'in-quarantine': { meaning: 'The worker is in quarantine and reaches nothing, as intended. It is left alone.' },
  'out-of-service': {
    meaning: 'Auto Scaling has the worker in standby or in a warm pool, or terminates it. It is left alone.',
  },
  'proposal-rejected': {
    meaning: 'An operator rejected this proposal. It is not made again until something new is due.',
    hint: `To have it after all: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
  },
  'request-granted': {
    meaning: 'An operator asked to approve, reject, resume or retry. The next reconcile takes it into account.',
  },
  'request-refused': {
    meaning: 'An operator asked for something that the state or the policy does not allow. The message says why.',
    hint: `${OPERATOR_COMMAND} explain RESOURCE shows the current state.`,
  },
  'sweep-finished': { meaning: 'A reconcile of every cluster and node group was requested.' },
  'invalid-event': {
    meaning: 'A message was not one of the events that this function takes. It is in the dead-letter queue.',
    hint: 'The message names the field. Correct the sender. Then redrive the message.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type SharedReason = keyof typeof SHARED_REASONS;
