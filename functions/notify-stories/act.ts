import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { SOURCE } from '../../events/envelope.ts';
import { detailType } from '../../events/remediation-incident.ts';
import type { Bundle } from './bundle.ts';
import { incidentEvent, messageOf } from './message.ts';

export interface TellDeps {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly events: EventBridgeClient;
  readonly busName: string;
  /** The stack's name, shown as the sender. */
  readonly stack: string;
}

/**
 * Sends one bundle: a message to the topic, and an event to the bus.
 * @throws Error when EventBridge did not accept the event
 */
export async function tell({ sns, topicArn, events, busName, stack }: TellDeps, bundle: Bundle): Promise<void> {
  const { subject, chat, mail } = messageOf(bundle, stack);
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subject,
      // Mail and chat subscribers each get the format that they can display.
      MessageStructure: 'json',
      Message: JSON.stringify({ default: chat, email: mail }),
    }),
  );
  const { FailedEntryCount, Entries: [entry] = [] } = await events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: busName,
          Source: SOURCE,
          DetailType: detailType,
          Detail: JSON.stringify(incidentEvent(bundle)),
        },
      ],
    }),
  );
  // The message is sent by now: an answer that tells of no failure must not have it sent again.
  if ((FailedEntryCount ?? 0) > 0)
    throw new Error(`EventBridge did not take the event of an incident: ${entry?.ErrorCode}`);
}
