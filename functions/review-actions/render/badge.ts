import { DECISION_NAMES, STATE_NAMES } from '../../shared/records/current-state.ts';
import type { DecisionKind } from '../../shared/records/record.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Tone } from '../fleet-status.ts';

/** Signs that tell the states apart without colour. */
export const SIGNS: Readonly<Record<Tone, string>> = {
  exposed: '◉',
  failed: '✗',
  refused: '!',
  quarantined: 'Q',
  acted: '▶',
  'would-act': '▷',
  'end-of-life': '†',
  waiting: '…',
  done: '✓',
  skipped: '–',
  quiet: '·',
};

const signed = (tone: Tone, name: string): Markup =>
  html`<span class="ehr-badge ehr-${tone}"><span aria-hidden="true">${SIGNS[tone]}</span> ${name}</span>`;

/** Badge for the state of a subject. */
export const badge = (tone: Tone): Markup => signed(tone, STATE_NAMES[tone]);

/** Badge for a single decision. */
export const decisionBadge = (decision: DecisionKind): Markup => signed(decision, DECISION_NAMES[decision]);
