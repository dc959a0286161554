import { InvalidInstanceId, SendCommandCommand, type SSMClient, UnsupportedPlatformType } from '@aws-sdk/client-ssm';
import { chunks } from '../runtime/chunks.ts';

/** SendCommand takes at most 50 instances. */
const INSTANCES_PER_CALL = 50;

/** The delivery timeout of the command in Systems Manager, seconds. */
const DELIVER_WITHIN = 300;

/**
 * The version of a document that is run. Another script makes another document of the stack, so that its first version
 * is always the one that was deployed. A version never changes: whoever may update documents makes further ones, and may
 * choose the default (SSM API reference, UpdateDocument; CloudFormation template reference, AWS::SSM::Document,
 * UpdateMethod: by default a document is replaced).
 */
const DEPLOYED_VERSION = '1';

/** A document of the stack that runs on hosts and takes no parameters. */
export interface HostCommand {
  /** Its name. */
  readonly document: string;
  /** Shown in Systems Manager, at most 100 characters. */
  readonly comment: string;
}

/** A command that Systems Manager has accepted. */
export interface Sent {
  readonly commandId: string;
  readonly requestId: string;
}

/**
 * Runs a document on these workers. An agent that has gone offline meanwhile is left out without affecting the others.
 * @returns the command of each worker; workers whose agent did not accept it are missing
 */
export async function runCommand(
  ssm: SSMClient,
  command: HostCommand,
  instanceIds: readonly string[],
): Promise<Map<string, Sent>> {
  const commands = new Map<string, Sent>();
  for (const batch of chunks(instanceIds, INSTANCES_PER_CALL)) await send(ssm, command, batch, commands);
  return commands;
}

async function send(
  ssm: SSMClient,
  { document, comment }: HostCommand,
  InstanceIds: string[],
  commands: Map<string, Sent>,
): Promise<void> {
  try {
    const { Command, $metadata } = await ssm.send(
      new SendCommandCommand({
        DocumentName: document,
        DocumentVersion: DEPLOYED_VERSION,
        InstanceIds,
        TimeoutSeconds: DELIVER_WITHIN,
        // By default the first failure cancels the command for all instances that have not started it.
        MaxErrors: '100%',
        Comment: comment,
      }),
    );
    if (Command?.CommandId === undefined) return;
    const sent = { commandId: Command.CommandId, requestId: $metadata.requestId ?? '' };
    for (const id of InstanceIds) commands.set(id, sent);
  } catch (error) {
    if (!(error instanceof InvalidInstanceId || error instanceof UnsupportedPlatformType)) throw error;
    // One of the instances cannot be reached, and the error does not say which, so each gets its own command.
    if (InstanceIds.length > 1)
      for (const half of halves(InstanceIds)) await send(ssm, { document, comment }, half, commands);
  }
}

const halves = <Item>(items: readonly Item[]): Item[][] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};
