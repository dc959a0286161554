import {
  CreateDocument$,
  type CreateDocumentCommandInput,
  type CreateDocumentCommandOutput,
  GetDocument$,
  type GetDocumentCommandInput,
  type GetDocumentCommandOutput,
  UpdateDocument$,
  type UpdateDocumentCommandInput,
  type UpdateDocumentCommandOutput,
  UpdateDocumentDefaultVersion$,
  type UpdateDocumentDefaultVersionCommandInput,
  type UpdateDocumentDefaultVersionCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';

interface Version {
  readonly content: string;
  readonly createdAt: number;
}

/** A document with its versions, the first of which is version 1. */
interface SessionDocument {
  readonly versions: readonly Version[];
  /** The version that GetDocument returns where the request names none. */
  readonly defaultVersion: number;
}

/**
 * Documents of type Session. One of them, SSM-SessionManagerRunShell, has Session Manager's preferences. A region in
 * which nobody has set any has none (Systems Manager user guide, "Create a Session Manager preferences document"). An
 * update adds a version and leaves the default version as it is (SSM API reference, UpdateDocument and
 * UpdateDocumentDefaultVersion).
 */
export function sessionDocumentOperations(world: World): Record<string, Operation> {
  const documents = new Map<string, SessionDocument>();
  const permission = (action: string, name: string): Permission => ({
    action: `ssm:${action}`,
    resource: `arn:aws:ssm:${world.region}:${world.accountId}:document/${name}`,
  });
  const find = (name: string): SessionDocument => {
    const found = documents.get(name);
    if (found === undefined) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    return found;
  };
  const numberOf = ({ versions, defaultVersion }: SessionDocument, asked = '$DEFAULT'): number => {
    const number = asked === '$DEFAULT' ? defaultVersion : asked === '$LATEST' ? versions.length : Number(asked);
    if (versions[number - 1] === undefined)
      throw new AwsError('InvalidDocumentVersion', 'The document version is not valid or does not exist.');
    return number;
  };
  const common = { DocumentType: 'Session', DocumentFormat: 'JSON' } as const;
  const described = (Name: string, { versions, defaultVersion }: SessionDocument, Status: 'Creating' | 'Updating') => ({
    ...common,
    Name,
    Status,
    SchemaVersion: '1.0',
    CreatedDate: new Date(world.time.now),
    DocumentVersion: String(versions.length),
    LatestVersion: String(versions.length),
    DefaultVersion: String(defaultVersion),
  });
  return {
    CreateDocument: operation<CreateDocumentCommandInput, CreateDocumentCommandOutput>(
      CreateDocument$,
      ['Name', 'Content', 'DocumentType', 'DocumentFormat'],
      ({ Name = '', Content = '', DocumentType }) => {
        if (DocumentType !== 'Session') throw new NotImplemented(`CreateDocument with DocumentType ${DocumentType}`);
        if (documents.has(Name)) throw new AwsError('DocumentAlreadyExists', 'The specified document already exists.');
        refuseContent(Content);
        const created = { versions: [{ content: Content, createdAt: world.time.now }], defaultVersion: 1 };
        documents.set(Name, created);
        return { DocumentDescription: described(Name, created, 'Creating') };
      },
      ({ Name = '' }) => [permission('CreateDocument', Name)],
    ),
    UpdateDocument: operation<UpdateDocumentCommandInput, UpdateDocumentCommandOutput>(
      UpdateDocument$,
      ['Name', 'Content', 'DocumentVersion', 'DocumentFormat'],
      ({ Name = '', Content = '', DocumentVersion }) => {
        const known = find(Name);
        if (numberOf(known, DocumentVersion) !== known.versions.length)
          throw new AwsError('InvalidDocumentVersion', 'Only the latest version of a document can be updated.');
        refuseContent(Content);
        if (known.versions.some(({ content }) => content === Content))
          throw new AwsError('DuplicateDocumentContent', 'The content of the document matches another version.');
        const updated = { ...known, versions: [...known.versions, { content: Content, createdAt: world.time.now }] };
        documents.set(Name, updated);
        return { DocumentDescription: described(Name, updated, 'Updating') };
      },
      ({ Name = '' }) => [permission('UpdateDocument', Name)],
    ),
    UpdateDocumentDefaultVersion: operation<
      UpdateDocumentDefaultVersionCommandInput,
      UpdateDocumentDefaultVersionCommandOutput
    >(
      UpdateDocumentDefaultVersion$,
      ['Name', 'DocumentVersion'],
      ({ Name = '', DocumentVersion = '' }) => {
        const known = find(Name);
        // The API takes numbers only (SSM API reference, UpdateDocumentDefaultVersion, DocumentVersion).
        if (!/^[1-9]\d*$/.test(DocumentVersion))
          throw new AwsError(
            'ValidationException',
            `Value '${DocumentVersion}' at 'documentVersion' failed to satisfy constraint`,
          );
        const defaultVersion = numberOf(known, DocumentVersion);
        documents.set(Name, { ...known, defaultVersion });
        return { Description: { Name, DefaultVersion: String(defaultVersion) } };
      },
      ({ Name = '' }) => [permission('UpdateDocumentDefaultVersion', Name)],
    ),
    GetDocument: operation<GetDocumentCommandInput, GetDocumentCommandOutput>(
      GetDocument$,
      ['Name', 'DocumentVersion'],
      ({ Name = '', DocumentVersion }) => {
        const known = find(Name);
        const number = numberOf(known, DocumentVersion);
        const { content = '', createdAt = 0 } = known.versions[number - 1] ?? {};
        const version = { DocumentVersion: String(number), CreatedDate: new Date(createdAt) };
        return { ...common, ...version, Name, Status: 'Active' as const, Content: content };
      },
      ({ Name = '' }) => [permission('GetDocument', Name)],
    ),
  };
}

/** @throws AwsError where the content is not a session document */
function refuseContent(text: string): void {
  const content = jsonIn(text);
  if (content?.schemaVersion !== '1.0' || typeof content.sessionType !== 'string')
    throw new AwsError('InvalidDocumentContent', 'The content for the document is not valid.');
}

function jsonIn(content: string): { schemaVersion?: unknown; sessionType?: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(content);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
