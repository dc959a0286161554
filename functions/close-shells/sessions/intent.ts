import * as z from 'zod';
import { PREFERENCES_DOCUMENT, sessionPreferences } from '../../shared/posture/session-preferences.ts';

/** A change of Session Manager's preferences that is about to be made: saved first, so that no change goes unrecorded. */
export const sessionsIntent = z.object({
  /** The version of the document that counted before; absent: there was no document. */
  version: z.string().optional(),
  /** The members to set. */
  set: sessionPreferences,
  /** The change in words: each member, from what to what. */
  change: z.string(),
});
export type SessionsIntent = z.infer<typeof sessionsIntent>;

/** The command that gives back what was there before. In mode `enforce` the next check would set it again. */
export const undoOf = ({ version }: SessionsIntent): string =>
  version === undefined
    ? `aws ssm delete-document --name ${PREFERENCES_DOCUMENT}`
    : `aws ssm update-document-default-version --name ${PREFERENCES_DOCUMENT} --document-version ${version}`;
