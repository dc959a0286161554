import { POSTURE_CHECKS } from '../../shared/posture/checks.ts';
import type { LookedAt } from '../../shared/posture/group-states.ts';
import { type Row, rowsOf } from '../../shared/posture/report.ts';
import type { RecordSubject } from '../../shared/records/record.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Page, Posture } from '../view.ts';
import { incidentButton, viewButton } from './button.ts';
import { isNarrow } from './width.ts';

/** How many node groups and how many lines of evidence are shown; the rest are counted. */
const MOST_GROUPS = 60;
const MOST_ROWS = 150;

/** The signs in cells, with their meanings. Signs, not colours, tell verdicts apart. */
const SIGNS = {
  PASS: ['✓', 'passes'],
  FAIL: ['✗', 'fails'],
  MANUAL: ['?', 'is not decided'],
  'N/A': ['–', 'is not about such a group'],
  waived: ['w', 'fails, and is waived'],
} as const;

/** A button that opens the posture page, limited to a cluster or node group where one is given. */
export const postureButton = (page: Page, label = 'Posture of hosts', subject?: RecordSubject): Markup =>
  viewButton(page, label, { page: 'posture', filter: page.question.filter, ...(subject !== undefined && { subject }) });

/**
 * Renders node groups by check, and below them the evidence of each open check, what to do, and what EKS Auto Mode
 * would provide.
 */
export function posture({ groups }: Posture, page: Page): Markup {
  const { subject, filter } = page.question;
  const back = viewButton(page, 'Back', { filter });
  const all = subject === undefined ? undefined : postureButton(page, 'All groups');
  if (groups.size === 0)
    return html`<h2>Posture of hosts</h2><p>No group was looked at yet: each cluster is, within an hour of a deploy.</p><p>${back}${all}</p>`;
  const shown = [...groups].slice(0, MOST_GROUPS);
  const rows = rowsOf(new Map(shown), false);
  const failing = rows.filter(({ verdict }) => verdict === 'FAIL').length;
  return html`<h2>Posture of hosts</h2><p>${back}${all}</p>
<p class="ehr-muted">${groups.size} groups, by what was found when each was last looked at; ${failing} checks fail.</p>
<ul class="ehr-legend" aria-label="Signs">${Object.values(SIGNS).map(([sign, meaning]) => html`<li>${sign} ${meaning}</li>`)}</ul>
${matrix(shown, page)}
${groups.size > shown.length ? html`<p>${groups.size - shown.length} more groups are not drawn: open one of their clusters from the overview, or use remediator posture.</p>` : undefined}
${evidence(rows, page)}`;
}

function matrix(groups: ReadonlyArray<readonly [string, LookedAt]>, page: Page): Markup {
  const checks = POSTURE_CHECKS.filter(({ id }) => groups.some(([, { verdicts }]) => verdicts[id] !== undefined));
  return html`<div class="ehr-scroll ehr-matrix" tabindex="0" role="region" aria-label="Groups by check">
<table><caption class="ehr-muted">Group by check</caption><thead><tr><th scope="col">Group</th>${checks.map(
    ({ id, title }) => html`<th scope="col"><span title="${title}">${id}</span></th>`,
  )}</tr></thead><tbody>${groups.map(
    ([group, state]) =>
      html`<tr><th scope="row">${postureButton(page, group, subjectIn(group))}</th>${checks.map(({ id }) => cell(id, state))}</tr>`,
  )}</tbody></table></div>`;
}

function cell(id: string, { verdicts, findings }: LookedAt): Markup {
  const verdict = verdicts[id];
  if (verdict === undefined) return html`<td></td>`;
  const [sign, meaning] = SIGNS[verdict === 'FAIL' && findings[id]?.waiver !== undefined ? 'waived' : verdict];
  return html`<td><span role="img" aria-label="${id} ${meaning}" title="${id} ${meaning}">${sign}</span></td>`;
}

/** Renders failed checks first, oldest at the top, then undecided ones. */
function evidence(rows: readonly Row[], page: Page): Markup {
  const sorted = rows.toSorted((a, b) => rank(a) - rank(b) || (a.since < b.since ? -1 : Number(a.since > b.since)));
  const narrow = isNarrow(page);
  return html`<h3>What it rests on</h3>
<div class="ehr-scroll" tabindex="0" role="region" aria-label="Evidence"><table><caption class="ehr-muted">What fails, the oldest first, then what is not decided</caption>
<thead><tr><th scope="col">Group</th><th scope="col">Check</th><th scope="col">Evidence</th><th scope="col">To do</th>${narrow ? undefined : html`<th scope="col">Auto Mode gives</th>`}</tr></thead>
<tbody>${sorted.slice(0, MOST_ROWS).map((row) => line(row, narrow, page))}</tbody></table></div>
${sorted.length > MOST_ROWS ? html`<p>and ${sorted.length - MOST_ROWS} more: open a group above.</p>` : undefined}`;
}

const rank = ({ verdict, waiver }: Row): number => (verdict !== 'FAIL' ? 2 : waiver === '' ? 0 : 1);

function line(
  { group, check, title, verdict, since, waiver, waivedUntil, evidence: found, todo, autoMode }: Row,
  narrow: boolean,
  page: Page,
): Markup {
  const begun = since === '' ? undefined : html`<br>since ${page.time.full(Date.parse(since))}`;
  const covered =
    waiver === '' ? undefined : html`<br>waived (${waiver}) until ${page.time.full(Date.parse(waivedUntil))}`;
  return html`<tr><td>${incidentButton(page, group, subjectIn(group))}</td><td><strong>${check}</strong> ${verdict}<br>${title}${begun}${covered}</td><td>${
    found.length === 0 ? '' : html`<ul>${found.map((each) => html`<li>${each}</li>`)}</ul>`
  }</td><td>${todo}</td>${narrow ? undefined : html`<td>${autoMode}</td>`}</tr>`;
}

function subjectIn(group: string): RecordSubject {
  const at = group.indexOf('/');
  return at === -1 ? { cluster: group } : { cluster: group.slice(0, at), nodegroup: group.slice(at + 1) };
}
