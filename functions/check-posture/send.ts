import { InvalidInstanceId, SendCommandCommand, type SSMClient, UnsupportedPlatformType } from '@aws-sdk/client-ssm';
import { chunks } from '../shared/runtime/chunks.ts';

/** SendCommand takes at most 50 instances. */
const INSTANCES_PER_CALL = 50;

/** How long Systems Manager may try to deliver the command, seconds. */
const DELIVER_WITHIN = 300;

/**
 * Has these workers gathered. An agent that fell silent meanwhile refuses for itself only.
 * @returns the command of each worker; one that no agent took is missing
 */
export async function sendGather(
  ssm: SSMClient,
  document: string,
  instanceIds: readonly string[],
): Promise<Map<string, string>> {
  const commands = new Map<string, string>();
  for (const batch of chunks(instanceIds, INSTANCES_PER_CALL)) await send(ssm, document, batch, commands);
  return commands;
}

async function send(
  ssm: SSMClient,
  DocumentName: string,
  InstanceIds: string[],
  commands: Map<string, string>,
): Promise<void> {
  try {
    const { Command } = await ssm.send(
      new SendCommandCommand({
        DocumentName,
        InstanceIds,
        TimeoutSeconds: DELIVER_WITHIN,
        // By default one failure ends the command for all that have not had their turn.
        MaxErrors: '100%',
        Comment: 'EKS Host Remediator: posture of the host, read-only',
      }),
    );
    for (const id of InstanceIds) if (Command?.CommandId !== undefined) commands.set(id, Command.CommandId);
  } catch (error) {
    if (!(error instanceof InvalidInstanceId || error instanceof UnsupportedPlatformType)) throw error;
    // One of them does not take it, and the error does not say which.
    if (InstanceIds.length > 1) for (const half of halves(InstanceIds)) await send(ssm, DocumentName, half, commands);
  }
}

const halves = <Item>(items: readonly Item[]): Item[][] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};
