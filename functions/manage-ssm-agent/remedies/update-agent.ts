import { InvalidInstanceId, SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';
import { chunks } from '../../shared/runtime/chunks.ts';
import type { Observation } from '../observation.ts';
import { type Beginning, type Beginnings, describeError } from './remedy.ts';

/** SendCommand takes at most 50 instances. */
const INSTANCES_PER_CALL = 50;

/** How long Systems Manager tries to deliver the command, seconds. */
const DELIVER_WITHIN = 600;

/** Sends AWS-UpdateSSMAgent to these workers. An agent that has gone silent meanwhile affects only its own worker. */
export async function updateAgents(ssm: SSMClient, workers: readonly Observation[]): Promise<Beginnings> {
  const beginnings = new Map<string, Beginning>();
  const ids = workers.map(({ instanceId }) => instanceId);
  for (const batch of chunks(ids, INSTANCES_PER_CALL)) await send(ssm, batch, beginnings);
  return beginnings;
}

const DENIED =
  'Where access is denied, look for a service control policy that denies ssm:SendCommand. Or set ssmAgent.remedies.updateAgent to off.';

async function send(ssm: SSMClient, InstanceIds: string[], beginnings: Map<string, Beginning>): Promise<void> {
  try {
    const { Command, $metadata } = await ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-UpdateSSMAgent',
        InstanceIds,
        TimeoutSeconds: DELIVER_WITHIN,
        MaxConcurrency: '20%',
        // By default, one failure ends the command for all instances that are still waiting.
        MaxErrors: '100%',
        Comment: 'EKS Host Remediator: the SSM agent is not the latest version',
      }),
    );
    const call = { service: 'ssm', operation: 'SendCommand', requestId: $metadata.requestId ?? '' };
    const commandId = Command?.CommandId;
    for (const id of InstanceIds) {
      beginnings.set(id, { kind: 'begun', calls: [call], ...(commandId !== undefined && { commandId }) });
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (!(error instanceof InvalidInstanceId)) {
      // A service control policy may deny it, or the region lack the document.
      const message = `Systems Manager takes no command to update the agent: ${refusal}`;
      for (const id of InstanceIds) {
        beginnings.set(id, { kind: 'refused', reason: 'agent-update-failed', message, hint: DENIED });
      }
      return;
    }
    const [only, ...others] = InstanceIds;
    if (only !== undefined && others.length === 0) {
      const message = `The agent takes no commands: ${describeError(error)}`;
      beginnings.set(only, { kind: 'refused', reason: 'agent-update-failed', message });
    } else {
      // One of the instances cannot be reached, and the error does not say which, so each gets its own command.
      for (const id of InstanceIds) await send(ssm, [id], beginnings);
    }
  }
}
