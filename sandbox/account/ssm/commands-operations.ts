import {
  GetCommandInvocation$,
  type GetCommandInvocationCommandInput,
  type GetCommandInvocationCommandOutput,
  ListCommandInvocations$,
  type ListCommandInvocationsCommandInput,
  type ListCommandInvocationsCommandOutput,
  SendCommand$,
  type SendCommandCommandInput,
  type SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instances } from '../ec2/instances.ts';
import { byText, pageOf } from '../pagination.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';
import type { Commands } from './commands.ts';
import { describeCommand, describeInvocation, listed } from './commands-descriptions.ts';
import { checkedSend, invalid, sendPermissions } from './send-command.ts';

const PAGE_SIZES = { least: 1, most: 50 };

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
      (input) => ({ Command: describeCommand(commands.send(checkedSend(commands, input))) }),
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

function checkedCommandId(id: string): string {
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  throw new AwsError('InvalidCommandId', `The command ID ${id} is not valid.`);
}
