import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** What `close-shells` says. */
export const SHELLS_REASONS = {
  'shells-closed': {
    meaning: "A fresh look at the host found no key that opens a shell by SSH, and Bottlerocket's admin container off.",
    rejectUndoes: true,
  },
  'shells-being-closed': {
    meaning:
      'The host puts its authorized_keys aside, where only root reads them, or switches the admin container off.',
    hint: 'A launch with a key pair brings the key again: see SSH.2 in docs/posture.md. To undo it: npx eks-host-remediator reject RESOURCE --why "…".',
    rejectUndoes: true,
  },
  'would-close-shells': {
    meaning: 'In mode enforce the keys of the host would be put aside, or its admin container be switched off.',
    hint: 'To have it done once: npx eks-host-remediator approve RESOURCE --why "…".',
  },
  'shells-waived': {
    meaning: 'The policy waives the check of posture that names this way in: it is left alone until then.',
  },
  'shells-being-looked-at': {
    meaning: 'What the host has is not known by now: a command looks, and what follows goes by what it finds.',
  },
  'shells-being-restored': {
    meaning: 'An operator had it undone: the host gets its authorized_keys back, or its admin container.',
  },
  'shells-stay-open': {
    meaning: 'The host was told to close its ways in by SSH, and a fresh look still finds some.',
    hint: 'Something writes them again, or the script could not move them: look at the files that the message names.',
    severity: 'medium',
  },
  'shells-not-restored': {
    meaning:
      'The host did not give back all that was put aside: somebody has written new keys, or its directory is another.',
    hint: 'The copies are on the host, in /var/lib/eks-host-remediator/authorized_keys.',
  },
  'shells-agent-silent': {
    meaning: 'No command reaches the host: nothing is changed where nobody could get in by Session Manager.',
    hint: 'See what manage-ssm-agent says of the worker.',
  },
  'shells-refused': {
    meaning: 'AWS refused to send the command.',
    hint: 'Read the error in the message: mostly the setting shellRights is off, or a policy of the organization denies it.',
  },
  'sessions-set': { meaning: "A fresh read of Session Manager's preferences shows what the policy wants." },
  'sessions-being-set': {
    meaning:
      "Session Manager's preferences of the region were changed. details.undo has the command that gives the former ones back.",
    hint: 'To undo it, set shells.sessions.mode to observe first: in mode enforce the next check sets them again.',
  },
  'would-set-sessions': {
    meaning:
      "In mode enforce Session Manager's preferences of the region would have been changed now. The message says how.",
    hint: 'Deploy with -c sessionRights=on, which is off by default, and set shells.sessions.mode to enforce in the policy.',
  },
  'sessions-refused': {
    meaning: "Session Manager's preferences could not be changed, or not be understood. The message says why.",
    hint: 'Read the error in the message. AccessDeniedException: deploy with -c sessionRights=on, which is off by default, or a policy of the organization denies it.',
    severity: 'medium',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof SHELLS_REASONS;
