import { html, type Markup } from '../../shared/widget/html.ts';
import type { Incident, Overview, Page } from '../view.ts';
import { fleetPicture } from './fleet-picture.ts';
import { incident } from './incident.ts';
import { needs } from './needs.ts';
import { recordsTable } from './records-table.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';
import { isNarrow } from './width.ts';

/** Writes the widget; a pure function. The first element takes CloudWatch's own style away: there is one look everywhere. */
export function renderOverview(overview: Overview, page: Page): string {
  return framed(
    page,
    html`${needs(overview, page)}${fleetPicture(overview, page)}${recordsTable(overview, page)}${timeline(overview, page)}`,
  );
}

export const renderIncident = (told: Incident, page: Page): string => framed(page, incident(told, page));

/** Instead of what could not be read: what is wrong, in a sentence. */
export const renderNotice = (text: string, page: Page): string =>
  framed(page, html`<div class="ehr-note" role="status"><p>${text}</p></div>`);

const framed = (page: Page, content: Markup): string =>
  String(
    html`<div class="cwdb-no-default-styles"></div>${style(page.question.look.theme)}<div class="ehr ${isNarrow(page) ? 'ehr-narrow' : 'ehr-wide'}">${content}</div>`,
  );
