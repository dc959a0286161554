import type { Mode } from '../../shared/policy/mode.ts';
import type { PreferencesDocument, SessionPreferences } from '../../shared/posture/session-preferences.ts';
import type { Told } from '../../shared/records/decision.ts';
import { codeIn } from '../../shared/runtime/aws-error.ts';
import { say } from '../decide.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import type { SessionsIntent } from './intent.ts';

/** The decision about the preferences. */
export interface SessionsDecision extends Told<Reason> {
  /** The change to make. */
  readonly begins?: SessionsIntent;
  /** The change that an earlier reconcile made before it died without a record. */
  readonly made?: SessionsIntent;
  readonly silent?: true;
}

/**
 * The preferences that the policy wants, by the names of the document. Encryption is set for each log, so that Session
 * Manager refuses sessions where the log group or the bucket is not encrypted (Systems Manager user guide, "Session
 * document schema").
 *
 * @returns undefined where the mode, the kill switch or a scope without this account wants nothing
 */
export function wantedPreferences(
  { killSwitch, scope, shells: { sessions } }: Policy,
  account: string,
): SessionPreferences | undefined {
  const { mode, cloudWatchLogGroup, s3Bucket, kmsKey, runAsUser, idleMinutes } = sessions;
  const isInScope = scope.accounts?.includes(account) ?? true;
  if (!isInScope || killSwitch || mode === 'off') return undefined;
  const wanted = {
    ...(cloudWatchLogGroup !== undefined && {
      cloudWatchLogGroupName: cloudWatchLogGroup,
      cloudWatchEncryptionEnabled: true,
    }),
    ...(s3Bucket !== undefined && { s3BucketName: s3Bucket, s3EncryptionEnabled: true }),
    ...(kmsKey !== undefined && { kmsKeyId: kmsKey }),
    ...(runAsUser !== undefined && { runAsEnabled: true, runAsDefaultUser: runAsUser }),
    ...(idleMinutes !== undefined && { idleSessionTimeout: String(idleMinutes) }),
  };
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}

/** What a decision about the preferences depends on besides the document and the policy. */
export interface SessionsCircumstances {
  readonly mode: Mode;
  /** Whether an earlier outcome was recorded. */
  readonly isKnown: boolean;
  /** A change that was begun and not recorded. */
  readonly intent?: SessionsIntent | undefined;
}

/**
 * Decides about Session Manager's preferences of the region; a pure function.
 * @param document undefined where its content cannot be understood; it is left as it is
 */
export function decideSessions(
  document: PreferencesDocument | undefined,
  wanted: SessionPreferences,
  { mode, isKnown, intent }: SessionsCircumstances,
): SessionsDecision {
  if (document === undefined) {
    return say(
      'failed',
      'sessions-refused',
      'The document SSM-SessionManagerRunShell has an unknown form. It is left as it is.',
    );
  }
  // The document has another version with all wanted members, so the change was made, whatever the policy wants now.
  if (intent !== undefined && document.version !== intent.version && differing(document, intent.set).length === 0) {
    return { ...say('acted', 'sessions-being-set', `Changed ${intent.change}.`, intent.change), made: intent };
  }
  const differ = differing(document, wanted);
  const done = say('done', 'sessions-set', 'The preferences are as the policy wants them.');
  if (differ.length === 0) return isKnown ? done : { ...done, silent: true };
  const present: Readonly<Record<string, unknown>> = document.content.inputs;
  const change = differ.map(([name, value]) => `${name} from ${shown(present[name])} to ${shown(value)}`).join(', ');
  if (mode === 'observe')
    return say('would-act', 'would-set-sessions', `The preferences would be changed: ${change}.`, change);
  const { version } = document;
  const begins = { ...(version !== undefined && { version }), set: wanted, change };
  return { ...say('acted', 'sessions-being-set', `Changed ${change}.`, change), begins };
}

/**
 * The decision about a refusal of AWS.
 * @param refusal `Code: message`
 */
export function refused(refusal: string): SessionsDecision {
  const [code = ''] = refusal.split(':');
  // The role has no right to change the preferences where its setting is off, which is the default.
  const how = code === 'AccessDeniedException' ? ' To allow it, deploy with -c sessionRights=on.' : '';
  return say('failed', 'sessions-refused', `${refusal}${how}`, code);
}

/**
 * The decision where AWS lets nobody read the preferences.
 * @param refusal `Code: message`
 */
export const unreadable = (refusal: string): SessionsDecision =>
  say('failed', 'sessions-refused', `The preferences cannot be read: ${refusal}`, `read ${codeIn(refusal)}`);

/** The members that differ from what is wanted. */
const differing = ({ content }: PreferencesDocument, set: SessionPreferences): Array<[string, unknown]> => {
  const present: Readonly<Record<string, unknown>> = content.inputs;
  return Object.entries(set).filter(([name, value]) => present[name] !== value);
};

const shown = (value: unknown): string => (value === undefined || value === '' ? 'nothing' : String(value));
