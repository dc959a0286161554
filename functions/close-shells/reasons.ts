import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';

/** The reasons of `close-shells`. */
export const SHELLS_REASONS = {
  'shells-closed': {
    meaning:
      "A fresh check of the host found no key that opens a shell by SSH, and found Bottlerocket's admin container off.",
    rejectUndoes: true,
  },
  'shells-being-closed': {
    meaning: 'The host moves its authorized_keys to where only root reads them, or switches the admin container off.',
    hint: 'A launch with a key pair brings the key back: see SSH.2 in docs/posture.md. To undo it: npx eks-host-remediator reject RESOURCE --why "…".',
    rejectUndoes: true,
  },
  'would-close-shells': {
    meaning: 'In mode enforce the keys of the host would be put aside, or its admin container be switched off.',
    hint: 'To have it done once: npx eks-host-remediator approve RESOURCE --why "…".',
  },
  'shells-waived': {
    meaning: 'The policy waives the posture check that names this SSH access. It is left alone until the waiver ends.',
  },
  'shells-being-looked-at': {
    meaning: 'The state of the host is not known. A command checks it. What follows depends on the result.',
  },
  'shells-being-restored': {
    meaning: 'An operator had the change undone. The host gets back its authorized_keys or its admin container.',
  },
  'shells-stay-open': {
    meaning: 'The host was told to close its SSH access. A fresh check still finds it open.',
    hint: 'Something writes the keys again, or the script could not move them. Check the files that the message names.',
    severity: 'medium',
  },
  'shells-not-closable': {
    meaning:
      'What lets somebody in by SSH is keys elsewhere than in .ssh of a home, or the certificates of an authority: the configuration of the SSH daemon says so. Nothing of it is changed.',
    hint: 'Take TrustedUserCAKeys, or the path of AuthorizedKeysFile, out of the configuration of the SSH daemon in the image or the user data, or switch the daemon off.',
  },
  'shells-not-restored': {
    meaning:
      'The host did not give back all that was put aside. Somebody has written new keys, or the directory was replaced.',
    hint: 'The copies are on the host, in /var/lib/eks-host-remediator/authorized_keys.',
  },
  'shells-last-way-in': {
    meaning:
      'The host lets somebody in by SSH, and Session Manager cannot replace that: no session reaches the host or begins on it, or AWS could not be asked. Nothing is closed.',
    hint: 'Where the message names a key, allow kms:Decrypt with it in the role of the host, even where the policy of the key does. Otherwise read the records of manage-ssm-agent about the worker: sessions-not-connected says what keeps sessions from it.',
  },
  'shells-agent-silent': {
    meaning: 'No command reaches the host. Nothing is changed where nobody could get in by Session Manager.',
    hint: 'Read the records of manage-ssm-agent about the worker.',
  },
  'shells-refused': {
    meaning: 'AWS refused to send the command.',
    hint: 'Read the error in the message. The usual cause is that the setting shellRights is off, or that a policy of the organization denies the call.',
  },
  'sessions-set': { meaning: "A fresh read of Session Manager's preferences shows what the policy wants." },
  'sessions-being-set': {
    meaning:
      "Session Manager's preferences of the region were changed. details.undo has the command that restores the former ones.",
    hint: 'To undo it, first set shells.sessions.mode to observe. In mode enforce the next check sets them again.',
  },
  'would-set-sessions': {
    meaning:
      "In mode enforce Session Manager's preferences of the region would have been changed now. The message says how.",
    hint: 'Deploy with -c sessionRights=on (off by default), and set shells.sessions.mode to enforce in the policy.',
  },
  'sessions-refused': {
    meaning: "Session Manager's preferences could not be read or changed. The message says why.",
    hint: 'Read the error in the message. For an AccessDeniedException, deploy with -c sessionRights=on (off by default), or look for a policy of the organization that denies the call.',
    severity: 'medium',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof SHELLS_REASONS;
