import { ACTION_FIELDS, type Offer, type OperatorAction } from '../../shared/intake/operator-action.ts';
import type { ReadRecord } from '../../shared/records/record-line.ts';
import { recordSubject } from '../../shared/records/record-subject.ts';
import { standingLines, standingsOf } from '../../shared/records/standing.ts';
import { html, jsonContent, type Markup } from '../../shared/widget/html.ts';
import type { Incident, Page } from '../view.ts';
import { badge } from './badge.ts';
import { viewButton } from './button.ts';

/** What each action is asked to be confirmed with. */
const CONFIRMATIONS: Readonly<Record<OperatorAction, (name: string) => string>> = {
  release: (name) => `Release ${name}: give back what the quarantine took, exposures from the Internet included?`,
  extend: (name) => `Let the quarantine of ${name} last longer?`,
  terminate: (name) => `Terminate ${name}? The instance and what is on it will be gone.`,
  approve: (name) => `Approve what is proposed for ${name}? It will be carried out as soon as the guards allow.`,
  reject: (name) => `Reject what is proposed for ${name}?`,
  resume: (name) => `Resume upgrades of ${name}? It was halted because they failed.`,
  retry: (name) => `Have ${name} tried again now?`,
};

/** The incident of one subject, how it stands, and what can be asked for. */
export function incident({ subject, records, standing, stale, offers, more }: Incident, page: Page): Markup {
  const name = recordSubject(subject);
  const [current] = standingsOf(standing);
  return html`<p>${viewButton(page, 'Back to all records', { filter: page.question.filter })}${viewButton(page, 'Refresh', { subject, filter: page.question.filter })}</p>
<h2>The incident of ${name} ${current === undefined ? undefined : badge(current.state)}</h2>
${standing.length === 0 ? html`<p>Nothing is recorded about it in this time range.</p>` : html`<div class="ehr-note">${standingLines(standing).map((line) => html`<p>${line}</p>`)}</div>`}
${stale ? html`<p class="ehr-muted">Its latest records lie outside this time range: choose another one to see them.</p>` : undefined}
${offers.length === 0 ? undefined : actions(offers, name, page)}
<h3>What happened</h3>
${more ? html`<p class="ehr-muted">Only the newest records are shown: choose an earlier time range for older ones.</p>` : undefined}
<ol class="ehr-story" reversed>${records.toReversed().map((record) => step(record, page))}</ol>`;
}

const step = (record: ReadRecord, { time }: Page): Markup =>
  html`<li>${badge(record.decision)} <strong>${record.reason}</strong> <span class="ehr-muted">${time.full(Date.parse(record.time))} ${recordSubject(record)}</span>
<p>${record.message}</p>${record.hint === undefined ? undefined : html`<p class="ehr-muted">→ ${record.hint}</p>`}
<p class="ehr-muted">${record.remediation}, asked by ${record.trigger.type} (${record.trigger.id})</p></li>`;

/**
 * The form of the actions. CloudWatch does not say who presses a button, so whoever does says it; who may press one, IAM
 * decides by who may invoke the function behind it.
 */
function actions(offers: readonly Offer[], name: string, { endpoints }: Page): Markup {
  const extend = offers.some(({ action }) => action === 'extend');
  return html`<h3>Ask for an action</h3>
<form aria-label="Ask for an action"><label>Your name (required) <input name="${ACTION_FIELDS.who}" required maxlength="200" autocomplete="name"></label>
<label>Reason (required) <input name="${ACTION_FIELDS.why}" required minlength="3" maxlength="500" size="40"></label>
${extend ? html`<label>Extend by <input name="${ACTION_FIELDS.by}" value="3d" maxlength="6"></label>` : undefined}</form>
<p>${offers.map((offer) => actionButton(offer, name, endpoints.act))}</p>
<p class="ehr-muted">Name and reason stand in the records. You need the right to invoke the function of the actions.</p>`;
}

const actionButton = (offer: Offer, name: string, endpoint: string): Markup =>
  html`<button type="button" class="btn ${offer.action === 'terminate' ? 'ehr-danger' : 'ehr-primary'}">${capitalized(offer.action)}</button><cwdb-action action="call" display="popup" endpoint="${endpoint}" confirmation="${CONFIRMATIONS[offer.action](name)}">${jsonContent(offer)}</cwdb-action>`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
