import {
  type CommandInvocation,
  GetCommandInvocation$,
  type GetCommandInvocationCommandInput,
  type GetCommandInvocationCommandOutput,
  ListCommandInvocations$,
  type ListCommandInvocationsCommandInput,
  type ListCommandInvocationsCommandOutput,
  SendCommand$,
  type SendCommandCommandInput,
  type SendCommandCommandOutput,
  type Command as SentCommand,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instances } from '../ec2/instances.ts';
import { byText, pageOf } from '../pagination.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';
import type { Command, Commands, Invocation } from './commands.ts';
import { refuseParameters } from './commands-documents.ts';

/** Limits of the API model. */
const MAX_INSTANCES = 50;
const TIMEOUT_SECONDS = { least: 30, most: 2_592_000, usual: 3600 };
const PAGE_SIZES = { least: 1, most: 50 };
const MAX_OUTPUT = 24_000;
const MAX_ERROR_OUTPUT = 8_000;
const MAX_CONCURRENCY = /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/;
const MAX_ERRORS = /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/;
const DOCUMENT_VERSION = /^([$]LATEST|[$]DEFAULT|[1-9][0-9]*)$/;
const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;

/** Sends commands, and returns their results. */
export function commandOperations(world: World, commands: Commands, instances: Instances): Record<string, Operation> {
  return {
    SendCommand: operation<SendCommandCommandInput, SendCommandCommandOutput>(
      SendCommand$,
      [
        'DocumentName',
        'DocumentVersion',
        'InstanceIds',
        'Parameters',
        'TimeoutSeconds',
        'Comment',
        'MaxConcurrency',
        'MaxErrors',
      ],
      (input) => ({ Command: describeCommand(commands.send(checked(commands, input))) }),
      ({ DocumentName = '', InstanceIds = [] }) =>
        sendPermissions(world, { commands, instances }, DocumentName, InstanceIds),
    ),
    GetCommandInvocation: operation<GetCommandInvocationCommandInput, GetCommandInvocationCommandOutput>(
      GetCommandInvocation$,
      ['CommandId', 'InstanceId', 'PluginName'],
      ({ CommandId = '', InstanceId = '', PluginName }) => {
        const command = commands.get(checkedCommandId(CommandId));
        const invocation = command?.invocations.find(
          ({ instance, visibleAt }) => instance.id === InstanceId && visibleAt <= world.time.now,
        );
        if (command === undefined || invocation === undefined) throw new AwsError('InvocationDoesNotExist', '');
        if (PluginName !== undefined && PluginName !== command.document.pluginName) {
          throw new AwsError('InvalidPluginName', '');
        }
        return describeInvocation(world, command, invocation);
      },
    ),
    ListCommandInvocations: operation<ListCommandInvocationsCommandInput, ListCommandInvocationsCommandOutput>(
      ListCommandInvocations$,
      ['CommandId', 'InstanceId', 'Details', 'MaxResults', 'NextToken'],
      ({ CommandId, InstanceId, Details = false, MaxResults = PAGE_SIZES.most, NextToken }) => {
        if (MaxResults < PAGE_SIZES.least || MaxResults > PAGE_SIZES.most) {
          throw invalid(String(MaxResults), 'maxResults', 'Member must have value between 1 and 50');
        }
        if (CommandId !== undefined) checkedCommandId(CommandId);
        const found = commands
          .list()
          .filter(({ id }) => CommandId === undefined || id === CommandId)
          .flatMap((command) => command.invocations.map((invocation) => ({ command, invocation })))
          .filter(({ invocation }) => invocation.visibleAt <= world.time.now)
          .filter(({ invocation }) => InstanceId === undefined || invocation.instance.id === InstanceId);
        const id = ({ command, invocation }: (typeof found)[number]) => `${command.id} ${invocation.instance.id}`;
        const { items, nextToken } = pageOf(found.sort(byText(id)), id, MaxResults, NextToken, () => {
          return new AwsError('InvalidNextToken', 'The specified token is not valid.');
        });
        return {
          CommandInvocations: items.map(({ command, invocation }) => listed(command, invocation, Details)),
          NextToken: nextToken,
        };
      },
    ),
  };
}

/** IAM evaluates the document and each instance. AWS documents belong to no account, others to this one. */
function sendPermissions(
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

function checked({ documents }: Commands, input: SendCommandCommandInput) {
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

function checkedCommandId(id: string): string {
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  throw new AwsError('InvalidCommandId', `The command ID ${id} is not valid.`);
}

const invalid = (value: string, at: string, constraint: string): AwsError =>
  new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`,
  );

function describeCommand(command: Command): SentCommand {
  return {
    CommandId: command.id,
    DocumentName: command.document.name,
    DocumentVersion: command.documentVersion,
    Comment: command.comment,
    ExpiresAfter: new Date(command.requestedAt + command.timeoutSeconds * 1000),
    Parameters: { ...command.parameters },
    InstanceIds: [...command.instanceIds],
    Targets: [],
    RequestedDateTime: new Date(command.requestedAt),
    Status: 'Pending',
    StatusDetails: 'Pending',
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TargetCount: command.instanceIds.length,
    CompletedCount: 0,
    ErrorCount: 0,
    DeliveryTimedOutCount: 0,
    TimeoutSeconds: command.timeoutSeconds,
  };
}

function describeInvocation(
  world: World,
  command: Command,
  invocation: Invocation,
): Omit<GetCommandInvocationCommandOutput, '$metadata'> {
  const { instance, status, statusDetails, startedAt, endedAt, result } = invocation;
  const elapsed = startedAt === undefined ? undefined : (endedAt ?? world.time.now) - startedAt;
  return {
    CommandId: command.id,
    InstanceId: instance.id,
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: command.documentVersion,
    PluginName: command.document.pluginName,
    ResponseCode: result?.exitCode ?? -1,
    ExecutionStartDateTime: isoTime(startedAt),
    ExecutionElapsedTime: elapsed === undefined ? '' : `PT${elapsed / 1000}S`,
    ExecutionEndDateTime: isoTime(endedAt),
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputContent: (result?.output ?? '').slice(0, MAX_OUTPUT),
    StandardOutputUrl: '',
    StandardErrorContent: (result?.errorOutput ?? '').slice(0, MAX_ERROR_OUTPUT),
    StandardErrorUrl: '',
  };
}

const isoTime = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

function listed(command: Command, invocation: Invocation, withDetails: boolean): CommandInvocation {
  const { instance, status, statusDetails, startedAt, endedAt, result } = invocation;
  const plugin = {
    Name: command.document.pluginName,
    Status: status === 'Delayed' || status === 'Cancelling' ? ('InProgress' as const) : status,
    StatusDetails: statusDetails,
    ResponseCode: result?.exitCode ?? -1,
    ResponseStartDateTime: startedAt === undefined ? undefined : new Date(startedAt),
    ResponseFinishDateTime: endedAt === undefined ? undefined : new Date(endedAt),
    // ListCommandInvocations truncates more than GetCommandInvocation does.
    Output: (result === undefined ? '' : result.output + result.errorOutput).slice(0, 2_500),
  };
  return {
    CommandId: command.id,
    InstanceId: instance.id,
    InstanceName: instance.privateDnsName,
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: command.documentVersion,
    RequestedDateTime: new Date(command.requestedAt),
    Status: status,
    StatusDetails: statusDetails,
    CommandPlugins: withDetails ? [plugin] : [],
  };
}
