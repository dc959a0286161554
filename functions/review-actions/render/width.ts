import type { Page } from '../view.ts';

/** Narrower than this, as on a phone, tables become cards, px. */
const NARROW = 760;

export const isNarrow = ({ question }: Pick<Page, 'question'>): boolean => question.look.width < NARROW;
