import {
  CreateDocumentCommand,
  type SSMClient,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import {
  PREFERENCES_DOCUMENT,
  type PreferencesDocument,
  type SessionPreferences,
} from '../../shared/posture/session-preferences.ts';
import type { AwsCall } from '../../shared/records/record.ts';

/** What a change came to. */
export interface Change {
  readonly calls: AwsCall[];
  /** The command that gives back what was there before. */
  readonly undo: string;
}

/**
 * Sets members of the preferences and keeps all others. Systems Manager keeps the former content as a version of the
 * document, so a change is undone by making that version the default one again.
 *
 * @throws what AWS answers: repeated after a crash, one more version is made, which harms nobody
 */
export async function setPreferences(
  ssm: SSMClient,
  { version, content }: PreferencesDocument,
  set: SessionPreferences,
  now: number,
): Promise<Change> {
  const Content = JSON.stringify({
    schemaVersion: '1.0',
    sessionType: 'Standard_Stream',
    ...content,
    // Two versions must not have the same content (SSM API reference, DuplicateDocumentContent).
    description: `Session Manager's preferences, set by EKS Host Remediator at ${new Date(now).toISOString()}`,
    inputs: { ...content.inputs, ...set },
  });
  const document = { Name: PREFERENCES_DOCUMENT, Content, DocumentFormat: 'JSON' } as const;
  const calls: AwsCall[] = [];
  const note = (operation: string, requestId: string | undefined): void => {
    calls.push({ service: 'ssm', operation, requestId: requestId ?? '' });
  };
  if (version === undefined) {
    const created = await ssm.send(new CreateDocumentCommand({ ...document, DocumentType: 'Session' }));
    note('CreateDocument', created.$metadata.requestId);
    return { calls, undo: `aws ssm delete-document --name ${PREFERENCES_DOCUMENT}` };
  }
  const updated = await ssm.send(new UpdateDocumentCommand({ ...document, DocumentVersion: '$LATEST' }));
  note('UpdateDocument', updated.$metadata.requestId);
  const { DocumentVersion = '' } = updated.DocumentDescription ?? {};
  const made = await ssm.send(new UpdateDocumentDefaultVersionCommand({ Name: PREFERENCES_DOCUMENT, DocumentVersion }));
  note('UpdateDocumentDefaultVersion', made.$metadata.requestId);
  const undo = `aws ssm update-document-default-version --name ${PREFERENCES_DOCUMENT} --document-version ${version}`;
  return { calls, undo };
}
