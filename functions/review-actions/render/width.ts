import type { Page } from '../view.ts';

/** Below this width, as on phones, tables become cards, px. */
const NARROW = 760;

export const isNarrow = ({ question }: Pick<Page, 'question'>): boolean => question.look.width < NARROW;
