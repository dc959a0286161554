/**
 * What a terminal obeys instead of showing, or shows as nothing: controls (ESC, line breaks), format characters (which
 * turn the direction of a line, or have no width), separators of lines and paragraphs, and what is ignored by default.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A text of somebody else, as one line that is safe on a terminal. Records quote what anybody wrote who may ask for
 * something: none of it may repaint the screen, or look like a line of its own.
 */
export const visible = (text: string): string =>
  // Enough blanks would wrap what follows onto a line that seems to be another one.
  text.replaceAll(UNSEEN, escaped).replaceAll(/\p{Zs}{2,}/gu, ' ');

/** A line of JSON Lines. The same value, with those characters as escapes: JSON.stringify leaves most of them as they are. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replaceAll(UNSEEN, escaped);

/** `\u001b`: each UTF-16 code unit, as JSON has it. */
const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
