import * as z from 'zod';
import { PREFERENCES_DOCUMENT, sessionPreferences } from '../../shared/posture/session-preferences.ts';

/** A change of Session Manager's preferences. It is saved before it is made, so that no change goes unrecorded. */
export const sessionsIntent = z.object({
  /** The default version of the document before; absent where there was no document. */
  version: z.string().optional(),
  /** The members to set. */
  set: sessionPreferences,
  /** The change in words: each member with its old and new value. */
  change: z.string(),
});
export type SessionsIntent = z.infer<typeof sessionsIntent>;

/** The command that restores the earlier preferences. In mode `enforce` the next check would set the policy's again. */
export const undoOf = ({ version }: SessionsIntent): string =>
  version === undefined
    ? `aws ssm delete-document --name ${PREFERENCES_DOCUMENT}`
    : `aws ssm update-document-default-version --name ${PREFERENCES_DOCUMENT} --document-version ${version}`;
