import {
  CreateDocument$,
  type CreateDocumentCommandInput,
  type CreateDocumentCommandOutput,
  GetDocument$,
  type GetDocumentCommandInput,
  type GetDocumentCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';

/**
 * Documents of type Session. One of them, SSM-SessionManagerRunShell, has Session Manager's preferences. A region in
 * which nobody has set any has none (Systems Manager user guide, "Create a Session Manager preferences document").
 */
export function sessionDocumentOperations(world: World): Record<string, Operation> {
  const documents = new Map<string, { readonly content: string; readonly createdAt: number }>();
  const permission = (action: string, name: string): Permission => ({
    action: `ssm:${action}`,
    resource: `arn:aws:ssm:${world.region}:${world.accountId}:document/${name}`,
  });
  const common = { DocumentVersion: '1', DocumentType: 'Session', DocumentFormat: 'JSON', Status: 'Active' } as const;
  return {
    CreateDocument: operation<CreateDocumentCommandInput, CreateDocumentCommandOutput>(
      CreateDocument$,
      ['Name', 'Content', 'DocumentType', 'DocumentFormat'],
      ({ Name = '', Content = '', DocumentType }) => {
        if (DocumentType !== 'Session') throw new NotImplemented(`CreateDocument with DocumentType ${DocumentType}`);
        if (documents.has(Name)) throw new AwsError('DocumentAlreadyExists', 'The specified document already exists.');
        const content = jsonIn(Content);
        if (content?.schemaVersion !== '1.0' || typeof content.sessionType !== 'string') {
          throw new AwsError('InvalidDocumentContent', 'The content for the document is not valid.');
        }
        documents.set(Name, { content: Content, createdAt: world.time.now });
        return {
          DocumentDescription: { ...common, Name, SchemaVersion: '1.0', CreatedDate: new Date(world.time.now) },
        };
      },
      ({ Name = '' }) => [permission('CreateDocument', Name)],
    ),
    GetDocument: operation<GetDocumentCommandInput, GetDocumentCommandOutput>(
      GetDocument$,
      ['Name'],
      ({ Name = '' }) => {
        const found = documents.get(Name);
        if (found === undefined) throw new AwsError('InvalidDocument', `Document with name ${Name} does not exist.`);
        return { ...common, Name, Content: found.content, CreatedDate: new Date(found.createdAt) };
      },
      ({ Name = '' }) => [permission('GetDocument', Name)],
    ),
  };
}

function jsonIn(content: string): { schemaVersion?: unknown; sessionType?: unknown } | undefined {
  try {
    const json: unknown = JSON.parse(content);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
