import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SOURCE } from '../../events/envelope.ts';
import type { Requestable } from '../../events/remediation-request.ts';
import { html, jsonContent } from '../shared/widget/html.ts';
import { readRequestedChange } from './requested-change.ts';

export interface RequestDeps {
  readonly events: EventBridgeClient;
  readonly busName: string;
  /** The actions that operators can request, by function. */
  readonly requestable: readonly Requestable[];
}

/** Markdown that CloudWatch shows when a user asks for the documentation of this function. */
export const DESCRIPTION = {
  markdown:
    'Takes the actions of the widget `review-actions` and puts each as a request on the event bus of EKS Host Remediator. It shows nothing by itself.',
};

/**
 * Publishes what an operator requested on the stack's bus, and does nothing else. The function that receives the event
 * reads the state and decides.
 *
 * @returns markup for the pop-up: a confirmation, or what is wrong with the request
 * @throws Error when EventBridge did not accept the event
 */
export async function request(
  { events, busName, requestable }: RequestDeps,
  given: unknown,
): Promise<string | typeof DESCRIPTION> {
  if (typeof given === 'object' && given !== null && 'describe' in given) return DESCRIPTION;
  const requested = readRequestedChange(given, requestable);
  if ('problems' in requested) {
    return String(
      html`<h2>Nothing was asked for</h2><ul>${requested.problems.map((problem) => html`<li>${problem}</li>`)}</ul>`,
    );
  }
  const { detailType, detail, action, name, subject, view } = requested;
  const { FailedEntryCount, Entries: [entry] = [] } = await events.send(
    new PutEventsCommand({
      Entries: [{ EventBusName: busName, Source: SOURCE, DetailType: detailType, Detail: JSON.stringify(detail) }],
    }),
  );
  // EventBridge answers with status 200 even when it rejects an entry.
  if (FailedEntryCount !== 0 || entry?.EventId === undefined) {
    throw new Error(`EventBridge did not take the request: ${entry?.ErrorCode}`);
  }
  const carried = { subject, awaits: entry.EventId };
  return String(
    html`<h2>Asked for: ${action} ${name}</h2><p>What comes of it is recorded within seconds. The request is event ${entry.EventId}.</p>${
      view === undefined
        ? undefined
        : html`<p><button type="button" class="btn btn-primary">Show what came of it</button><cwdb-action action="call" display="widget" endpoint="${view}">${jsonContent(carried)}</cwdb-action></p>`
    }`,
  );
}
