import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { sendApart } from './send-apart.ts';

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

/** What became of a command on one worker: neither where its agent took none. */
export interface Sending {
  readonly sent?: Sent;
  /** Why a policy keeps the function from running it there. */
  readonly refused?: string;
}

/**
 * Runs a document on these workers. One whose agent has gone offline meanwhile, or on which a policy lets nobody run it,
 * affects none of the others.
 *
 * @returns the outcome of each worker
 */
export async function runCommand(
  ssm: SSMClient,
  { document, comment }: HostCommand,
  instanceIds: readonly string[],
): Promise<Map<string, Sending>> {
  const send = async (InstanceIds: string[]): Promise<Sent | undefined> => {
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
    return Command?.CommandId === undefined
      ? undefined
      : { commandId: Command.CommandId, requestId: $metadata.requestId ?? '' };
  };
  const outcomes = await sendApart(send, instanceIds);
  return new Map(
    [...outcomes].map(([id, outcome]): [string, Sending] => {
      if ('sent' in outcome) return [id, outcome.sent === undefined ? {} : { sent: outcome.sent }];
      return [id, 'denied' in outcome ? { refused: outcome.denied } : {}];
    }),
  );
}
