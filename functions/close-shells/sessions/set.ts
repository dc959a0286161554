import { isDeepStrictEqual } from 'node:util';
import {
  CreateDocumentCommand,
  type SSMClient,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import {
  PREFERENCES_DOCUMENT,
  type PreferencesDocument,
  readPreferences,
  type SessionPreferences,
} from '../../shared/posture/session-preferences.ts';
import type { AwsCall } from '../../shared/records/record.ts';

/**
 * Sets members of the preferences and keeps all others except the description. Systems Manager keeps the earlier
 * content as a version of the document, so making that version the default again undoes the change.
 *
 * @param calls gets each call that succeeded, even if a later one is refused
 * @throws errors of AWS; after a crash or a refusal, a repetition reuses a version that exists already
 */
export async function setPreferences(
  ssm: SSMClient,
  document: PreferencesDocument,
  set: SessionPreferences,
  now: number,
  calls: AwsCall[],
): Promise<void> {
  const content = changed(document, set);
  // Two versions must not have the same content (SSM API reference, DuplicateDocumentContent).
  const description = `Session Manager's preferences, set by EKS Host Remediator at ${new Date(now).toISOString()}`;
  const Content = JSON.stringify({ ...content, description });
  const given = { Name: PREFERENCES_DOCUMENT, Content, DocumentFormat: 'JSON' } as const;
  const note = (operation: string, requestId: string | undefined): void => {
    calls.push({ service: 'ssm', operation, requestId: requestId ?? '' });
  };
  if (document.version === undefined) {
    const created = await ssm.send(new CreateDocumentCommand({ ...given, DocumentType: 'Session' }));
    note('CreateDocument', created.$metadata.requestId);
    return;
  }
  const latest = await readPreferences(ssm, '$LATEST');
  let DocumentVersion = latest !== undefined && isAs(latest, content) ? latest.version : undefined;
  if (DocumentVersion === undefined) {
    const updated = await ssm.send(new UpdateDocumentCommand({ ...given, DocumentVersion: '$LATEST' }));
    note('UpdateDocument', updated.$metadata.requestId);
    DocumentVersion = updated.DocumentDescription?.DocumentVersion ?? '';
  }
  const made = await ssm.send(new UpdateDocumentDefaultVersionCommand({ Name: PREFERENCES_DOCUMENT, DocumentVersion }));
  note('UpdateDocumentDefaultVersion', made.$metadata.requestId);
}

type Content = PreferencesDocument['content'];

/** The wanted content of the document, without the description. */
const changed = ({ content }: PreferencesDocument, set: SessionPreferences): Content => ({
  schemaVersion: '1.0',
  sessionType: 'Standard_Stream',
  ...content,
  inputs: { ...content.inputs, ...set },
});

/** Whether a version has this content already, whatever its description is. */
const isAs = ({ content }: PreferencesDocument, wanted: Content): boolean =>
  isDeepStrictEqual({ ...content, description: undefined }, { ...wanted, description: undefined });
