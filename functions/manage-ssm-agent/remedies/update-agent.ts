import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { sendApart } from '../../shared/fleet/send-apart.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import type { Observation } from '../observation.ts';
import type { Beginning, Beginnings } from './remedy.ts';

/** How long Systems Manager tries to deliver the command, seconds. */
const DELIVER_WITHIN = 600;

const IF_DENIED =
  'Where access is denied, look for a service control policy that denies ssm:SendCommand. Or set ssmAgent.remedies.updateAgent to off.';

const refused = (message: string, hint?: string): Beginning => ({
  kind: 'refused',
  reason: 'agent-update-failed',
  message,
  hint,
});
const notTaken = (why: string): Beginning =>
  refused(`Systems Manager takes no command to update the agent: ${why}`, IF_DENIED);

/**
 * Sends AWS-UpdateSSMAgent to these workers. One whose agent has gone silent meanwhile, or to which a policy lets nobody
 * send it, affects none of the others.
 *
 * @param onTrouble gets an error that may pass. What was sent before it has begun all the same; nothing more is sent
 */
export async function updateAgents(
  ssm: SSMClient,
  workers: readonly Observation[],
  onTrouble: (error: unknown) => void,
): Promise<Beginnings> {
  let isTroubled = false;
  const sendOrLeave = async (InstanceIds: string[]): Promise<Beginning | undefined> => {
    if (isTroubled) return undefined;
    try {
      return await send(ssm, InstanceIds);
    } catch (error) {
      if (refusalOf(error) !== undefined) throw error;
      isTroubled = true;
      onTrouble(error);
      return undefined;
    }
  };
  const ids = workers.map(({ instanceId }) => instanceId);
  try {
    const outcomes = await sendApart(sendOrLeave, ids);
    return new Map(
      [...outcomes].flatMap(([id, outcome]): Array<[string, Beginning]> => {
        if ('sent' in outcome) return outcome.sent === undefined ? [] : [[id, outcome.sent]];
        const refusal =
          'deaf' in outcome ? refused(`The agent takes no commands: ${outcome.deaf}`) : notTaken(outcome.denied);
        return [[id, refusal]];
      }),
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    // The region may lack the document. A worker to which the command was sent before has its update found by a later look.
    const all = notTaken(refusal);
    return new Map(ids.map((id) => [id, all]));
  }
}

async function send(ssm: SSMClient, InstanceIds: string[]): Promise<Beginning> {
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
  return { kind: 'begun', calls: [call], ...(commandId !== undefined && { commandId }) };
}
