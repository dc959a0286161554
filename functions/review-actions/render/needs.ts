import { recordSubject } from '../../shared/records/record-subject.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Need, Overview, Page } from '../view.ts';
import { badge } from './badge.ts';
import { incidentButton, viewButton } from './button.ts';
import { subjectOfRecord } from './records-table.ts';

/** As much of a message as a line shows, characters; the incident shows all of it. */
const LONGEST = 220;

/** What somebody should look at, before all else; or that there is nothing, and what was looked at when. */
export function needs({ needs: lines, moreNeeds, clusters, readAt }: Overview, page: Page): Markup {
  if (lines.length === 0) {
    const workers = clusters.flatMap(({ groups }) => groups.flatMap((group) => group.workers)).length;
    return html`<h2>Nothing needs you</h2>
<p class="ehr-muted">${workers} workers in ${clusters.length} clusters, read at ${page.time.full(readAt)}.</p>`;
  }
  return html`<h2>Needs you: ${lines.length + moreNeeds}</h2>
<ul class="ehr-needs" aria-label="Needs you">${lines.map((line) => need(line, page))}</ul>
${moreNeeds > 0 ? html`<p class="ehr-muted">and ${moreNeeds} more: the fleet below shows them.</p>` : undefined}`;
}

function need({ tone, record, actions }: Need, page: Page): Markup {
  const subject = subjectOfRecord(record);
  const [action] = actions;
  const button = viewButton(
    page,
    action === undefined ? 'Look' : `${action.charAt(0).toUpperCase()}${action.slice(1)} …`,
    { subject, filter: page.question.filter },
    action === undefined ? 'plain' : 'primary',
  );
  const { expiresAt } = record.details ?? {};
  const until = typeof expiresAt === 'string' ? ` until ${page.time.short(Date.parse(expiresAt))}` : '';
  return html`<li>${badge(tone)} <span>${incidentButton(page, recordSubject(record), subject)} <span class="ehr-muted">since ${page.time.short(Date.parse(record.time))}${until}</span> <strong>${record.reason}</strong> ${cut(record.message)}</span> ${button}</li>`;
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} …`);
