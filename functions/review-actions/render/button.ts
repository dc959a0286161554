import type { RecordSubject } from '../../shared/records/record.ts';
import { type Content, html, jsonContent, type Markup } from '../../shared/widget/html.ts';
import type { Page } from '../view.ts';

/**
 * A button that renders the widget again with the given values. CloudWatch binds an action to the element right before
 * it.
 */
export const viewButton = ({ endpoints }: Page, label: Content, carries: object, kind = 'plain'): Markup =>
  html`<button type="button" class="btn ehr-${kind}">${label}</button><cwdb-action action="call" display="widget" endpoint="${endpoints.view}">${jsonContent(carries)}</cwdb-action>`;

/** The button that Enter presses in the surrounding form. It carries only what was typed. */
export const submitButton = ({ endpoints }: Page, label: Content): Markup =>
  html`<button type="submit" class="btn ehr-primary">${label}</button><cwdb-action action="call" display="widget" endpoint="${endpoints.view}">{}</cwdb-action>`;

/** A button with a subject's name that opens its incident. */
export const incidentButton = (page: Page, label: Content, subject: RecordSubject): Markup =>
  viewButton(page, label, { subject, filter: page.question.filter }, 'link');
