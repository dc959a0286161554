import { type EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { SOURCE } from '../../events/envelope.ts';
import type { Requestable } from '../../events/remediation-request.ts';
import { codeOf, isOfAws } from '../shared/runtime/aws-error.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import { counted } from '../shared/text/counted.ts';
import { html, jsonContent, type Markup } from '../shared/widget/html.ts';
import { type RequestedChange, readRequestedChanges } from './requested-change.ts';

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

/** PutEvents takes at most ten entries (EventBridge API reference, PutEvents). */
const ENTRIES_AT_ONCE = 10;

/**
 * Publishes what an operator requested on the stack's bus, and does nothing else. The function that receives an event
 * reads the state and decides.
 *
 * @returns markup for the pop-up: a confirmation, or what is wrong with the request
 * @throws Error when EventBridge did not accept any event
 */
export async function request(deps: RequestDeps, given: unknown): Promise<string | typeof DESCRIPTION> {
  if (typeof given === 'object' && given !== null && 'describe' in given) return DESCRIPTION;
  const { changes, problems } = readRequestedChanges(given, deps.requestable);
  if (changes.length === 0) return String(html`<h2>Nothing was asked for</h2>${listed(problems)}`);
  const sent: Array<RequestedChange & { readonly id: string }> = [];
  const untaken: string[] = [];
  for (const some of chunks(changes, ENTRIES_AT_ONCE)) {
    const entries = await put(deps, some).catch((error: unknown) => unlessSome(sent, error));
    for (const [index, change] of some.entries()) {
      const { EventId: id, ErrorCode = 'InternalFailure' } = entries[index] ?? {};
      if (id === undefined) untaken.push(`${change.name}: EventBridge did not confirm it (${ErrorCode}). Ask again.`);
      else sent.push({ ...change, id });
    }
  }
  const [first, ...others] = sent;
  if (first === undefined) throw new Error(`EventBridge did not take the request: ${untaken.join(' ')}`);
  const wrong = [...problems, ...untaken];
  const told = others.length === 0 ? one(first) : several(first.action, sent);
  return String(
    html`${told}${wrong.length === 0 ? undefined : html`<p>Not asked for:</p>${listed(wrong)}`}${resultButton(first, others.length === 0)}`,
  );
}

/**
 * Counts the entries of a failed call as not confirmed where earlier calls have succeeded, because those requests stay
 * sent. A call without an answer may have been taken: then the function refuses the same request when it comes again.
 */
function unlessSome(sent: readonly unknown[], error: unknown): PutEventsResultEntry[] {
  if (sent.length === 0 || !isOfAws(error)) throw error;
  return Array.from({ length: ENTRIES_AT_ONCE }, () => ({ ErrorCode: codeOf(error) }));
}

/** EventBridge answers with status 200 even when it rejects entries, and in the order of the request. */
async function put({ events, busName }: RequestDeps, changes: readonly RequestedChange[]) {
  const { Entries = [] } = await events.send(
    new PutEventsCommand({
      Entries: changes.map(({ detailType, detail }) => ({
        EventBusName: busName,
        Source: SOURCE,
        DetailType: detailType,
        Detail: JSON.stringify(detail),
      })),
    }),
  );
  return Entries;
}

const one = ({ action, name, id }: RequestedChange & { readonly id: string }): Markup =>
  html`<h2>Asked for: ${action} ${name}</h2><p>What comes of it is recorded within seconds. The request is event ${id}.</p>`;

const several = (action: string, sent: readonly RequestedChange[]): Markup =>
  html`<h2>Asked for: ${action} ${counted(sent.length, 'resource')}</h2>${listed(sent.map(({ name }) => name))}<p>What comes of each is recorded within a minute.</p>`;

/** A button that opens the incident with the answer, or the plan where there are many requests. */
function resultButton(
  { subject, view, id }: RequestedChange & { readonly id: string },
  isOnly: boolean,
): Markup | undefined {
  if (view === undefined) return undefined;
  const carried = isOnly ? { subject, awaits: id } : { page: 'plan' };
  const label = isOnly ? 'Show what came of it' : 'Show the plan';
  return html`<p><button type="button" class="btn btn-primary">${label}</button><cwdb-action action="call" display="widget" endpoint="${view}">${jsonContent(carried)}</cwdb-action></p>`;
}

const listed = (sentences: readonly string[]): Markup =>
  html`<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
