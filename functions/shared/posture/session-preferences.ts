import { GetDocumentCommand, InvalidDocument, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';

/**
 * The document in which Session Manager keeps the preferences of a region (Systems Manager user guide, "Update Session
 * Manager preferences").
 */
export const PREFERENCES_DOCUMENT = 'SSM-SessionManagerRunShell';

/** The preferences, by their names in the document. */
export const sessionPreferences = z
  .looseObject({
    s3BucketName: z.string(),
    s3EncryptionEnabled: z.boolean(),
    cloudWatchLogGroupName: z.string(),
    cloudWatchEncryptionEnabled: z.boolean(),
    kmsKeyId: z.string(),
    runAsEnabled: z.boolean(),
    runAsDefaultUser: z.string(),
    /** Minutes. */
    idleSessionTimeout: z.string(),
  })
  .partial();

const content = z.looseObject({ inputs: sessionPreferences });

/** The preferences, by their names in the document (Systems Manager user guide, "Session document schema"). */
export type SessionPreferences = z.infer<typeof sessionPreferences>;

/** The document as it stands. */
export interface PreferencesDocument {
  /** The version in effect; absent where there is no document, and nothing is set. */
  readonly version?: string;
  /** The whole content; empty where there is no document. */
  readonly content: { readonly [member: string]: unknown; readonly inputs: SessionPreferences };
}

/**
 * @param which the version in effect, or the latest one (SSM API reference, GetDocument, DocumentVersion)
 * @returns undefined where the content cannot be understood
 */
export async function readPreferences(
  ssm: SSMClient,
  which: '$DEFAULT' | '$LATEST' = '$DEFAULT',
): Promise<PreferencesDocument | undefined> {
  try {
    const { Content = '', DocumentVersion = '' } = await ssm.send(
      new GetDocumentCommand({ Name: PREFERENCES_DOCUMENT, DocumentVersion: which }),
    );
    return { version: DocumentVersion, content: content.parse(JSON.parse(Content)) };
  } catch (error) {
    if (error instanceof InvalidDocument) return { content: { inputs: {} } };
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
