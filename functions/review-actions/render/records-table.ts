import { DECISION_NAMES } from '../../shared/records/current-state.ts';
import { decisionKind } from '../../shared/records/record.ts';
import type { ReadRecord } from '../../shared/records/record-line.ts';
import { recordSubject } from '../../shared/records/record-subject.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import { FILTER_FIELDS, NO_FILTER } from '../question.ts';
import type { Overview, Page } from '../view.ts';
import { decisionBadge } from './badge.ts';
import { incidentButton, submitButton, viewButton } from './button.ts';
import { subjectOfRecord } from './subject.ts';
import { isNarrow } from './width.ts';

/**
 * The form that filters the records; every button of the widget sends its fields. Enter in a field presses the form's
 * submit button, as HTML defines, and so applies the filter. `method="dialog"` keeps the form from being submitted
 * where nothing else does: outside a dialog such a form goes nowhere.
 *
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#implicit-submission
 */
function filterForm(page: Page): Markup {
  const { filter } = page.question;
  const options = (all: string, known: ReadonlyArray<readonly [string, string]>, chosen: string): Markup[] =>
    [['', all] as const, ...known].map(([value, label]) =>
      value === chosen
        ? html`<option value="${value}" selected>${label}</option>`
        : html`<option value="${value}">${label}</option>`,
    );
  const isSet = Object.values(filter).some((value) => value !== '');
  return html`${isSet ? html`<details open><summary>Narrow the records</summary>` : html`<details><summary>Narrow the records</summary>`}<form method="dialog" aria-label="Narrow the records">
<label>Cluster, group, worker, reason or words <input name="${FILTER_FIELDS.find}" value="${filter.find}" maxlength="200"></label>
<label>Decision <select name="${FILTER_FIELDS.decision}">${options(
    'every decision',
    decisionKind.options.map((decision) => [decision, DECISION_NAMES[decision]] as const),
    filter.decision,
  )}</select></label>
<label>Function <select name="${FILTER_FIELDS.remediation}">${options(
    'every function',
    page.functions.map((name) => [name, name] as const),
    filter.remediation,
  )}</select></label>
<span>${submitButton(page, 'Filter')}${isSet ? viewButton(page, 'Clear', { filter: NO_FILTER, cleared: true }) : undefined}</span></form></details>`;
}

/** One page of records, newest first. */
export function recordsTable({ records, older }: Overview, page: Page): Markup {
  const { trail, filter } = page.question;
  const narrow = isNarrow(page);
  const filtered = Object.values(filter).some((value) => value !== '');
  return html`<h3>Records</h3>
${filterForm(page)}<div class="ehr-scroll" tabindex="0" role="region" aria-label="Records, page ${trail.length + 1}">
<table><caption class="ehr-muted">Page ${trail.length + 1}, the newest first${filtered ? ', filtered' : ''}</caption>
<thead><tr><th scope="col">Time</th><th scope="col">About</th>${narrow ? undefined : html`<th scope="col">Function</th>`}<th scope="col">Decision</th><th scope="col">Why</th></tr></thead>
<tbody>${records.map((record) => row(record, narrow, page))}</tbody></table></div>
<p>${trail.length > 0 ? html`${viewButton(page, 'Newest', { filter })}${viewButton(page, 'Newer', { filter, trail: trail.slice(0, -1) })}` : undefined}${
    older === undefined ? undefined : viewButton(page, 'Older', { filter, trail: [...trail, older] })
  }</p>`;
}

const row = (record: ReadRecord, narrow: boolean, page: Page): Markup =>
  html`<tr><td class="ehr-time">${page.time.full(Date.parse(record.time))}</td><td class="ehr-about">${about(record, page)}</td>${
    narrow ? undefined : html`<td class="ehr-function">${record.remediation}</td>`
  }<td class="ehr-decision">${decisionBadge(record.decision)}</td><td class="ehr-why"><strong>${record.reason}</strong> ${record.message}${
    record.hint === undefined ? undefined : html` <span class="ehr-muted">→ ${record.hint}</span>`
  }</td></tr>`;

const about = (record: ReadRecord, page: Page): Markup => {
  const subject = subjectOfRecord(record);
  return Object.keys(subject).length === 0 ? html`the account` : incidentButton(page, recordSubject(record), subject);
};
