import { STATE_NAMES } from '../../shared/records/current-state.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Tone } from '../fleet-status.ts';

/** The sign that tells a state apart without colour. */
export const SIGNS: Readonly<Record<Tone, string>> = {
  exposed: '◉',
  failed: '✗',
  refused: '!',
  quarantined: 'Q',
  acted: '▶',
  'would-act': '▷',
  waiting: '…',
  done: '✓',
  skipped: '–',
  quiet: '·',
};

export const badge = (tone: Tone): Markup =>
  html`<span class="ehr-badge ehr-${tone}"><span aria-hidden="true">${SIGNS[tone]}</span> ${STATE_NAMES[tone]}</span>`;
