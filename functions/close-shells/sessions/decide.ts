import type { PreferencesDocument, SessionPreferences } from '../../shared/posture/session-preferences.ts';
import type { Told } from '../../shared/records/decision.ts';
import { say } from '../decide.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** What is decided about the preferences. */
export interface SessionsDecision extends Told<Reason> {
  /** The members of the document to set. */
  readonly set?: SessionPreferences;
  readonly silent?: true;
}

/**
 * What the policy wants, by the names of the document. A log is encrypted, which Session Manager then insists on: it
 * refuses sessions where the log group or the bucket is not (Systems Manager user guide, "Session document schema").
 */
export function wantedPreferences({ shells: { sessions } }: Policy): SessionPreferences {
  const { cloudWatchLogGroup, s3Bucket, kmsKey, runAsUser, idleMinutes } = sessions;
  return {
    ...(cloudWatchLogGroup !== undefined && {
      cloudWatchLogGroupName: cloudWatchLogGroup,
      cloudWatchEncryptionEnabled: true,
    }),
    ...(s3Bucket !== undefined && { s3BucketName: s3Bucket, s3EncryptionEnabled: true }),
    ...(kmsKey !== undefined && { kmsKeyId: kmsKey }),
    ...(runAsUser !== undefined && { runAsEnabled: true, runAsDefaultUser: runAsUser }),
    ...(idleMinutes !== undefined && { idleSessionTimeout: String(idleMinutes) }),
  };
}

/**
 * Decides about Session Manager's preferences of the region; a pure function.
 * @param document undefined: its content cannot be understood, and is left as it is
 * @param isKnown whether something was told of them before
 */
export function decideSessions(
  document: PreferencesDocument | undefined,
  policy: Policy,
  isKnown: boolean,
): SessionsDecision {
  const { mode } = policy.shells.sessions;
  const wanted = wantedPreferences(policy);
  const done = say('done', 'sessions-set', 'The preferences are as the policy wants them.');
  if (policy.killSwitch || mode === 'off' || Object.keys(wanted).length === 0) return { ...done, silent: true };
  if (document === undefined) {
    return say('failed', 'sessions-refused', 'SSM-SessionManagerRunShell cannot be understood, and is left as it is.');
  }
  const present: Readonly<Record<string, unknown>> = document.content.inputs;
  const differing = Object.entries(wanted).filter(([name, value]) => present[name] !== value);
  if (differing.length === 0) return isKnown ? done : { ...done, silent: true };
  const change = differing.map(([name, value]) => `${name} from ${shown(present[name])} to ${shown(value)}`).join(', ');
  if (mode === 'observe') return say('would-act', 'would-set-sessions', `Would change ${change}.`, change);
  return { ...say('acted', 'sessions-being-set', `Changed ${change}.`, change), set: wanted };
}

const shown = (value: unknown): string => (value === undefined || value === '' ? 'nothing' : String(value));
