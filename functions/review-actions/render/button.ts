import type { RecordSubject } from '../../shared/records/record.ts';
import { type Content, html, jsonContent, type Markup } from '../../shared/widget/html.ts';
import type { Page } from '../view.ts';

/** A button that shows the widget anew, with what it carries; CloudWatch binds it to the element right before the action. */
export const viewButton = ({ endpoints }: Page, label: Content, carries: object, kind = 'plain'): Markup =>
  html`<button type="button" class="btn ehr-${kind}">${label}</button><cwdb-action action="call" display="widget" endpoint="${endpoints.view}">${jsonContent(carries)}</cwdb-action>`;

/** The button that Enter presses in the form around it; it carries nothing but what was typed. */
export const submitButton = ({ endpoints }: Page, label: Content): Markup =>
  html`<button type="submit" class="btn ehr-primary">${label}</button><cwdb-action action="call" display="widget" endpoint="${endpoints.view}">{}</cwdb-action>`;

/** A button with the name of a subject, which opens its incident. */
export const incidentButton = (page: Page, label: Content, subject: RecordSubject): Markup =>
  viewButton(page, label, { subject, filter: page.question.filter }, 'link');
