import { html, type Markup } from '../../shared/widget/html.ts';
import type { Tone } from '../fleet-status.ts';

/** What each tone is called, and the sign that tells it apart without colour. */
export const TONE_NAMES: Readonly<Record<Tone, { readonly sign: string; readonly name: string }>> = {
  exposed: { sign: '◉', name: 'exposed' },
  failed: { sign: '✗', name: 'failed' },
  refused: { sign: '!', name: 'refused' },
  quarantined: { sign: 'Q', name: 'in quarantine' },
  acted: { sign: '▶', name: 'acted' },
  'would-act': { sign: '▷', name: 'would act' },
  waiting: { sign: '…', name: 'waiting' },
  done: { sign: '✓', name: 'done' },
  skipped: { sign: '–', name: 'skipped' },
  quiet: { sign: '·', name: 'no record' },
};

export const badge = (tone: Tone): Markup =>
  html`<span class="ehr-badge ehr-${tone}"><span aria-hidden="true">${TONE_NAMES[tone].sign}</span> ${TONE_NAMES[tone].name}</span>`;
