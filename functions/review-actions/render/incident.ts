import { ACTION_FIELDS, type Offer, type OperatorAction } from '../../shared/intake/operator-action.ts';
import { STATE_NAMES, stateOf } from '../../shared/records/current-state.ts';
import type { RecordSubject } from '../../shared/records/record.ts';
import type { ReadRecord } from '../../shared/records/record-line.ts';
import { isJustAbout, recordSubject } from '../../shared/records/record-subject.ts';
import { endOf, restLine, standingsOf, toldStandings, wordOf } from '../../shared/records/standing.ts';
import { type Content, html, jsonContent, type Markup } from '../../shared/widget/html.ts';
import type { Incident, Page, RequestAnswer } from '../view.ts';
import { badge, decisionBadge } from './badge.ts';
import { incidentButton, viewButton } from './button.ts';
import { capitalized } from './sentence.ts';
import { subjectOfRecord } from './subject.ts';

/** The confirmation prompt of each action. */
const CONFIRMATIONS: Readonly<Record<OperatorAction, (name: string) => string>> = {
  release: (name) => `Release ${name}: give back what the quarantine took, exposures from the Internet included?`,
  extend: (name) => `Let the quarantine of ${name} last longer?`,
  terminate: (name) => `Terminate ${name}? The instance and what is on it will be gone.`,
  approve: (name) => `Approve what is proposed for ${name}? It will be carried out as soon as the guards allow.`,
  reject: (name) => `Reject what is proposed for ${name}?`,
  resume: (name) => `Resume upgrades of ${name}? They were stopped because of failures, its own or those of others.`,
  retry: (name) => `Have ${name} tried again now?`,
};

/** Renders one subject's incident, its current state, and the actions on offer. */
export function incident(told: Incident, page: Page): Markup {
  const { subject, records, standing, stale, offers, answer, more } = told;
  const name = recordSubject(subject);
  const current = standingsOf(standing).find(({ record }) => isJustAbout(record, subject));
  return html`<p>${viewButton(page, 'Back to all records', { filter: page.question.filter })}${viewButton(page, 'Refresh', { subject, filter: page.question.filter })}</p>
${answer === undefined ? undefined : answered(answer, subject, page)}
<h2>The incident of ${name} ${current === undefined ? undefined : badge(current.state)}</h2>
${standing.length === 0 ? html`<p>Nothing is recorded about it in this time range.</p>` : html`<div class="ehr-note">${states(told, page)}</div>`}
${stale ? html`<p class="ehr-muted">Its latest records lie outside this time range: choose another one to see them.</p>` : undefined}
${offers.length === 0 ? undefined : actions(byRelevance(offers, current?.record), name, page)}
<h3>What happened</h3>
${more ? html`<p class="ehr-muted">Only the newest records are shown: choose an earlier time range for older ones.</p>` : undefined}
<ol class="ehr-incident" reversed>${records.toReversed().map((record) => step(record, subject, page))}</ol>`;
}

/** Renders the result of a request, or that nothing is recorded for it yet. */
function answered({ event, records }: RequestAnswer, subject: RecordSubject, page: Page): Markup {
  if (records.length > 0)
    return html`<div class="ehr-note" role="status">${records.map((record) => html`<p>Your request: ${decisionBadge(record.decision)} <strong>${record.reason}</strong> ${record.message}</p>`)}</div>`;
  const again = viewButton(page, 'Check again', { subject, filter: page.question.filter, awaits: event });
  return html`<div class="ehr-note" role="status" data-awaited="${event}"><p>Your request is on its way: nothing is recorded for it yet. ${again}</p></div>`;
}

/** Renders the closing lines of `explain`, with names that open incidents, in the viewer's time zone. */
function states({ subject, standing }: Incident, page: Page): Markup {
  const { told, others, rest } = toldStandings(standing);
  return html`${told.map(({ record }) => html`<p>Now: ${subjectName(record, subject, page)}: ${described(record, page)}</p>`)}
${others.map((record) => html`<p class="ehr-muted">Besides, ${record.remediation}: ${described(record, page)}</p>`)}
${rest > 0 ? html`<p class="ehr-muted">${restLine(told.length, rest)}</p>` : undefined}`;
}

function described(record: ReadRecord, { time }: Page): Markup {
  const end = endOf(record);
  const until = end === undefined ? '' : `, until ${time.full(end)}`;
  const { reason, message, hint } = record;
  return html`${STATE_NAMES[stateOf(wordOf(record))]} since ${time.full(Date.parse(record.time))}${until}: ${message} (${reason})${hintOf(hint)}`;
}

const hintOf = (hint: string | undefined): Markup | undefined =>
  hint === undefined ? undefined : html` <span class="ehr-muted">→ ${hint}</span>`;

/** A name that opens its incident, unless that incident is already shown. */
function subjectName(record: ReadRecord, shown: RecordSubject, page: Page): Content {
  const name = recordSubject(record);
  if (name === '') return 'the account';
  return isJustAbout(record, shown) ? name : incidentButton(page, name, subjectOfRecord(record));
}

/** Renders one record. The ids, which are only needed for searches, are collapsed. */
function step(record: ReadRecord, shown: RecordSubject, page: Page): Markup {
  const { decision, reason, message, hint, remediation, trigger, correlationId, id, calls } = record;
  const ids: ReadonlyArray<readonly [string, string]> = [
    ['event', trigger.id],
    ['correlation id', correlationId],
    ['record', id],
    ...calls.map(
      ({ service, operation, requestId }) => ['AWS call', `${service} ${operation}, request ${requestId}`] as const,
    ),
  ];
  return html`<li>${decisionBadge(decision)} <strong>${reason}</strong> <span class="ehr-muted">${page.time.full(Date.parse(record.time))} ${isJustAbout(record, shown) ? undefined : subjectName(record, shown, page)}</span>
<p>${message}${hintOf(hint)}</p>
<details><summary>by ${remediation}, asked by ${trigger.type}</summary><dl>${ids.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl></details></li>`;
}

/** Puts actions of the function whose outcome determines the subject's state first. */
const byRelevance = (offers: readonly Offer[], current: ReadRecord | undefined): Offer[] =>
  offers.toSorted((a, b) => rankOf(a, current) - rankOf(b, current));
const rankOf = ({ remediation }: Offer, current: ReadRecord | undefined): number =>
  remediation === current?.remediation ? 0 : 1;

/**
 * Renders the form of the actions. CloudWatch does not say who presses a button, so the form asks for a name. IAM
 * decides who may press one, by who may invoke the function behind it.
 */
function actions(offers: readonly Offer[], name: string, page: Page): Markup {
  const extend = offers.some(({ action }) => action === 'extend');
  return html`<h3>Ask for an action</h3>
<form method="dialog" aria-label="Ask for an action"><label>Your name (required) <input name="${ACTION_FIELDS.who}" required maxlength="200" autocomplete="name"></label>
<label>Reason (required) <input name="${ACTION_FIELDS.why}" required minlength="3" maxlength="500" size="40"></label>
${extend ? html`<label>Extend by <input name="${ACTION_FIELDS.by}" value="3d" maxlength="6"></label>` : undefined}</form>
<p>${offers.map((offer, index) => actionButton(offer, index === 0, offers, name, page))}</p>
<p class="ehr-muted">Name and reason stand in the records. You need the right to invoke the function of the actions.</p>`;
}

function actionButton(
  offer: Offer,
  isPrimary: boolean,
  all: readonly Offer[],
  name: string,
  { endpoints }: Page,
): Markup {
  const { action, remediation } = offer;
  const kind = action === 'terminate' ? 'danger' : isPrimary ? 'primary' : 'plain';
  // Where several functions take the same action, each button names its function.
  const isOnly = all.filter((other) => other.action === action).length === 1;
  const label = `${capitalized(action)}${isOnly ? '' : `: ${remediation}`}`;
  return html`<button type="button" class="btn ehr-${kind}">${label}</button><cwdb-action action="call" display="popup" endpoint="${endpoints.act}" confirmation="${CONFIRMATIONS[action](name)}">${jsonContent({ ...offer, view: endpoints.view })}</cwdb-action>`;
}
