import { STATE_NAMES } from '../../shared/records/current-state.ts';
import { recordSubject } from '../../shared/records/record-subject.ts';
import { endOf } from '../../shared/records/standing.ts';
import { counted } from '../../shared/text/counted.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Need, Overview, Page } from '../view.ts';
import { badge } from './badge.ts';
import { incidentButton, viewButton } from './button.ts';
import { capitalized, firstSentence } from './sentence.ts';
import { subjectOfRecord } from './subject.ts';

/**
 * After this long without a sweep, what is shown may be outdated, ms. Sweeps run each hour, or as the deployment says: at
 * least once a day, each of which takes some minutes.
 */
const STALE_AFTER = 25 * 3_600_000;

/** Renders what needs attention, or that nothing does, and when the fleet was read and reconciled. */
export function needs(overview: Overview, page: Page): Markup {
  const { needs: lines, moreNeeds, summary } = overview;
  const count = lines.length + moreNeeds;
  return html`${staleness(overview, page)}<h2>${count === 0 ? 'Nothing needs you' : `Needs you: ${count}`}</h2>
<ul class="ehr-legend" aria-label="Needs you, by state">${summary.map(({ tone, count: of }) => (of === 0 ? html`<li class="ehr-muted">${STATE_NAMES[tone]} 0</li>` : html`<li>${badge(tone)} ${of}</li>`))}</ul>
<ul class="ehr-needs" aria-label="Needs you">${lines.map((line) => need(line, page))}</ul>
${moreNeeds > 0 ? html`<p class="ehr-muted">and ${moreNeeds} more: the fleet below shows them.</p>` : undefined}
<p class="ehr-muted">${readings(overview, page)}</p>`;
}

/** Says how many workers were read, and when. */
function readings({ clusters, moreWorkers, readAt, sweptAt }: Overview, { time }: Page): string {
  const workers = clusters.flatMap(({ groups }) => groups.flatMap((group) => group.workers)).length;
  const read = `${moreWorkers ? `${workers} or more workers` : counted(workers, 'worker')} in ${counted(clusters.length, 'cluster')}, read at ${time.short(readAt)}`;
  return `${read}${sweptAt === undefined ? '' : `; all of them last reconciled by the sweep of ${time.short(sweptAt)}`}.`;
}

/** Warns when sweeps are missing: a lost event then stays lost, and "nothing needs you" would promise too much. */
function staleness({ readAt, sweptAt }: Overview, { time }: Page): Markup | undefined {
  if (sweptAt !== undefined && readAt - sweptAt <= STALE_AFTER) return undefined;
  const last = sweptAt === undefined ? 'in 30 days' : `since ${time.full(sweptAt)}`;
  return html`<div class="ehr-note" role="status"><p>No sweep has finished ${last}: what is shown may be out of date. Look at the alarms of sweep-fleet.</p></div>`;
}

function need({ tone, record, actions }: Need, page: Page): Markup {
  const subject = subjectOfRecord(record);
  const [action] = actions;
  const button = viewButton(
    page,
    action === undefined ? 'Open' : `${capitalized(action)} …`,
    { subject, filter: page.question.filter },
    action === undefined ? 'plain' : 'primary',
  );
  const end = endOf(record);
  const until = end === undefined ? '' : ` until ${page.time.short(end)}`;
  return html`<li>${badge(tone)} <span class="ehr-what">${incidentButton(page, recordSubject(record), subject)} <span class="ehr-muted">since ${page.time.short(Date.parse(record.time))}${until}</span> <strong>${record.reason}</strong> ${firstSentence(record.message)}</span> <span>${button}</span></li>`;
}
