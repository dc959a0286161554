import { stripVTControlCharacters } from 'node:util';

/** Narrower than this, a column is no help, characters. */
const NARROWEST = 20;

/** The width of a text on a terminal; close enough for names and sentences. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/**
 * Breaks a text at blanks, so that no line is wider, and keeps a word whole that is wider by itself: it can be copied.
 *
 * @param width characters; undefined: it is not broken, as no terminal shows it
 */
export function wrap(text: string, width: number | undefined): string[] {
  if (width === undefined || width < NARROWEST) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
