import type { CommandInvocation, GetCommandInvocationCommandOutput, Command as SentCommand } from '@aws-sdk/client-ssm';
import type { World } from '../world.ts';
import type { Command, Invocation } from './commands.ts';

/** How much of the output GetCommandInvocation shows, in characters. */
const MAX_OUTPUT = 24_000;
const MAX_ERROR_OUTPUT = 8_000;

/** A command as SendCommand answers: nothing has run yet. */
export function describeCommand(command: Command): SentCommand {
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

/** An invocation as GetCommandInvocation shows it. */
export function describeInvocation(
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

/** An invocation as ListCommandInvocations shows it. */
export function listed(command: Command, invocation: Invocation, withDetails: boolean): CommandInvocation {
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
