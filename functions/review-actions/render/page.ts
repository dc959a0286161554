import { html, type Markup } from '../../shared/widget/html.ts';
import type { FleetPlan, Incident, Overview, Page, Posture } from '../view.ts';
import { fleetPicture } from './fleet-picture.ts';
import { incident } from './incident.ts';
import { needs } from './needs.ts';
import { plan, planButton } from './plan.ts';
import { posture, postureButton } from './posture.ts';
import { recordsTable } from './records-table.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';
import { isNarrow } from './width.ts';

/**
 * Renders the widget; a pure function. Its first element turns CloudWatch's own styles off, so that it looks the same
 * everywhere.
 */
export function renderOverview(overview: Overview, page: Page): string {
  return framed(
    page,
    html`${needs(overview, page)}<p>${planButton(page)}${postureButton(page)}</p>${fleetPicture(overview, page)}${recordsTable(overview, page)}${timeline(overview, page)}`,
  );
}

export const renderIncident = (told: Incident, page: Page): string => framed(page, incident(told, page));

export const renderPosture = (found: Posture, page: Page): string => framed(page, posture(found, page));

export const renderPlan = (found: FleetPlan, page: Page): string => framed(page, plan(found, page));

/** Renders one sentence that says what is wrong, in place of data that could not be read. */
export const renderNotice = (text: string, page: Page): string =>
  framed(page, html`<div class="ehr-note" role="status"><p>${text}</p></div>`);

const framed = (page: Page, content: Markup): string =>
  String(
    html`<div class="cwdb-no-default-styles"></div>${style(page.question.look.theme)}<div class="ehr ${isNarrow(page) ? 'ehr-narrow' : 'ehr-wide'}">${content}</div>`,
  );
