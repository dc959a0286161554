import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** The reasons of `quarantine-workers`. */
export const QUARANTINE_REASONS = {
  'not-exposed': { meaning: 'The Internet cannot reach the worker.' },
  'rules-unread': {
    meaning:
      'The policy counts open ports only (quarantine.exposure), and EC2 does not show a security group of the worker, so that nobody knows what it opens.',
    hint: 'Look at the security group that the message names: its owner may be another account, which no longer shares it.',
    severity: 'medium',
  },
  'rules-hidden': {
    meaning:
      'As rules-unread, for more than five minutes: the security group is not merely new. Nothing is closed. One message about the group names all such workers (`workers-stay-exposed`).',
    hint: 'Have the owner of the security group that the message names share it, or give the worker other groups, or no public address. With quarantine.exposure address, an address is enough.',
    severity: 'high',
  },
  'routes-unread': {
    meaning:
      'The worker has an address that looks public, and EC2 shows no route table of its subnet, as may be in a VPC that another account shares: nobody knows whether the Internet reaches it. Nothing is closed. One message about the group names all such workers (`workers-stay-exposed`).',
    hint: 'Ask the account that owns the subnet for its routes: aws ec2 describe-route-tables. If a route leads to an Internet gateway, give the workers no public addresses; if none does, nothing is to be done, and a tag eks-host-remediator:ignore or the mode off for the group ends the message.',
    severity: 'high',
  },
  'public-by-design': {
    meaning:
      'The group is exposed as a whole: its subnets or its launch template hand out public addresses, or too many of its workers are exposed.',
    hint: 'Change what the message names, the launch template or the subnets, or let the policy close the exposure (quarantine.publicByDesign).',
    severity: 'high',
  },
  router: {
    meaning:
      'The worker is exposed and forwards traffic of others (its source/destination check is off). It is never isolated.',
    hint: 'Remove its public address by hand, or switch the check on if nothing needs it off.',
    severity: 'high',
  },
  'instance-operated': {
    meaning:
      'The worker is exposed, and an AWS service operates its instance, which the message names. EC2 lets nobody else change it.',
    hint: 'Change it in that service: give its instances subnets without a route from the Internet, or no public addresses.',
    severity: 'high',
  },
  'auto-mode-exposed': {
    meaning:
      'The worker is exposed, and EKS Auto Mode owns it: nobody else may change it. One message about the cluster names all such workers (`workers-stay-exposed`).',
    // Source: EKS user guide, "Create a Node Class for Amazon EKS".
    hint: 'Have its NodeClass select private subnets (subnetSelectorTerms), give no public addresses (advancedNetworking.associatePublicIPAddress: false), or use other security groups (securityGroupSelectorTerms). Auto Mode then replaces its nodes.',
    severity: 'high',
  },
  'another-stack': {
    meaning: 'Another stack of this product has the worker in quarantine: this one does nothing to it.',
    hint: 'Exclude the cluster from the scope of one of the two stacks.',
    severity: 'high',
  },
  'group-hardened': {
    meaning:
      'An exposure of a group that is public by design was closed. Rules were revoked, or subnets hand out no public addresses any more.',
  },
  'exposure-shared': {
    meaning:
      'An exposure of the group stays open, because something that must not be touched uses it too, or another account owns it.',
    hint: 'Give the group security groups and subnets of its own, or close the exposure by hand; of a shared subnet, in the account that owns it.',
    severity: 'high',
  },
  'would-harden': {
    meaning: 'In mode enforce the exposure of the group would have been closed now.',
    hint: 'Set quarantine.publicByDesign.revokeIngress or closeSubnets to enforce in the policy, or close the exposure by hand.',
    severity: 'high',
  },
  'shell-ingress-closed': {
    meaning: 'Rules that let public addresses in at 22 or 3389 were revoked: the SSM agents of the workers answer.',
  },
  'would-close-shell-ingress': {
    meaning: 'In mode enforce rules that let public addresses in at 22 or 3389 would have been revoked now.',
    hint: 'Set quarantine.revokeShellIngress to enforce in the policy, or revoke the rules by hand.',
    severity: 'medium',
  },
  'shell-ingress-stays': {
    meaning:
      'Rules let public addresses in at 22 or 3389 and stay: others use the security group or are to keep it open, an SSM agent does not answer or has no connection for sessions, or the rule opens other ports too.',
    hint: `Remove what the message names, or revoke the rule by hand; then: ${OPERATOR_COMMAND} check RESOURCE.`,
    severity: 'medium',
  },
  'shell-ingress-left-open': {
    meaning:
      'Rules let public addresses in at 22 or 3389, and an operator had what was closed of the group given back.',
  },
  'shell-ingress-ended': { meaning: 'No rule lets public addresses in at 22 or 3389 any more.' },
  'group-restored': { meaning: 'An operator had an exposure of the group opened again, as it was.' },
  'quarantine-budget': {
    meaning: 'As many workers are in quarantine as the policy allows (quarantine.concurrency). This one stays exposed.',
    hint: `Release or terminate one of those (${OPERATOR_COMMAND} quarantines), or raise the limit.`,
    severity: 'high',
  },
  'workers-stay-exposed': {
    meaning:
      'The Internet can reach workers of the group, and nothing closes the exposure. The message says which and why.',
    hint: `Close the exposures by hand, or remove what keeps them open: ${OPERATOR_COMMAND} explain RESOURCE shows it.`,
    severity: 'high',
  },
  'exposures-ended': { meaning: 'No worker of the group stays exposed any more.' },
  'quarantine-suspended': {
    meaning:
      'A quarantine cannot continue, and the worker is still exposed. The message names the exposure and the obstacle.',
    hint: 'Remove the obstacle that the message names, or close the exposure by hand.',
    severity: 'high',
  },
  'would-quarantine': {
    meaning: 'In mode enforce the worker would have been isolated now.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
    severity: 'high',
  },
  'quarantine-started': { meaning: 'The worker is exposed: its quarantine began.' },
  'quarantine-found': {
    meaning:
      'Tags and security groups of the worker show a quarantine that the ledger does not have. The message names them.',
    hint: `Release it: ${OPERATOR_COMMAND} release INSTANCE --why "…". It gets back what its tags name. Then find out who deleted items of the ledger, or who set the tag.`,
  },
  'quarantine-undone': {
    meaning: 'Somebody exposes a worker in quarantine again and again. Each time the exposure is closed.',
    hint: 'Find out who does it. The message names the caller if CloudTrail recorded one. A controller that binds addresses must leave this worker out.',
  },
  'quarantine-reinforced': {
    meaning:
      'Somebody exposed a worker in quarantine, or attached an interface to it, and that was closed; or its group put it into service, after its launch or out of its warm pool, and it was taken out.',
  },
  draining: { meaning: 'The pods of the worker are being evicted before it is isolated (quarantine.drain).' },
  'quarantine-in-progress': { meaning: 'Steps of the quarantine remain; the worker is reconciled again.' },
  'quarantine-incomplete': {
    meaning: 'An exposure could not be closed. The message names it and the cause. It is tried again.',
    hint: 'Remove the cause that the message names (mostly a missing permission), or close the exposure by hand. Some addresses cannot be removed from a running worker: only isolation closes those (quarantine.respond: isolate).',
  },
  quarantined: {
    meaning: 'A fresh read found no exposure: the worker is isolated.',
    hint: `Analyse it, then release, extend or terminate it: ${OPERATOR_COMMAND} release INSTANCE --why "…".`,
  },
  stripped: { meaning: 'The public addresses of the worker were removed, and a fresh read found no exposure.' },
  'quarantine-expired': {
    meaning: 'The quarantine lasted as long as the policy allows (quarantine.expireAfter).',
    hint: `Release, extend or terminate it: ${OPERATOR_COMMAND} extend INSTANCE --by 3d --why "…".`,
  },
  'quarantine-extended': { meaning: 'An operator had the quarantine last longer.' },
  'termination-refused': {
    meaning:
      'The worker was not terminated: EC2 refused, or a fresh look spoke against it; the message says why. At an expiry it is tried again.',
    hint: 'Read the error in the message, for example a stop protection, and lift what it names. A worker in no Auto Scaling group that has never joined its cluster is terminated by hand.',
  },
  'worker-terminated': { meaning: 'The worker in quarantine was terminated, on request or at its expiry.' },
  'quarantine-ended': { meaning: 'The worker in quarantine is gone, and its slot is free.' },
  'release-started': { meaning: 'An operator had the worker released. It gets back what it had.' },
  'release-in-progress': {
    meaning:
      'Steps of the release remain; the worker is reconciled again. A worker of Karpenter keeps the mark do-not-disrupt for ten minutes, until Karpenter has seen its former security groups. A cluster that does not give its node back just now is asked again for six hours.',
  },
  released: { meaning: 'The worker has everything back that it had. A fresh read confirmed it.' },
  'released-in-part': {
    meaning: 'The worker is released, but something that it had could not be given back. The message names it.',
    hint: 'Give back by hand what the message names, or replace the worker. If its Auto Scaling group is full, raise the maximum size or detach another instance: the return is tried again each hour.',
  },
  'accepted-exposure': { meaning: 'An operator released the worker with this exposure; only a new one counts.' },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof QUARANTINE_REASONS;
