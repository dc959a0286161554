import { stripVTControlCharacters } from 'node:util';

/** Columns narrower than this are not wrapped, characters. */
export const NARROWEST = 20;

/** The width of a text on a terminal, accurate enough for names and sentences. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/**
 * Wraps a text at blanks, so that no line is wider. A word that is wider by itself is kept whole, so that it can be
 * copied.
 *
 * @param width characters; undefined when no terminal shows the text, which is then not wrapped
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
