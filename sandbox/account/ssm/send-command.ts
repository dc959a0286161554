import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instances } from '../ec2/instances.ts';
import type { Permission } from '../service.ts';
import type { World } from '../world.ts';
import type { Commands } from './commands.ts';
import { refuseParameters } from './commands-documents.ts';

/** Limits of the API model. */
const MAX_INSTANCES = 50;
const TIMEOUT_SECONDS = { least: 30, most: 2_592_000, usual: 3600 };
const MAX_CONCURRENCY = /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/;
const MAX_ERRORS = /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/;
const DOCUMENT_VERSION = /^([$]LATEST|[$]DEFAULT|[1-9][0-9]*)$/;
const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;

/** IAM evaluates the document and each instance. AWS documents belong to no account, others to this one. */
export function sendPermissions(
  { partition, region, accountId }: World,
  { commands, instances }: { readonly commands: Commands; readonly instances: Instances },
  documentName: string,
  instanceIds: readonly string[],
): Permission[] {
  const document = documentName.startsWith('arn:')
    ? documentName
    : `arn:${partition}:ssm:${region}:${commands.documents.isOwn(documentName) ? accountId : ''}:document/${documentName}`;
  return [
    { action: 'ssm:SendCommand', resource: document },
    ...instanceIds.map((id) => ({
      action: 'ssm:SendCommand',
      resource: `arn:${partition}:ec2:${region}:${accountId}:instance/${id}`,
      context: Object.fromEntries(
        [...(instances.get(id)?.tags ?? [])].flatMap(([key, value]) => [
          [`aws:ResourceTag/${key}`, value],
          [`ssm:resourceTag/${key}`, value],
        ]),
      ),
    })),
  ];
}

/**
 * What a call of SendCommand asks for, where it may.
 *
 * @throws AwsError as Systems Manager refuses it
 */
export function checkedSend({ documents }: Commands, input: SendCommandCommandInput) {
  const { DocumentName = '', DocumentVersion = '$DEFAULT', InstanceIds = [], Parameters = {}, Comment = '' } = input;
  const { TimeoutSeconds = TIMEOUT_SECONDS.usual, MaxConcurrency = '50', MaxErrors = '0' } = input;
  if (InstanceIds.length === 0)
    throw invalid('[]', 'instanceIds', 'Member must have length greater than or equal to 1');
  if (InstanceIds.length > MAX_INSTANCES) {
    const list = `[${InstanceIds.join(', ')}]`;
    throw invalid(list, 'instanceIds', `Member must have length less than or equal to ${MAX_INSTANCES}`);
  }
  const malformed = InstanceIds.find((id) => !INSTANCE_ID.test(id));
  if (malformed !== undefined) {
    throw invalid(malformed, 'instanceIds', `Member must satisfy regular expression pattern: ${INSTANCE_ID.source}`);
  }
  if (new Set(InstanceIds).size < InstanceIds.length) {
    throw new AwsError('DuplicateInstanceId', "You can't specify an instance ID in more than one association.");
  }
  if (TimeoutSeconds < TIMEOUT_SECONDS.least || TimeoutSeconds > TIMEOUT_SECONDS.most) {
    const bound = `Member must have value between ${TIMEOUT_SECONDS.least} and ${TIMEOUT_SECONDS.most}`;
    throw invalid(String(TimeoutSeconds), 'timeoutSeconds', bound);
  }
  if (Comment.length > 100) {
    throw invalid(Comment, 'comment', 'Member must have length less than or equal to 100');
  }
  if (!MAX_CONCURRENCY.test(MaxConcurrency)) {
    const constraint = `Member must satisfy regular expression pattern: ${MAX_CONCURRENCY.source}`;
    throw invalid(MaxConcurrency, 'maxConcurrency', constraint);
  }
  if (!MAX_ERRORS.test(MaxErrors)) {
    throw invalid(MaxErrors, 'maxErrors', `Member must satisfy regular expression pattern: ${MAX_ERRORS.source}`);
  }
  if (!DOCUMENT_VERSION.test(DocumentVersion)) {
    const constraint = `Member must satisfy regular expression pattern: ${DOCUMENT_VERSION.source}`;
    throw invalid(DocumentVersion, 'documentVersion', constraint);
  }
  const document = documents.find(DocumentName, DocumentVersion);
  refuseParameters(document, Parameters);
  return {
    document,
    documentVersion: DocumentVersion,
    instanceIds: InstanceIds,
    parameters: Parameters,
    comment: Comment,
    timeoutSeconds: TimeoutSeconds,
    maxConcurrency: MaxConcurrency,
    maxErrors: MaxErrors,
  };
}

/** The refusal of a value that breaks a constraint of the API model. */
export const invalid = (value: string, at: string, constraint: string): AwsError =>
  new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`,
  );
